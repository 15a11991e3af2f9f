"""A plant as the engine sees it: units, equipment, what they hold and where they stand; and what is wrong with it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shapely import Point, Polygon

from geo.errors import OutOfRangeError, PlantError, SubstanceError
from geo.hazard.fluids import freezing_point_k
from geo.hazard.parameters import Parameter
from geo.hazard.substances import Substance, find_substance, substances
from geo.hazard.tables import Override, cas_is_valid, table
from geo.text import Text

__all__ = [
    "PROJECT_STATES",
    "Equipment",
    "Plant",
    "PlantProblem",
    "Surroundings",
    "Unit",
    "check_plant",
    "find_problems",
]

PROJECT_STATES = ("new", "rebuild", "expand", "in_service")
"""Project states that GB 36894-2018 has criteria for."""


@dataclass(frozen=True, kw_only=True)
class Equipment:
    """One vessel, pipe, pump or store that can lose what it holds.

    Attributes
    ----------
    id : str
        Unique in the plant.
    name : str
    kind : str
        Key of the equipment table, for example ``pressure_vessel``, ``atmospheric_tank``, ``pipe``,
        ``explosives_store``.
    lon, lat : float
        Where it stands, EPSG:4490. [°]
    substance : str
        Key of the substance table.
    entry : str or None
        Number of the row of GB 18218-2018 table 1 where a substance has several (ammonium nitrate); None: the one
        that the substance table names.
    mass_kg : float
        Design maximum present, the largest that can be there (GB 18218-2018).
    section_mass_kg : float or None
        What can run out when the section is isolated; None: ``mass_kg``.
    temperature_k, pressure_pa : float
        State inside; the pressure is absolute.
    diameter_m : float or None
        Bore of a pipe or of the largest connection; None: unknown.
    length_m : float or None
        Of a pipe.
    liquid_height_m : float or None
        Of the liquid above the hole; None: unknown, no head is counted and the result says so.
    release_height_m : float
        Of the hole above ground.
    dike_area_m2 : float or None
        Free ground inside the dike; None: no dike.
    ground : str
        Key of the ground table (spreading depth, heat conduction), for example ``concrete``.
    detection, isolation : str
        Ratings A, B or C.
    congested_volume_m3 : float or None
        Congested or confined volume that a vapour cloud around it can fill; None: none stated.
    blast_strength : int or None
        Multi-energy strength 1 to 10 of that volume; None: the table's default.
    """

    id: str
    name: str
    kind: str
    lon: float
    lat: float
    substance: str
    entry: str | None = None
    mass_kg: float
    section_mass_kg: float | None = None
    temperature_k: float
    pressure_pa: float
    diameter_m: float | None = None
    length_m: float | None = None
    liquid_height_m: float | None = None
    release_height_m: float = 0.0
    dike_area_m2: float | None = None
    ground: str = "concrete"
    detection: str = "C"
    isolation: str = "C"
    congested_volume_m3: float | None = None
    blast_strength: int | None = None


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A production or storage unit after GB 18218-2018: judged on its own.

    Attributes
    ----------
    kind : str
        ``production`` or ``storage``.
    boundary : Polygon or None
        EPSG:4490. [°]
    equipment : tuple of Equipment
    """

    id: str
    name: str
    kind: str
    boundary: Polygon | None
    equipment: tuple[Equipment, ...]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Air and ground around a plant, as far as they do not change with the weather.

    Attributes
    ----------
    elevation_m : float
        Above sea level.
    pressure_pa : float
        Of the air; from the elevation (US standard atmosphere 1976) unless measured.
    temperature_k : float
        Of the air, yearly mean.
    humidity : float
        Relative, 0 to 1.
    roughness_m : float
        Aerodynamic roughness length of the ground.
    urban : bool
        Urban dispersion parameters.
    complex_terrain : bool
        Gorge, slope or valley: the flat-ground models then carry a warning.
    ignition_sources : tuple of (str, float)
        Key of the ignition table and how many (or for how many 100 m, for lines) stand within the cloud's way.
    """

    elevation_m: float
    pressure_pa: float
    temperature_k: float
    humidity: float
    roughness_m: float
    urban: bool
    complex_terrain: bool
    ignition_sources: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plant:
    """Everything about a plant that the risk depends on.

    Attributes
    ----------
    boundary : Polygon
        Of the plant, EPSG:4490. [°]
    state : str
        Project state; decides which criterion of GB 36894-2018 applies.
    excluded_as : str or None
        Key of the scope table if GB/T 37243-2019 does not apply (``filling_station``, ``port``, ...).
    accuracy_m : float or None
        95 % radius of the boundary and of all positions of equipment; None: unknown, then nothing measured from
        them is decided.
    people_within_500m : int or None
        Permanent residents within 500 m outside the boundary; None: not stated, to be counted from layers.
    """

    id: str
    name: str
    boundary: Polygon
    state: str
    surroundings: Surroundings
    units: tuple[Unit, ...]
    excluded_as: str | None = None
    accuracy_m: float | None = None
    people_within_500m: int | None = None


@dataclass(frozen=True)
class PlantProblem:
    """What is wrong with one field.

    Attributes
    ----------
    field : str
        Path, for example ``units[0].equipment[2].mass_kg``.
    text : Text
        What is wrong there and what to do.
    """

    field: str
    text: Text


_CAS_SHAPE = re.compile(r"\d{2,7}-\d{2}-\d")

_RATINGS = ("A", "B", "C")
_UNIT_KINDS = ("production", "storage")

_Ranges = Mapping[str, tuple[float, float, str]]

_AIR_RANGES: _Ranges = {
    "elevation_m": (-430.0, 9000.0, "m"),
    "pressure_pa": (30_000.0, 110_000.0, "Pa"),
    "temperature_k": (213.15, 333.15, "K"),
    "humidity": (0.0, 1.0, ""),
    "roughness_m": (1e-5, 5.0, "m"),
}
"""Air and ground as they are on land; both ends belong to the range. Chosen."""

_EQUIPMENT_RANGES: _Ranges = {
    "mass_kg": (1e-3, 1e9, "kg"),
    "section_mass_kg": (1e-3, 1e9, "kg"),
    "temperature_k": (1.0, 2273.15, "K"),
    "pressure_pa": (1.0, 1e9, "Pa"),
    "diameter_m": (1e-3, 10.0, "m"),
    "length_m": (1e-2, 1e6, "m"),
    "liquid_height_m": (0.0, 200.0, "m"),
    "release_height_m": (0.0, 300.0, "m"),
    "dike_area_m2": (0.1, 1e7, "m²"),
    "congested_volume_m3": (0.1, 1e8, "m³"),
    "blast_strength": (1.0, 10.0, ""),
}
"""What equipment can be at all, from a gas bottle to the largest tank farm; beyond it a unit is mistaken. Chosen."""

_VAPOUR_PRESSURE_TOLERANCE = 0.02
"""Share by which a stated pressure may fall short of the vapour pressure of a liquid: tables differ so. Chosen."""


def check_plant(plant: Plant, overrides: Sequence[Override] = (), own: Sequence[Parameter] = ()) -> None:
    """Refuse a plant that does not make sense.

    Raises
    ------
    PlantError
        With the path of the first wrong field, and how many more there are; ``find_problems`` has them all.
    """
    problems = find_problems(plant, overrides, own)
    if problems:
        first, more = problems[0], len(problems) - 1
        raise PlantError(
            first.field,
            first.text.en + (f" (and {more} more)" if more else ""),
            first.text.zh + (f"（另有 {more} 处）" if more else ""),
        )


def find_problems(
    plant: Plant, overrides: Sequence[Override] = (), own: Sequence[Parameter] = ()
) -> tuple[PlantProblem, ...]:
    """Return everything that does not make sense in a plant, in the order of its fields.

    Masses and conditions that cannot be, liquids below their vapour pressure or above their critical temperature,
    equipment outside its plant, unknown words, ids that stand twice, and what scenarios need and is not stated.
    """
    known = substances(overrides, own)
    return (
        *_plant_problems(plant),
        *_surroundings_problems(plant.surroundings),
        *_repeated_ids(plant),
        *(
            problem
            for number, unit in enumerate(plant.units)
            for problem in _unit_problems(plant, unit, f"units[{number}]", known)
        ),
    )


def _problem(field: str, en: str, zh: str) -> PlantProblem:
    return PlantProblem(field, Text(zh, en))


def _unknown_word(field: str, word: str, words: Sequence[str]) -> PlantProblem:
    return _problem(
        field,
        f"{word!r} is unknown, take one of {', '.join(words)}",
        f"{word!r} 无效，可选 {'、'.join(words)}",
    )


def _plant_problems(plant: Plant) -> Iterator[PlantProblem]:
    yield from _boundary_problems(plant.boundary, "boundary")
    if plant.state not in PROJECT_STATES:
        yield _unknown_word("state", plant.state, PROJECT_STATES)
    if plant.excluded_as is not None and plant.excluded_as not in table("scope"):
        yield _unknown_word("excluded_as", plant.excluded_as, tuple(table("scope")))
    people = plant.people_within_500m
    if people is not None and people < 0:
        yield _problem("people_within_500m", f"{people} people cannot be", f"人数 {people} 为负")
    if not any(unit.equipment for unit in plant.units):
        yield _problem("units", "the plant holds no equipment", "企业没有任何设备")


def _boundary_problems(boundary: Polygon, field: str) -> Iterator[PlantProblem]:
    if boundary.is_empty or boundary.area == 0:
        yield _problem(field, "the boundary has no area", "边界面积为零")
    elif not boundary.is_valid:
        yield _problem(field, "the boundary crosses itself", "边界自相交")


def _surroundings_problems(surroundings: Surroundings) -> Iterator[PlantProblem]:
    yield from _range_problems(surroundings, "surroundings", _AIR_RANGES)
    sources = table("ignition_delayed").below("source")
    for number, (kind, count) in enumerate(surroundings.ignition_sources):
        field = f"surroundings.ignition_sources[{number}]"
        if kind not in sources:
            yield _unknown_word(f"{field}.kind", kind, tuple(sources))
        if not 0 < count < 1e7:
            yield _problem(f"{field}.count", f"{count} sources cannot be", f"点火源数量 {count} 不合理")


def _range_problems(record: object, where: str, ranges: _Ranges) -> Iterator[PlantProblem]:
    """Find numbers outside their range; NaN is outside every range, None is not stated."""
    for field, (low, high, unit) in ranges.items():
        value: float | None = getattr(record, field)
        if value is not None and not low <= value <= high:
            yield _problem(
                f"{where}.{field}",
                f"{value:g} {unit} is outside {low:g} to {high:g} {unit}: check value and unit".replace(
                    "  ", " "
                ),
                f"{value:g} {unit} 超出 {low:g} 至 {high:g} {unit}：请检查数值和单位".replace("  ", " "),
            )


def _repeated_ids(plant: Plant) -> Iterator[PlantProblem]:
    """Find ids that stand twice: results name units and equipment by them."""
    units: set[str] = set()
    equipment: set[str] = set()
    for number, unit in enumerate(plant.units):
        if unit.id in units:
            yield _problem(f"units[{number}].id", f"{unit.id!r} stands twice", f"编号 {unit.id!r} 重复")
        units.add(unit.id)
        for place, each in enumerate(unit.equipment):
            if each.id in equipment:
                field = f"units[{number}].equipment[{place}].id"
                yield _problem(
                    field, f"{each.id!r} stands twice in the plant", f"编号 {each.id!r} 在企业内重复"
                )
            equipment.add(each.id)


def _unit_problems(
    plant: Plant, unit: Unit, where: str, known: Mapping[str, Substance]
) -> Iterator[PlantProblem]:
    if unit.kind not in _UNIT_KINDS:
        yield _unknown_word(f"{where}.kind", unit.kind, _UNIT_KINDS)
    if unit.boundary is not None:
        yield from _boundary_problems(unit.boundary, f"{where}.boundary")
        if not plant.boundary.covers(unit.boundary):
            yield _problem(
                f"{where}.boundary", "the unit reaches beyond the boundary of its plant", "单元超出企业边界"
            )
    for number, equipment in enumerate(unit.equipment):
        yield from _equipment_problems(plant, equipment, f"{where}.equipment[{number}]", known)


def _equipment_problems(
    plant: Plant, equipment: Equipment, where: str, known: Mapping[str, Substance]
) -> Iterator[PlantProblem]:
    yield from _range_problems(equipment, where, _EQUIPMENT_RANGES)
    yield from _word_problems(equipment, where)
    if not plant.boundary.covers(Point(equipment.lon, equipment.lat)):
        yield _problem(
            f"{where}.lon",
            f"({equipment.lon:.6f}, {equipment.lat:.6f}) lies outside the boundary of the plant",
            f"({equipment.lon:.6f}, {equipment.lat:.6f}) 位于企业边界之外",
        )
    section_kg = equipment.section_mass_kg
    if section_kg is not None and section_kg > equipment.mass_kg:
        yield _problem(
            f"{where}.section_mass_kg",
            f"a section holds {section_kg:g} kg, more than the {equipment.mass_kg:g} kg of the whole",
            f"隔离段存量 {section_kg:g} kg 大于设计最大量 {equipment.mass_kg:g} kg",
        )
    substance = known.get(equipment.substance)
    if substance is None:
        yield _unknown_substance(f"{where}.substance", equipment.substance)
    else:
        yield from _content_problems(equipment, substance, where)


def _unknown_substance(field: str, word: str) -> PlantProblem:
    """Say what is wrong with a word that is no key of the substance table; names and CAS numbers lead to their key."""
    try:
        key = find_substance(word).key
    except SubstanceError:
        if _CAS_SHAPE.fullmatch(word) and not cas_is_valid(word):
            return _problem(
                field, f"CAS number {word!r} fails its check digit", f"CAS 号 {word!r} 校验位错误"
            )
        return _problem(
            field,
            f"{word!r} is not in the substance table: name another or add it by a file of your own",
            f"物质表中没有 {word!r}：请更换名称或用自己的物质文件添加",
        )
    return _problem(
        field, f"{word!r} is {key!r} here: write that", f"{word!r} 在物质表中为 {key!r}，请填写该名称"
    )


def _word_problems(equipment: Equipment, where: str) -> Iterator[PlantProblem]:
    """Find words that are in no table, and what the kind of equipment needs."""
    kinds = table("equipment_kinds")
    grounds = tuple(dict.fromkeys(key.partition("/")[0] for key in table("ground")))
    for field, words in (
        ("kind", tuple(kinds)),
        ("ground", grounds),
        ("detection", _RATINGS),
        ("isolation", _RATINGS),
    ):
        if getattr(equipment, field) not in words:
            yield _unknown_word(f"{where}.{field}", getattr(equipment, field), words)
    if equipment.kind == "pipe":
        for field in ("diameter_m", "length_m"):
            if getattr(equipment, field) is None:
                yield _problem(f"{where}.{field}", "a pipe needs it", "管道须填写该项")


def _content_problems(equipment: Equipment, substance: Substance, where: str) -> Iterator[PlantProblem]:
    """Find contents that cannot be in that equipment or in that state."""
    entries = substance.entries
    if equipment.entry not in entries and (equipment.entry is not None or len(entries) > 1):
        choices, choices_zh = ", ".join(entries) or "none", "、".join(entries) or "无"
        yield _problem(
            f"{where}.entry",
            f"{equipment.entry!r}: state which entry of GB 18218-2018 table 1 applies ({choices})",
            f"{equipment.entry!r}：请指明适用 GB 18218-2018 表1 的哪一项（{choices_zh}）",
        )
    kinds = table("equipment_kinds")
    in_store = equipment.kind in kinds and kinds[equipment.kind].word == "store"
    fluid = substance.row("fluid").word
    if fluid == "none" and not in_store:
        yield _problem(
            f"{where}.kind",
            f"{substance.key} does not flow: put it into a store",
            f"{substance.name.zh} 不是流体：请使用仓库类设备",
        )
    if equipment.kind == "explosives_store" and not substance.explosive:
        yield _problem(
            f"{where}.substance",
            f"{substance.key} does not detonate: an explosives store holds explosives",
            f"{substance.name.zh} 不是爆炸物，不能存放在爆炸物仓库",
        )
    if equipment.liquid_height_m is not None and fluid != "none" and not fluid.startswith("refused"):
        yield from _liquid_problems(equipment, substance, where)


def _liquid_problems(equipment: Equipment, substance: Substance, where: str) -> Iterator[PlantProblem]:
    """Find a stated level of liquid where no liquid can be."""
    temperature_k, pressure_pa = equipment.temperature_k, equipment.pressure_pa
    freezing_k = freezing_point_k(substance.fluid)
    if freezing_k is not None and temperature_k < freezing_k:
        yield _problem(
            f"{where}.temperature_k",
            f"{substance.key} is solid at {temperature_k:g} K: it freezes at {freezing_k:.4g} K",
            f"{substance.name.zh} 在 {temperature_k:g} K 为固态：凝固点 {freezing_k:.4g} K",
        )
        return
    try:
        least_pa = substance.fluid.vapour_pressure_pa(temperature_k)
    except (OutOfRangeError, SubstanceError) as error:
        yield _problem(f"{where}.temperature_k", error.message, error.zh)
        return
    if pressure_pa < least_pa * (1 - _VAPOUR_PRESSURE_TOLERANCE):
        yield _problem(
            f"{where}.pressure_pa",
            f"{pressure_pa:.4g} Pa is below the vapour pressure {least_pa:.4g} Pa of {substance.key} at"
            f" {temperature_k:g} K: there is no liquid; correct the state or leave out liquid_height_m",
            f"{pressure_pa:.4g} Pa 低于 {substance.name.zh} 在 {temperature_k:g} K 的饱和蒸气压 {least_pa:.4g} Pa："
            "不存在液相，请更正状态或删去 liquid_height_m",
        )
