import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import HazardError, SubstanceError
from geo.hazard.releases import release_of
from geo.hazard.scenario import Phase, ScenarioKind
from geo.hazard.substances import find_substance
from geo.hazard.tables import Override
from tests.geo.hazard.release_cases import scenario, surroundings, vessel

AMMONIA, METHANE, METHANOL, LPG, CHLORINE = map(
    find_substance, ("ammonia", "methane", "methanol", "lpg", "chlorine")
)
HERE = surroundings()
SPHERE = vessel("ammonia", 293.15, 0.86e6, liquid_height_m=5.0)
GAS_VESSEL = vessel("methane", 293.15, 4e6)
TANK = vessel("methanol", 293.15, 101_325.0, liquid_height_m=8.0, dike_area_m2=500.0)


def test_release_of_gas_is_all_vapour():
    release = release_of(scenario(), GAS_VESSEL, METHANE, HERE)
    assert release.phase is Phase.GAS
    assert (release.vapour_fraction, release.airborne_fraction, release.pool) == (1.0, 1.0, None)
    assert release.mass_kg == pytest.approx(release.rate_kg_s * release.duration_s)
    assert release.details["choked"] == 1.0
    assert release.airborne_density_kg_m3 == pytest.approx(0.667, rel=0.01)


def test_release_of_pressurised_liquid_through_a_wall_flashes_outside():
    release = release_of(scenario(), SPHERE, AMMONIA, HERE)
    assert release.phase is Phase.LIQUID
    # Isenthalpic flash of ammonia from 20 °C, NIST tables: (274.3 - 48.2) / 1369.5 with the enthalpies of the saturated
    # liquid on one datum differ from cp dT / L = 0.18 by under 3 %.
    assert release.vapour_fraction == pytest.approx(0.18, abs=0.01)
    assert release.airborne_fraction == pytest.approx(5 * release.vapour_fraction)
    assert release.temperature_k == pytest.approx(239.8, abs=0.1)
    assert release.pool is not None
    assert release.pool.mass_kg == pytest.approx(release.mass_kg * (1 - release.airborne_fraction))


def test_release_of_pressurised_liquid_through_a_broken_pipe_flashes_inside():
    broken = scenario(hole="rupture", hole_diameter_m=0.1)
    wall = scenario(hole="large", hole_diameter_m=0.1)
    two_phase = release_of(broken, SPHERE, AMMONIA, HERE)
    liquid = release_of(wall, SPHERE, AMMONIA, HERE)
    assert two_phase.phase is Phase.TWO_PHASE
    assert two_phase.rate_kg_s < liquid.rate_kg_s
    assert two_phase.velocity_m_s > liquid.velocity_m_s


def test_aerosol_is_denser_than_air_though_its_gas_is_lighter():
    release = release_of(scenario(), SPHERE, AMMONIA, HERE)
    assert release.airborne_density_kg_m3 > 1.2
    quality = release.vapour_fraction / release.airborne_fraction
    vapour = 101_325 * 0.017031 / (8.314462618 * release.temperature_k)
    assert release.airborne_density_kg_m3 == pytest.approx(
        1 / (quality / vapour + (1 - quality) / 682), rel=0.01
    )


def test_release_from_a_tank_falls_into_a_pool():
    release = release_of(scenario(), TANK, METHANOL, HERE)
    assert (release.phase, release.airborne_fraction) == (Phase.LIQUID, 0.0)
    assert release.pool is not None
    assert not release.pool.boils
    assert release.pool.area_m2 <= 500.0


def test_release_names_the_models_that_made_it():
    at_once = scenario(ScenarioKind.INSTANTANEOUS, hole_diameter_m=None)
    assert release_of(scenario(), GAS_VESSEL, METHANE, HERE).models == ("gas_outflow",)
    assert release_of(scenario(), TANK, METHANOL, HERE).models == (
        "liquid_outflow",
        "rain_out",
        "mackay_matsugu",
    )
    assert release_of(scenario(), SPHERE, AMMONIA, HERE).models == (
        "liquid_outflow",
        "rain_out",
        "boiling_pool",
    )
    assert release_of(at_once, SPHERE, AMMONIA, HERE).models == ("rain_out", "boiling_pool")


def test_release_at_once_has_no_rate():
    release = release_of(scenario(ScenarioKind.INSTANTANEOUS, hole_diameter_m=None), SPHERE, AMMONIA, HERE)
    assert release.rate_kg_s is None
    assert (release.duration_s, release.mass_kg) == (0.0, 50_000.0)


def test_release_within_ten_minutes_empties_the_vessel():
    release = release_of(scenario(ScenarioKind.TEN_MINUTES, hole_diameter_m=None), SPHERE, AMMONIA, HERE)
    assert release.rate_kg_s * 600 == pytest.approx(50_000.0)


def test_release_is_at_most_what_the_section_holds():
    section = replace(SPHERE, section_mass_kg=500.0)
    release = release_of(scenario(), section, AMMONIA, HERE)
    assert release.mass_kg == pytest.approx(500.0)
    assert release.duration_s < 1200.0


def test_release_without_head_says_so():
    release = release_of(scenario(), replace(SPHERE, liquid_height_m=None), AMMONIA, HERE)
    assert any("no head" in warning.en for warning in release.warnings)


def test_release_that_nothing_drives_is_refused_by_field():
    with pytest.raises(HazardError, match="liquid_height_m"):
        release_of(scenario(), replace(TANK, liquid_height_m=None), METHANOL, HERE)


def test_leak_without_a_hole_is_refused():
    with pytest.raises(HazardError, match="hole_diameter_m"):
        release_of(scenario(hole_diameter_m=None), SPHERE, AMMONIA, HERE)


def test_unknown_ground_is_refused():
    with pytest.raises(HazardError, match="ground 'ice'"):
        release_of(scenario(), replace(TANK, ground="ice"), METHANOL, HERE)


def test_associating_vapour_is_refused():
    with pytest.raises(SubstanceError, match="associates"):
        release_of(
            scenario(), vessel("hydrogen_fluoride", 293.15, 3e5), find_substance("hydrogen_fluoride"), HERE
        )


def test_mixture_without_states_uses_fauske_and_says_so():
    release = release_of(scenario(hole="rupture"), vessel("lpg", 293.15, 0.9e6), LPG, HERE)
    assert release.phase is Phase.TWO_PHASE
    assert any("Fauske" in warning.en for warning in release.warnings)


def test_pressure_a_little_under_the_vapour_pressure_is_still_liquid():
    assert release_of(scenario(), replace(SPHERE, pressure_pa=0.84e6), AMMONIA, HERE).phase is Phase.LIQUID
    assert release_of(scenario(), replace(SPHERE, pressure_pa=0.5e6), AMMONIA, HERE).phase is Phase.GAS


def test_thinner_air_lets_more_out_and_lowers_the_boiling_point():
    high = surroundings(elevation_m=2000.0, pressure_pa=79_501.0)
    low_gas = release_of(scenario(), vessel("methane", 293.15, 150e3), METHANE, HERE)
    high_gas = release_of(scenario(), vessel("methane", 293.15, 150e3), METHANE, high)
    assert high_gas.details["initial_rate_kg_s"] > low_gas.details["initial_rate_kg_s"]
    on_plateau = release_of(scenario(), SPHERE, AMMONIA, high)
    assert on_plateau.temperature_k < 239.8 - 4
    assert on_plateau.vapour_fraction > release_of(scenario(), SPHERE, AMMONIA, HERE).vapour_fraction


def test_overridden_discharge_coefficient_is_used_and_listed():
    own = Override(
        table="releases", key="discharge_coefficient/gas", value=0.5, unit="", author="Li", reason="measured"
    )
    plain = release_of(scenario(), GAS_VESSEL, METHANE, HERE)
    changed = release_of(scenario(), GAS_VESSEL, METHANE, HERE, [own])
    assert changed.details["initial_rate_kg_s"] == pytest.approx(plain.details["initial_rate_kg_s"] / 2)
    assert "Li" in {row.overridden_by for row in changed.parameters}


@given(st.floats(0.002, 0.3), st.floats(1.01, 3.0))
def test_larger_holes_release_no_less(diameter, factor):
    small, large = (
        release_of(scenario(hole_diameter_m=each), SPHERE, AMMONIA, HERE)
        for each in (diameter, diameter * factor)
    )
    assert large.rate_kg_s > small.rate_kg_s
    assert large.mass_kg >= small.mass_kg * (1 - 1e-9)
    assert all(math.isfinite(value) for value in large.details.values())
