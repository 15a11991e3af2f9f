"""Plants in one line, for tests of releases and clouds."""

from typing import Any

from geo.hazard.plant import Equipment, Surroundings
from geo.hazard.scenario import Scenario, ScenarioKind
from geo.hazard.weather import Weather

CALM = Weather(stability="F", wind_m_s=1.5, by_day=False)
WINDY = Weather(stability="D", wind_m_s=5.0, by_day=True)


def surroundings(**changes: Any) -> Surroundings:
    given: dict[str, Any] = {
        "elevation_m": 0.0,
        "pressure_pa": 101_325.0,
        "temperature_k": 293.15,
        "humidity": 0.7,
        "roughness_m": 0.05,
        "urban": False,
        "complex_terrain": False,
    }
    return Surroundings(**given | changes)


def vessel(substance: str, temperature_k: float, pressure_pa: float, **changes: Any) -> Equipment:
    given: dict[str, Any] = {
        "id": "V1",
        "name": "V1",
        "kind": "pressure_vessel",
        "lon": 103.0,
        "lat": 25.0,
        "mass_kg": 50_000.0,
        "release_height_m": 1.0,
    }
    return Equipment(
        substance=substance, temperature_k=temperature_k, pressure_pa=pressure_pa, **given | changes
    )


def scenario(kind: ScenarioKind = ScenarioKind.LEAK, **changes: Any) -> Scenario:
    given: dict[str, Any] = {
        "id": "V1/medium",
        "unit_id": "U1",
        "equipment_id": "V1",
        "hole": "medium",
        "hole_diameter_m": 0.025,
        "frequency_per_year": 1e-5,
        "duration_s": 1200.0,
    }
    return Scenario(kind=kind, **given | changes)
