import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from geo.errors import OutOfRangeError
from geo.hazard.releases.flash import airborne_share, flash_share, flash_share_of_fluid
from geo.hazard.releases.gas import critical_pressure_ratio, expand_gas, gas_flux_kg_m2_s, is_choked
from geo.hazard.releases.liquid import liquid_flux_kg_m2_s
from geo.hazard.releases.outflow import follow_outflow
from geo.hazard.releases.two_phase import (
    enthalpy_inside,
    equilibrium_throat,
    expand_throat,
    fauske_flux_kg_m2_s,
)

AIR_PA = 101_325.0
R = 8.314462618


def disc_m2(diameter_m: float) -> float:
    return math.pi * diameter_m**2 / 4


def test_choked_gas_of_api_520_example():
    # API 520-1, example of critical flow (shipped with the library fluids): 24270 kg/h through 3699 mm2, Kd 0.975.
    flux = gas_flux_kg_m2_s(670e3, 348.0, AIR_PA, 0.051, 1.11, compressibility=0.90)
    assert 0.975 * 0.0036990460646834414 * flux == pytest.approx(24270 / 3600, rel=2e-4)


def test_unchoked_gas_of_api_520_example():
    # API 520-1, example of subcritical flow: 24270 kg/h against 532 kPa through 4248 mm2, Kd 0.975.
    flux = gas_flux_kg_m2_s(670e3, 348.0, 532e3, 0.051, 1.11, compressibility=0.90)
    assert 0.975 * 0.004248358775943481 * flux == pytest.approx(24270 / 3600, rel=2e-3)


def test_gas_of_ccps_example():
    # CCPS (1999), p. 47: 8.90 kg/m3 at 501 kPa and 298 K, k 1.15, 10 mm, Cd 0.85: 0.0900 kg/s.
    molar_mass = 8.90 * R * 298 / 501e3
    flux = gas_flux_kg_m2_s(501e3, 298.0, AIR_PA, molar_mass, 1.15)
    assert 0.85 * disc_m2(0.01) * flux == pytest.approx(0.0900, rel=2e-3)


def test_liquid_of_ccps_example():
    # CCPS (1999), p. 40: 490 kg/m3 at 120.94 kPa, 10 mm, Cd 0.63: 0.217 kg/s.
    flux = liquid_flux_kg_m2_s(120_935.0368, AIR_PA, 490.0, 0.0)
    assert 0.63 * disc_m2(0.01) * flux == pytest.approx(0.2169, rel=1e-3)


def test_liquid_of_crowl_and_louvar_example():
    # Crowl and Louvar, Chemical Process Safety, chapter 4: benzene, 100 psig, 0.25 in, Co 0.61: 1.48 lb/s.
    flux = liquid_flux_kg_m2_s(100 * 6894.757 + AIR_PA, AIR_PA, 879.4, 0.0)
    assert 0.61 * disc_m2(0.25 * 0.0254) * flux / 0.45359237 == pytest.approx(1.48, rel=5e-3)


def test_fauske_of_crowl_and_louvar_example():
    # Same, chapter 4: saturated propylene of 25 °C, 1 cm, 334 kJ/kg, 0.042 m3/kg, 2.18 kJ/(kg K): 0.774 kg/s.
    flux = fauske_flux_kg_m2_s(3.34e5, 1 / 0.043, 1 / 0.001, 298.0, 2.18e3)
    assert flux * disc_m2(0.01) == pytest.approx(0.774, rel=2e-3)


def test_gas_is_continuous_where_it_chokes():
    ratio = critical_pressure_ratio(1.3)
    at = [gas_flux_kg_m2_s(1e6, 300, 1e6 * ratio * part, 0.017, 1.3) for part in (1 - 1e-9, 1, 1 + 1e-9)]
    assert at[0] == pytest.approx(at[1], rel=1e-9)
    assert at[2] == pytest.approx(at[1], rel=1e-9)


@given(st.floats(1.01, 1.67), st.floats(1.0, 50.0))
def test_gas_never_flows_faster_against_a_higher_pressure(gamma, bars):
    fluxes = [
        gas_flux_kg_m2_s(bars * 1e5, 300.0, share * bars * 1e5, 0.03, gamma) for share in (0.1, 0.5, 0.9, 1.0)
    ]
    assert fluxes == sorted(fluxes, reverse=True)
    assert fluxes[-1] == 0.0


def test_gas_refuses_a_heat_ratio_of_one():
    with pytest.raises(OutOfRangeError, match="above 1"):
        critical_pressure_ratio(1.0)


@pytest.mark.parametrize(
    ("fluid", "temperature", "pressure"), [("Methane", 300.0, 2e6), ("Nitrogen", 300.0, 1e6)]
)
def test_equilibrium_of_a_gas_is_the_ideal_flow_with_its_compressibility(fluid, temperature, pressure):
    # Independent: real states by CoolProp against the ideal formula; near-ideal gases agree within 2 %.
    from CoolProp.CoolProp import PropsSI

    gas = ("T", temperature, "P", pressure, fluid)
    gamma = PropsSI("C", *gas) / PropsSI("O", *gas)
    molar_mass, factor = PropsSI("M", fluid), PropsSI("Z", *gas)
    ideal = gas_flux_kg_m2_s(pressure, temperature, AIR_PA, molar_mass, gamma, factor)
    assert equilibrium_throat(fluid, pressure, temperature, AIR_PA).flux_kg_m2_s == pytest.approx(
        ideal, rel=0.02
    )


@pytest.mark.parametrize("fluid", ["Ammonia", "Chlorine", "n-Propane"])
def test_equilibrium_of_a_saturated_liquid_agrees_with_leung(fluid):
    # Independent: Leung's omega method (AIChE J. 32, 1986, 1743) with properties at one temperature alone; it is known
    # to lie within some 10 % of the full states. Fauske's form lies above by up to a quarter.
    from CoolProp.CoolProp import PropsSI

    def saturated(output, quality):
        return PropsSI(output, "T", 298.15, "Q", quality, fluid)

    pressure, volume = saturated("P", 0), 1 / saturated("D", 0)
    growth, latent = 1 / saturated("D", 1) - volume, saturated("H", 1) - saturated("H", 0)
    omega = saturated("C", 0) * 298.15 * pressure / volume * (growth / latent) ** 2

    def zero(ratio):
        rest = 2 * omega**2 * (math.log(ratio) + 1 - ratio)
        return ratio**2 + (omega**2 - 2 * omega) * (1 - ratio) ** 2 + rest

    leung = brentq(zero, 0.1, 1.0) * math.sqrt(pressure / (volume * omega))
    fauske = fauske_flux_kg_m2_s(latent, saturated("D", 1), saturated("D", 0), 298.15, saturated("C", 0))
    throat = equilibrium_throat(fluid, pressure, 298.15, AIR_PA)
    assert throat.flux_kg_m2_s == pytest.approx(leung, rel=0.10)
    assert 0.75 * fauske < throat.flux_kg_m2_s < fauske
    assert AIR_PA < throat.pressure_pa < pressure


def test_equilibrium_of_a_cold_liquid_is_bernoulli():
    flux = equilibrium_throat("Water", 5e5, 293.15, AIR_PA).flux_kg_m2_s
    assert flux == pytest.approx(liquid_flux_kg_m2_s(5e5, AIR_PA, 998.2, 0.0), rel=1e-3)


def test_equilibrium_keeps_energy_in_its_jet():
    from CoolProp.CoolProp import PropsSI

    throat = equilibrium_throat("Ammonia", 1.2e6, 298.15, AIR_PA)
    jet = expand_throat("Ammonia", throat, 10.0, AIR_PA)
    outside = PropsSI("H", "P", AIR_PA, "Q", jet.vapour_fraction, "Ammonia")
    assert outside + jet.velocity_m_s**2 / 2 == pytest.approx(
        enthalpy_inside("Ammonia", 1.2e6, 298.15), rel=1e-6
    )
    assert jet.density_kg_m3 * jet.velocity_m_s * jet.area_m2 == pytest.approx(10.0)


def test_equilibrium_refuses_a_back_pressure_above_that_inside():
    with pytest.raises(OutOfRangeError, match="nothing flows"):
        equilibrium_throat("Ammonia", 1e5, 230.0, AIR_PA)


def test_expanded_jet_keeps_mass_and_momentum():
    flux = gas_flux_kg_m2_s(5e6, 293.15, AIR_PA, 0.016, 1.3)
    jet = expand_gas(2.0, flux, 5e6, 293.15, AIR_PA, 0.016, 1.3)
    hole = 2.0 / flux
    choked_pa = critical_pressure_ratio(1.3) * 5e6
    sound = math.sqrt(1.3 * R * 293.15 * 2 / 2.3 / 0.016)
    assert jet.density_kg_m3 * jet.velocity_m_s * jet.area_m2 == pytest.approx(2.0)
    assert 2.0 * jet.velocity_m_s == pytest.approx(2.0 * sound + (choked_pa - AIR_PA) * hole)
    assert is_choked(5e6, AIR_PA, 1.3)
    assert jet.diameter_m > math.sqrt(4 * hole / math.pi)


def test_flash_of_saturated_water_of_350_fahrenheit():
    # Steam tables: (321.8 - 180.2) / 970.3 Btu/lb = 0.146.
    inside = enthalpy_inside("Water", 930e3, 449.82)
    assert flash_share_of_fluid("Water", inside, AIR_PA) == pytest.approx(0.146, abs=1e-3)


@pytest.mark.parametrize(("temperature", "share"), [(200.0, 0.0), (231.04, 0.0), (1000.0, 1.0)])
def test_flash_stays_within_bounds(temperature, share):
    assert flash_share(temperature, 231.04, 2250.0, 425_600.0) == share


@pytest.mark.parametrize(("flashed", "airborne"), [(0.0, 0.0), (0.1, 0.5), (0.2, 1.0), (0.21, 1.0)])
def test_rain_out_follows_the_rule_of_five(flashed, airborne):
    assert airborne_share(flashed, 5.0, 0.2) == pytest.approx(airborne)


def test_outflow_of_constant_rate_ends_when_empty():
    outflow = follow_outflow(lambda share: 2.0, 1000.0, 3600.0)
    assert (outflow.rate_kg_s, outflow.mass_kg, outflow.duration_s) == pytest.approx((2.0, 1000.0, 500.0))


def test_outflow_is_cut_when_isolated():
    outflow = follow_outflow(lambda share: 2.0, 1000.0, 60.0)
    assert (outflow.mass_kg, outflow.duration_s) == pytest.approx((120.0, 60.0))


def test_outflow_of_an_emptying_tank_is_two_thirds_of_its_start():
    # Torricelli: the rate falls like the root of the level, so linearly in time; by hand.
    outflow = follow_outflow(lambda share: 6.0 * math.sqrt(share), 1000.0, 1e6)
    assert outflow.initial_kg_s == 6.0
    assert outflow.mass_kg == pytest.approx(1000.0)
    assert outflow.rate_kg_s == pytest.approx(4.0, rel=1e-3)


def test_outflow_of_a_gas_vessel_is_half_its_start():
    outflow = follow_outflow(lambda share: 6.0 * share, 1000.0, 1e6)
    assert outflow.rate_kg_s == pytest.approx(3.0, rel=1e-2)


def test_outflow_stops_where_nothing_drives_it():
    outflow = follow_outflow(lambda share: 2.0 if share > 0.5 else 0.0, 1000.0, 1e6)
    assert outflow.mass_kg == pytest.approx(500.0)
