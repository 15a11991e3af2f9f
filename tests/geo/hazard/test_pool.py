import math
from dataclasses import replace

import numpy as np
import pytest

from geo.errors import OutOfRangeError, ParameterError
from geo.hazard.releases.pool import (
    Ground,
    Spill,
    boil,
    evaporate_by_wind,
    mackay_matsugu_kg_s,
    sutton_kg_s,
    sutton_parameters,
    wind_law,
)
from geo.hazard.tables import Override, table
from geo.hazard.weather import Weather

CONCRETE = Ground(depth_m=0.005, conductivity_w_m_k=1.1, diffusivity_m2_s=1.29e-7, temperature_k=293.15)
DIKED = Ground(
    depth_m=0.005, conductivity_w_m_k=1.1, diffusivity_m2_s=1.29e-7, temperature_k=293.15, area_m2=100.0
)


def test_pool_in_a_dike_boils_as_the_ground_cools():
    # By hand: S lambda (T0 - Tb) / (dHv sqrt(pi alpha)) times 2 sqrt(t), from an area that is wet at once.
    course = boil(Spill(mass_kg=1e6, duration_s=0.0, density_kg_m3=682.0), DIKED, 239.8, 1.37e6, 600.0)
    whole = 100 * 1.1 * (293.15 - 239.8) / (1.37e6 * math.sqrt(math.pi * 1.29e-7)) * 2 * math.sqrt(600.0)
    assert course.area_m2[-1] == 100.0
    assert course.mass_kg == pytest.approx(whole, rel=0.02)
    assert course.duration_s == pytest.approx(600.0)


def test_pool_without_a_dike_spreads_to_the_least_depth():
    # 1000 kg of methanol: 1000 / 791 / 0.005 = 253 m2, less what has evaporated until then.
    spill = Spill(mass_kg=1000.0, duration_s=0.0, density_kg_m3=791.0)
    course = evaporate_by_wind(spill, CONCRETE, lambda radius: 1e-4 * radius**2, 1800.0)
    assert course.area_m2.max() == pytest.approx(1000 / 791 / 0.005, rel=0.03)


def test_pool_never_gives_off_more_than_it_holds():
    course = boil(Spill(mass_kg=50.0, duration_s=30.0, density_kg_m3=500.0), CONCRETE, 231.0, 4.3e5, 1800.0)
    assert course.mass_kg == pytest.approx(50.0)
    assert course.duration_s < 120.0
    assert (np.diff(course.area_m2) >= 0).all()


def test_pool_that_is_fed_grows_until_its_end():
    fed = boil(Spill(mass_kg=6000.0, duration_s=600.0, density_kg_m3=682.0), CONCRETE, 239.8, 1.37e6, 1800.0)
    rates = fed.rate_kg_s
    assert fed.time_s[np.argmax(rates)] == pytest.approx(600.0, rel=0.02)


def test_pool_on_ground_as_cold_as_itself_does_not_boil():
    course = boil(Spill(mass_kg=10.0, duration_s=0.0, density_kg_m3=500.0), CONCRETE, 300.0, 4e5, 60.0)
    assert course.mass_kg == 0.0


def test_pool_without_mass_is_refused():
    with pytest.raises(OutOfRangeError, match="mass"):
        boil(Spill(mass_kg=0.0, duration_s=0.0, density_kg_m3=500.0), CONCRETE, 239.8, 1.37e6, 60.0)


def epa_kg_s(molar_mass_g, area_m2, vapour_pressure_pa, temperature_k, wind_m_s):
    """US EPA, Risk Management Program Guidance for Offsite Consequence Analysis (1999), equation D-1, in its units."""
    area, pressure = area_m2 / 0.3048**2, vapour_pressure_pa / 133.322
    pounds_min = 0.284 * wind_m_s**0.78 * molar_mass_g ** (2 / 3) * area * pressure / (82.05 * temperature_k)
    return pounds_min * 0.45359237 / 60


@pytest.mark.parametrize(
    ("molar_mass", "pressure", "wind"), [(32.04, 13e3, 5.0), (78.11, 10e3, 1.5), (53.06, 11.5e3, 3.0)]
)
def test_wind_law_agrees_with_that_of_the_epa(molar_mass, pressure, wind):
    # Independent formula; it counts a little more (turbulence over a smaller, rougher pool): within a factor of 2.
    vapour = pressure * molar_mass / 1000 / (8.314462618 * 293.15)
    law = wind_law(vapour, Weather(stability="D", wind_m_s=wind, by_day=True), table("releases"))
    epa = epa_kg_s(molar_mass, math.pi * 100, pressure, 293.15, wind)
    assert epa / 2 < law(10.0) < epa * 1.2


def test_sutton_as_read_lies_a_factor_of_pi_below():
    # Recorded, so that nobody takes the constants for checked: see sutton_kg_s.
    a, n = sutton_parameters("D", table("releases"))
    mackay = mackay_matsugu_kg_s(1.0, 5.0, 10.0, 0.00482, 0.78, -0.11, 1.0, -0.67)
    assert mackay / sutton_kg_s(1.0, 5.0, 10.0, a, n) == pytest.approx(math.pi, rel=0.06)


def test_wind_law_grows_with_wind_and_size():
    breeze, wind = (Weather(stability="D", wind_m_s=each, by_day=True) for each in (1.0, 2.0))
    laws = [wind_law(0.1, each, table("releases")) for each in (breeze, wind)]
    assert laws[0](5.0) < laws[1](5.0) < laws[1](6.0)
    assert laws[0](0.0) == 0.0


def test_wind_law_is_chosen_in_the_table():
    own = Override(
        table="releases", key="pool/evaporation", value="sutton", unit="", author="Li", reason="annex D"
    )
    weather = Weather(stability="F", wind_m_s=2.0, by_day=False)
    a, n = sutton_parameters("F", table("releases"))
    assert wind_law(0.1, weather, table("releases", [own]))(5.0) == sutton_kg_s(0.1, 2.0, 5.0, a, n)
    with pytest.raises(ParameterError, match="mackay_matsugu or sutton"):
        wind_law(0.1, weather, table("releases", [replace(own, value="other")]))
