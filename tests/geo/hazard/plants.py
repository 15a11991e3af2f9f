"""Small plants for tests of the hazard engine."""

from dataclasses import replace

from shapely import box

from geo.hazard.plant import Equipment, Plant, Surroundings, Unit

BOUNDARY = box(103.0, 26.0, 103.01, 26.01)

SURROUNDINGS = Surroundings(
    elevation_m=0.0,
    pressure_pa=101_325.0,
    temperature_k=293.15,
    humidity=0.6,
    roughness_m=0.1,
    urban=False,
    complex_terrain=False,
)

SPHERE = Equipment(
    id="sphere",
    name="液氨球罐",
    kind="pressure_vessel",
    lon=103.005,
    lat=26.005,
    substance="ammonia",
    mass_kg=120_000.0,
    temperature_k=298.15,
    pressure_pa=1_100_000.0,
    diameter_m=0.1,
    liquid_height_m=5.0,
)

STORE = replace(
    SPHERE,
    id="store",
    name="炸药库",
    kind="explosives_store",
    substance="tnt",
    mass_kg=10_000.0,
    temperature_k=293.15,
    pressure_pa=101_325.0,
    diameter_m=None,
    liquid_height_m=None,
)


def plant_of(*equipment, kind="storage", state="new", **fields):
    """A plant of one unit with that equipment."""
    unit = Unit(id="unit", name="罐区", kind=kind, boundary=None, equipment=equipment)
    return Plant(
        **{
            "id": "plant",
            "name": "示例企业",
            "boundary": BOUNDARY,
            "state": state,
            "surroundings": SURROUNDINGS,
            "units": (unit,),
            **fields,
        }
    )
