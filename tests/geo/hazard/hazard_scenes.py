"""Equipment, weather and scenarios that the tests of consequences share."""

import numpy as np

from geo.hazard.footprint import PolarGrid
from geo.hazard.plant import Equipment, Surroundings
from geo.hazard.scenario import Scenario, ScenarioKind
from geo.hazard.weather import Weather, WindRose

GRID = PolarGrid(radius_m=np.geomspace(5.0, 5000.0, 120), n_angles=72)
DAY = Weather(stability="D", wind_m_s=5.0, by_day=True)
NIGHT = Weather(stability="F", wind_m_s=2.0, by_day=False)
ROSE = WindRose(
    name="test",
    source="by hand",
    weathers=(DAY, NIGHT, Weather(stability="D", wind_m_s=5.0, by_day=False)),
    frequencies=np.full((3, 16), 1 / 48),
)


def surroundings(**changes):
    values = {
        "elevation_m": 0.0,
        "pressure_pa": 101_325.0,
        "temperature_k": 288.15,
        "humidity": 0.7,
        "roughness_m": 0.1,
        "urban": False,
        "complex_terrain": False,
    }
    return Surroundings(**(values | changes))


def equipment(substance="methane", **changes):
    values = {
        "id": "V1",
        "name": "vessel",
        "kind": "pressure_vessel",
        "lon": 102.7,
        "lat": 25.0,
        "substance": substance,
        "mass_kg": 20_000.0,
        "temperature_k": 288.15,
        "pressure_pa": 2e6,
    }
    return Equipment(**(values | changes))


def scenario(kind=ScenarioKind.LEAK, hole_diameter_m=0.1, **changes):
    leak = kind is ScenarioKind.LEAK
    values = {
        "id": "V1/hole",
        "unit_id": "U1",
        "equipment_id": "V1",
        "kind": kind,
        "hole": "large",
        "hole_diameter_m": hole_diameter_m if leak else None,
        "frequency_per_year": 1e-4,
        "duration_s": 1200.0 if leak else None,
    }
    return Scenario(**(values | changes))
