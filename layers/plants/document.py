"""Plants described in a file: the input of the external safety distance.

One schema for TOML and JSON (``docs/plant-file.md``). Fields carry their unit in the name, in the units in which plants
keep their books (kg, °C, MPa, mm); the engine gets SI. What a file leaves out is None, never a number; what it must not
leave out is refused with the path of the field.
"""

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import shapely
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from shapely import Polygon

from geo.crs import SourceCrs, resolve_crs, to_cgcs2000
from geo.errors import ParameterError, PlantError
from geo.geometry import check_geometries
from geo.hazard.air import pressure_at_pa
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Equipment, Plant, Surroundings, Unit, check_plant
from geo.hazard.tables import Override, parse_rows, table
from geo.plausibility import check_in_china
from geo.standing import Standing
from geo.text import Text
from layers.errors import FormatError
from layers.problems import problem_zh

__all__ = [
    "PlantFile",
    "overrides_of",
    "parse_plant",
    "plant_of",
    "read_plant",
    "substances_of",
]

SCHEMA_VERSION = "1.0"

MAX_BYTES = 5_000_000
"""Largest plant file that is read; one of 1,000 units has about 1 MB."""

_ABSOLUTE_ZERO_C = -273.15

Position = Annotated[list[float], Field(min_length=2, max_length=2)]
Ring = Annotated[list[Position], Field(min_length=4, max_length=10_000)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Identifier = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^/\s][^/]*$")]
Rating = Literal["A", "B", "C"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EquipmentRecord(_Record):
    """One vessel, pipe, pump or store that can lose what it holds.

    The state is given by ``temperature_c`` and one of ``pressure_mpa`` (absolute) and ``gauge_pressure_mpa`` (above the
    air pressure at the plant).
    """

    id: Identifier
    name: Name
    kind: str = Field(description="Key of the equipment table, for example pressure_vessel")
    position: Position = Field(
        description="In the file's coordinate system: longitude, latitude or east, north"
    )
    substance: str = Field(description="Key of the substance table, for example ammonia")
    entry: str | None = Field(
        None, description="Row of GB 18218-2018 table 1 where the substance has several"
    )
    mass_kg: Positive = Field(description="Design maximum present")
    section_mass_kg: Positive | None = Field(None, description="What runs out when the section is isolated")
    temperature_c: Annotated[float, Field(gt=_ABSOLUTE_ZERO_C, lt=2000.0, allow_inf_nan=False)]
    pressure_mpa: Positive | None = None
    gauge_pressure_mpa: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    diameter_mm: Positive | None = None
    length_m: Positive | None = None
    liquid_height_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    release_height_m: Annotated[float, Field(ge=0, le=300, allow_inf_nan=False)] = 0.0
    dike_area_m2: Positive | None = None
    ground: str = "concrete"
    detection: Rating = "C"
    isolation: Rating = "C"
    congested_volume_m3: Positive | None = None
    blast_strength: Annotated[int, Field(ge=1, le=10)] | None = None

    @model_validator(mode="after")
    def _has_one_pressure(self) -> Self:
        if (self.pressure_mpa is None) == (self.gauge_pressure_mpa is None):
            raise PydanticCustomError(
                "bilingual",
                "give either pressure_mpa (absolute) or gauge_pressure_mpa, not both and not none",
                {"zh": "pressure_mpa（绝对压力）与 gauge_pressure_mpa（表压）须给出其中一个，且只能给出一个"},
            )
        return self


class UnitRecord(_Record):
    """One production or storage unit after GB 18218-2018."""

    id: Identifier
    name: Name
    kind: Literal["production", "storage"]
    boundary: Ring | None = None
    equipment: Annotated[list[EquipmentRecord], Field(min_length=1, max_length=2000)]


class IgnitionRecord(_Record):
    """Sources of ignition of one kind around the plant."""

    kind: str = Field(description="Key of the ignition table, for example vehicle")
    count: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class SurroundingsRecord(_Record):
    """Air and ground; ``elevation_m`` must be given: pressure, boiling points and doses depend on it."""

    elevation_m: Annotated[float, Field(ge=-430, le=6500, allow_inf_nan=False)]
    air_pressure_kpa: Annotated[float, Field(ge=40, le=110)] | None = Field(
        None, description="From the elevation unless measured"
    )
    temperature_c: Annotated[float, Field(ge=-50, le=60)]
    humidity: Annotated[float, Field(ge=0, le=1)] = Field(description="Relative, 0 to 1")
    roughness_m: Annotated[float, Field(gt=0, le=5)]
    urban: bool
    complex_terrain: bool
    ignition_sources: list[IgnitionRecord] = []


class OverrideRecord(_Record):
    """A row of a parameter table that is replaced for this plant."""

    table: str
    key: str
    value: float | str
    unit: str | None = Field(None, description="Of the value; that of the row unless stated")
    author: Name
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class FeatureRecord(_Record):
    """A stored feature."""

    layer: Literal["enterprises", "hazard_sites", "hazard_units", "proposals"]
    id: Name


class PlantRecord(_Record):
    """The plant as a whole."""

    id: Identifier
    name: Name
    feature: FeatureRecord | None = Field(
        None, description="The feature of the database that the plant is; findings are stored as its own"
    )
    state: Literal["new", "rebuild", "expand", "in_service"]
    boundary: Ring
    accuracy_m: Positive | None = Field(
        None, description="95 % radius of all positions in the file; unknown unless stated"
    )
    excluded_as: str | None = Field(
        None, description="Key of the scope table where GB/T 37243-2019 does not apply"
    )
    people_within_500m: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Residents within 500 m outside the boundary; counted from the layers unless stated"
    )


class SubstanceRecord(_Record):
    """A row of the substance table: one property of a substance that the product does not know."""

    key: str = Field(min_length=1, description="<substance>/<property>, as in docs/hazard-tables.md")
    value: str | float
    unit: str = ""
    standard: str = ""
    clause_or_table: str = ""
    source: Annotated[str, Field(min_length=1)]
    standing: Standing = Standing.SITE_SPECIFIC
    note: str = ""


class PlantFile(_Record):
    """A plant file."""

    schema_version: Literal["1.0"]
    crs: str = Field(description="Coordinate system of all positions, for example EPSG:4490")
    source: str = Field(min_length=1, description="Who described the plant, and when")
    illustrative: bool = Field(False, description="Made up for demonstration")
    frequency_library: Literal["api581", "purple_book"] = "api581"
    plant: PlantRecord
    surroundings: SurroundingsRecord
    units: Annotated[list[UnitRecord], Field(min_length=1, max_length=2000)]
    overrides: list[OverrideRecord] = []
    substances: list[SubstanceRecord] = []


def read_plant(path: Path) -> PlantFile:
    """Return the plant described in a file.

    Raises
    ------
    FormatError
        If the file is too large, no TOML or JSON, or does not fit the schema; the message names the field.
    """
    if not path.is_file():
        raise FormatError(f"there is no file {path}", zh=f"文件 {path} 不存在")
    if path.stat().st_size > MAX_BYTES:
        raise FormatError(
            f"{path.name}: larger than {MAX_BYTES / 1e6:.0f} MB; describe one plant a file",
            zh=f"{path.name}：超过 {MAX_BYTES / 1e6:.0f} MB；一个文件只描述一个企业",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"{path.name}: neither TOML nor JSON in UTF-8: {error}",
            zh=f"{path.name}：不是 UTF-8 编码的 TOML 或 JSON 文件：{error}",
        ) from error
    return parse_plant(content, name=path.name)


def parse_plant(content: object, *, name: str) -> PlantFile:
    """Return the plant of parsed content; ``name`` stands in messages.

    Raises
    ------
    FormatError
        If the content does not fit the schema.
    """
    try:
        return PlantFile.model_validate(content)
    except ValidationError as error:
        reasons = [_reason(detail) for detail in error.errors()[:20]]
        raise FormatError(
            f"{name}: " + "; ".join(reason.en for reason in reasons),
            zh=f"{name} 不符合企业描述文件格式：" + "；".join(reason.zh for reason in reasons),
        ) from error


def _reason(detail: ErrorDetails) -> Text:
    """Return what is wrong where."""
    place = _path(detail["loc"])
    return Text(f"{place}：{problem_zh(detail['type'], detail.get('ctx', {}))}", f"{place}: {detail['msg']}")


def _path(location: Iterable[str | int]) -> str:
    """Return the place in a file as people write it, for example ``units[0].equipment[2].mass_kg``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return "".join(steps).removeprefix(".") or "file"


def plant_of(file: PlantFile) -> Plant:
    """Return the plant in SI and EPSG:4490, checked.

    Raises
    ------
    FormatError
        If an id occurs twice.
    CrsError
        If the coordinate system is unknown, or not known to the millimetre.
    HazardError
        If something about the plant cannot be, for example a tank outside the plant.
    """
    _refuse_repeated_ids(file)
    air_pa = _air_pressure_pa(file.surroundings)
    place = _Placer(file.crs)
    plant = Plant(
        id=file.plant.id,
        name=file.plant.name,
        boundary=place.polygon(file.plant.boundary, "plant.boundary"),
        state=file.plant.state,
        surroundings=_surroundings(file.surroundings, air_pa),
        units=tuple(_unit(unit, f"units[{i}]", place, air_pa) for i, unit in enumerate(file.units)),
        excluded_as=file.plant.excluded_as,
        accuracy_m=_add_doubt(file.plant.accuracy_m, place.source),
        people_within_500m=file.plant.people_within_500m,
    )
    _check_overrides(file)
    try:
        check_plant(plant, overrides_of(file), substances_of(file))
    except PlantError as error:
        raise _in_words_of_file(error, file) from error
    return plant


def _check_overrides(file: PlantFile) -> None:
    """Refuse a replaced row that is in no table or has a value that cannot be."""
    overrides = overrides_of(file)
    for number, override in enumerate(overrides):
        path = f"overrides[{number}]"
        try:
            table(override.table)[override.key]
            # All of its table at once: the shares of a blend or of branches only add up together.
            table(override.table, [each for each in overrides if each.table == override.table])
        except ParameterError as error:
            raise FormatError(f"{path}: {error.message}", zh=f"{path}：{error.zh}") from error


_FILE_NAMES = {
    "lon": "position",
    "temperature_k": "temperature_c",
    "diameter_m": "diameter_mm",
    "boundary": "plant.boundary",
    "state": "plant.state",
    "excluded_as": "plant.excluded_as",
    "people_within_500m": "plant.people_within_500m",
    "surroundings.temperature_k": "surroundings.temperature_c",
    "surroundings.pressure_pa": "surroundings.air_pressure_kpa",
}
"""Fields of the engine that a plant file calls otherwise."""

_EQUIPMENT_FIELD = re.compile(r"(units\[(\d+)\]\.equipment\[(\d+)\])\.(\w+)")


def _in_words_of_file(error: PlantError, file: PlantFile) -> PlantError:
    """Return an error about a plant with the path of the field as the file has it."""
    field = _FILE_NAMES.get(error.field, error.field)
    found = _EQUIPMENT_FIELD.fullmatch(error.field)
    if found is not None:
        where, unit, item, name = found.groups()
        record = file.units[int(unit)].equipment[int(item)]
        if name == "pressure_pa":
            name = "gauge_pressure_mpa" if record.pressure_mpa is None else "pressure_mpa"
        field = f"{where}.{_FILE_NAMES.get(name, name)}"
    said = len(error.field)
    return PlantError(field, error.message[said:].removeprefix(": "), error.zh[said:].removeprefix("："))


def overrides_of(file: PlantFile) -> tuple[Override, ...]:
    """Return the rows of parameter tables that the file replaces."""
    return tuple(Override(**record.model_dump()) for record in file.overrides)


def substances_of(file: PlantFile) -> tuple[Parameter, ...]:
    """Return the properties of substances that the file adds.

    Raises
    ------
    ParameterError
        If a unit or a number of one cannot be read.
    """
    return parse_rows(
        "substances", ({**row.model_dump(), "value": str(row.value)} for row in file.substances)
    )


def _refuse_repeated_ids(file: PlantFile) -> None:
    seen: dict[str, str] = {}
    for i, unit in enumerate(file.units):
        for path, identifier in [
            (f"units[{i}].id", unit.id),
            *((f"units[{i}].equipment[{k}].id", item.id) for k, item in enumerate(unit.equipment)),
        ]:
            if identifier in seen:
                raise FormatError(
                    f"{path}: {identifier!r} is already the id of {seen[identifier]}; every id once",
                    zh=f"{path}：编号 {identifier!r} 与 {seen[identifier]} 重复；编号不得重复",
                )
            seen[identifier] = path


def _air_pressure_pa(record: SurroundingsRecord) -> float:
    if record.air_pressure_kpa is not None:
        return record.air_pressure_kpa * 1e3
    return pressure_at_pa(record.elevation_m)


def _surroundings(record: SurroundingsRecord, air_pa: float) -> Surroundings:
    return Surroundings(
        elevation_m=record.elevation_m,
        pressure_pa=air_pa,
        temperature_k=record.temperature_c - _ABSOLUTE_ZERO_C,
        humidity=record.humidity,
        roughness_m=record.roughness_m,
        urban=record.urban,
        complex_terrain=record.complex_terrain,
        ignition_sources=tuple((source.kind, source.count) for source in record.ignition_sources),
    )


def _add_doubt(accuracy_m: float | None, source: SourceCrs) -> float | None:
    return None if accuracy_m is None else accuracy_m + source.added_accuracy_m


def _unit(record: UnitRecord, path: str, place: "_Placer", air_pa: float) -> Unit:
    return Unit(
        id=record.id,
        name=record.name,
        kind=record.kind,
        boundary=None if record.boundary is None else place.polygon(record.boundary, f"{path}.boundary"),
        equipment=tuple(
            _equipment(item, f"{path}.equipment[{i}]", place, air_pa)
            for i, item in enumerate(record.equipment)
        ),
    )


def _equipment(record: EquipmentRecord, path: str, place: "_Placer", air_pa: float) -> Equipment:
    lon, lat = place.point(record.position, f"{path}.position")
    return Equipment(
        lon=lon,
        lat=lat,
        temperature_k=record.temperature_c - _ABSOLUTE_ZERO_C,
        pressure_pa=_pressure_pa(record, air_pa),
        diameter_m=None if record.diameter_mm is None else record.diameter_mm / 1e3,
        **record.model_dump(
            exclude={"position", "temperature_c", "pressure_mpa", "gauge_pressure_mpa", "diameter_mm"}
        ),
    )


def _pressure_pa(record: EquipmentRecord, air_pa: float) -> float:
    if record.pressure_mpa is not None:
        return record.pressure_mpa * 1e6
    assert record.gauge_pressure_mpa is not None  # the schema asks for one of both
    return air_pa + record.gauge_pressure_mpa * 1e6


class _Placer:
    """Takes positions from the file's coordinate system to EPSG:4490."""

    def __init__(self, crs: str) -> None:
        self.source: SourceCrs = resolve_crs(crs)

    def point(self, position: list[float], path: str) -> tuple[float, float]:
        moved = self._move(shapely.Point(position), path)
        return float(moved.x), float(moved.y)

    def polygon(self, ring: list[list[float]], path: str) -> Polygon:
        if ring[0] != ring[-1]:
            raise FormatError(
                f"{path}: the ring is not closed; repeat its first position at its end",
                zh=f"{path}：边界未闭合；请在末尾重复第一个点",
            )
        moved: Polygon = self._move(Polygon(ring), path)
        return moved

    def _move(self, geometry: shapely.Geometry, path: str) -> Any:
        problems = check_geometries([geometry], {"point", "polygon"}, self.source) or check_in_china(
            [geometry], self.source
        )
        if problems:
            raise FormatError(f"{path}: {problems[0].message}", zh=f"{path}：{problems[0].zh}")
        return to_cgcs2000([geometry], self.source)[0]
