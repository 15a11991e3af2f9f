"""Plants that make no sense are refused with the path of the field, in both languages."""

from dataclasses import replace

import pytest
from shapely import Polygon, box

from geo.errors import PlantError
from geo.hazard.plant import check_plant, find_problems
from tests.geo.hazard.plants import BOUNDARY, SPHERE, STORE, SURROUNDINGS, plant_of

NAN = float("nan")
BOWTIE = Polygon([(103.0, 26.0), (103.01, 26.01), (103.01, 26.0), (103.0, 26.01)])


def fields(plant):
    return [problem.field for problem in find_problems(plant)]


def test_a_plant_that_makes_sense_passes():
    check_plant(plant_of(SPHERE, STORE, replace(SPHERE, id="2", liquid_height_m=None, temperature_k=693.15)))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mass_kg": -1.0}, "mass_kg"),
        ({"mass_kg": 0.0}, "mass_kg"),
        ({"mass_kg": NAN}, "mass_kg"),
        ({"mass_kg": 1.2e11}, "mass_kg"),
        ({"section_mass_kg": 130_000.0}, "section_mass_kg"),
        ({"temperature_k": -3.0}, "temperature_k"),
        ({"pressure_pa": float("inf")}, "pressure_pa"),
        ({"pressure_pa": 900_000.0}, "pressure_pa"),  # ammonia boils at 25 °C under 1003 kPa
        ({"temperature_k": 410.0}, "temperature_k"),  # critical temperature 405.6 K
        ({"temperature_k": 100.0}, "temperature_k"),  # frozen
        ({"diameter_m": 100.0}, "diameter_m"),  # millimetres taken for metres
        ({"lon": 103.02}, "lon"),
        ({"lat": NAN}, "lon"),
        ({"substance": "unobtainium"}, "substance"),
        ({"kind": "cauldron"}, "kind"),
        ({"ground": "lava"}, "ground"),
        ({"detection": "D"}, "detection"),
        ({"isolation": ""}, "isolation"),
        ({"kind": "pipe", "length_m": None}, "length_m"),
        ({"entry": "12"}, "entry"),
        ({"blast_strength": 11}, "blast_strength"),
        ({"kind": "explosives_store"}, "substance"),
        ({"substance": "tnt"}, "kind"),
    ],
)
def test_wrong_equipment_is_refused_with_its_path(change, field):
    plant = plant_of(STORE, replace(SPHERE, **change))
    with pytest.raises(PlantError) as raised:
        check_plant(plant)
    assert raised.value.field == f"units[0].equipment[1].{field}"
    assert raised.value.message.startswith(raised.value.field)
    assert any("\u4e00" <= sign <= "\u9fff" for sign in raised.value.zh)


def test_a_liquid_at_its_vapour_pressure_passes():
    # Ammonia at 25 °C: 1002.7 kPa; a gauge read to 2 % is believed.
    assert fields(plant_of(replace(SPHERE, pressure_pa=990_000.0))) == []


def test_a_gas_may_be_at_any_pressure():
    assert fields(plant_of(replace(SPHERE, liquid_height_m=None, pressure_pa=200_000.0))) == []


def test_ammonium_nitrate_must_say_which_entry():
    nitrate = replace(STORE, substance="ammonium_nitrate", kind="store")
    assert fields(plant_of(nitrate)) == ["units[0].equipment[0].entry"]
    assert fields(plant_of(replace(nitrate, entry="44"))) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"boundary": Polygon()}, "boundary"),
        ({"boundary": BOWTIE}, "boundary"),
        ({"state": "closed"}, "state"),
        ({"excluded_as": "circus"}, "excluded_as"),
        ({"people_within_500m": -1}, "people_within_500m"),
        ({"units": ()}, "units"),
    ],
)
def test_a_wrong_plant_is_refused(change, field):
    with pytest.raises(PlantError) as raised:
        check_plant(plant_of(SPHERE, **change))
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"humidity": 60.0}, "humidity"),
        ({"temperature_k": 20.0}, "temperature_k"),
        ({"pressure_pa": 101.3}, "pressure_pa"),
        ({"roughness_m": 0.0}, "roughness_m"),
        ({"elevation_m": NAN}, "elevation_m"),
        ({"ignition_sources": (("dragon", 1.0),)}, "ignition_sources[0].kind"),
        ({"ignition_sources": (("vehicle", 0.0),)}, "ignition_sources[0].count"),
    ],
)
def test_wrong_surroundings_are_refused(change, field):
    plant = plant_of(SPHERE, surroundings=replace(SURROUNDINGS, **change))
    assert fields(plant) == [f"surroundings.{field}"]


def test_ids_stand_once():
    plant = plant_of(SPHERE, SPHERE)
    assert fields(plant) == ["units[0].equipment[1].id"]
    twice = replace(plant_of(SPHERE), units=plant_of(SPHERE).units * 2)
    assert fields(twice) == ["units[1].id", "units[1].equipment[0].id"]


def test_a_unit_lies_inside_its_plant():
    plant = plant_of(SPHERE, kind="storage")
    beyond = replace(plant.units[0], boundary=box(103.005, 26.005, 103.02, 26.006))
    assert fields(replace(plant, units=(beyond,))) == ["units[0].boundary"]
    assert fields(replace(plant, units=(replace(plant.units[0], boundary=BOUNDARY),))) == []
    assert fields(replace(plant, units=(replace(plant.units[0], kind="garden"),))) == ["units[0].kind"]


def test_all_problems_are_found_and_counted():
    plant = plant_of(replace(SPHERE, mass_kg=-1.0, substance="x"), state="closed")
    assert len(find_problems(plant)) == 3
    with pytest.raises(PlantError, match=r"^state: .*\(and 2 more\)"):
        check_plant(plant)


def test_hydrogen_fluoride_is_no_wrong_plant():
    # No release of it can be computed, but its major hazard grade can.
    assert fields(plant_of(replace(SPHERE, substance="hydrogen_fluoride"))) == []
