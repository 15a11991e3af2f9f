"""Losses of containment: generic frequencies, sizes of holes, times until isolation (GB/T 37243-2019, annexes C and E).

Two libraries of frequencies can be chosen: ``api581`` (annex C) and ``purple_book`` (Dutch). Each row of
``leak_frequencies.csv`` says what happens (``scenario``: ``leak``, ``ten_minutes``, ``instantaneous`` or ``rupture``,
which ``holes.csv`` turns into one of the others) and how wide the hole is (``hole``: a row of ``holes.csv``, ``bore``
or ``tenth_of_bore``). A hole wider than the bore is the full bore of a pipe or machine, and the rupture of a vessel.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from geo.errors import HazardError
from geo.hazard.classification import classify, is_explosive
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Equipment, Plant, Unit
from geo.hazard.scenario import Scenario, ScenarioKind
from geo.hazard.substances import substances
from geo.hazard.tables import Override, Table, table
from geo.hazard.units import convert
from geo.text import Text

__all__ = [
    "LIBRARIES",
    "SevereScenario",
    "equipment_group",
    "plant_scenarios",
    "scenarios_of",
    "severe_scenarios",
    "unmodelled",
]

LIBRARIES = {
    "api581": Text("GB/T 37243-2019 附录C（API 581）", "GB/T 37243-2019 annex C (API 581)"),
    "purple_book": Text("荷兰紫皮书（CPR 18E）", "Dutch Purple Book (CPR 18E)"),
}
"""Libraries of frequencies; a result says which one it used."""


@dataclass(frozen=True, kw_only=True)
class SevereScenario:
    """The largest mass of explosives that can detonate together (GB/T 37243-2019, 5.3): one unit's.

    Attributes
    ----------
    unit_id : str
    equipment_ids : tuple of str
        What detonates.
    mass_kg, tnt_kg : float
        Mass of the explosives, and of the TNT with the same energy.
    parameters : tuple of Parameter
    """

    unit_id: str
    equipment_ids: tuple[str, ...]
    mass_kg: float
    tnt_kg: float
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class _Tables:
    """What the scenarios of one piece of equipment are read from."""

    frequencies: Table
    holes: Table
    times: Table
    sizes: Table


def equipment_group(kind: str) -> str:
    """Return what a kind of equipment is: ``vessel``, ``machine``, ``pipe`` or ``store``.

    Raises
    ------
    ParameterError
        If the kind is unknown.
    """
    return table("equipment_kinds")[kind].word


def plant_scenarios(
    plant: Plant, library: str = "api581", overrides: Sequence[Override] = ()
) -> tuple[Scenario, ...]:
    """Return all losses of containment of a plant, in the order of its units and equipment.

    Stores hold nothing that flows out: ``unmodelled`` names those, and ``severe_scenarios`` has the explosives.

    Raises
    ------
    HazardError
        As ``scenarios_of``.
    """
    return tuple(
        scenario
        for unit in plant.units
        for equipment in unit.equipment
        if equipment_group(equipment.kind) != "store"
        for scenario in scenarios_of(unit, equipment, library, overrides)
    )


def scenarios_of(
    unit: Unit, equipment: Equipment, library: str = "api581", overrides: Sequence[Override] = ()
) -> tuple[Scenario, ...]:
    """Return the losses of containment of one piece of equipment, in the order of the table.

    Parameters
    ----------
    unit : Unit
    equipment : Equipment
    library : str
        Key of ``LIBRARIES``.
    overrides : sequence of Override

    Raises
    ------
    HazardError
        If the library is unknown or has no frequencies for the kind, a pipe has no bore or length, or equipment has no
        bore where the library needs it.
    """
    if library not in LIBRARIES:
        raise HazardError(
            f"there is no frequency library {library!r}: take one of {', '.join(LIBRARIES)}",
            f"没有频率库 {library!r}：可选 {'、'.join(LIBRARIES)}",
        )
    tables = _Tables(
        *(table(name, overrides) for name in ("leak_frequencies", "holes", "leak_times", "pipe_sizes"))
    )
    group = equipment_group(equipment.kind)
    size_rows = (_pipe_size(equipment, library, tables.sizes),) if group == "pipe" else ()
    name = size_rows[0].key if size_rows else f"{library}/{equipment.kind}"
    rows = tables.frequencies.below(name)
    if not rows:
        raise HazardError(
            f"library {library!r} has no frequencies for {equipment.kind!r} ({equipment.id}): choose another library"
            " or add rows to leak_frequencies.csv",
            f"频率库 {library!r} 没有 {equipment.kind!r}（{equipment.id}）的泄漏频率：请换用其他频率库",
        )
    return tuple(_scenario(unit, equipment, hole, row, size_rows, tables) for hole, row in rows.items())


def severe_scenarios(
    plant: Plant, overrides: Sequence[Override] = (), own: Sequence[Parameter] = ()
) -> tuple[SevereScenario, ...]:
    """Return one detonation for each unit that holds explosives, in the order of the units.

    All explosives of a unit count as detonating together: a storage unit is one building (GB 18218-2018, 3.6). The TNT
    equivalent is mass times heat of explosion over that of TNT.

    Raises
    ------
    HazardError
        If the row of GB 18218-2018 table 1 is not clear.
    SubstanceError
        If an explosive lacks its heat of explosion.
    """
    found = (_severe_scenario(unit, overrides, own) for unit in plant.units)
    return tuple(scenario for scenario in found if scenario is not None)


def unmodelled(plant: Plant) -> tuple[Text, ...]:
    """Return what of the plant has no scenario of release: it is not in the risk, and results say so."""
    return tuple(
        Text(
            f"{equipment.name}：固体或爆炸物储存，无泄漏情景，未计入定量风险",
            f"{equipment.name}: store of solids or explosives without a scenario of release; not in the risk figures",
        )
        for unit in plant.units
        for equipment in unit.equipment
        if equipment_group(equipment.kind) == "store"
    )


def _severe_scenario(
    unit: Unit, overrides: Sequence[Override], own: Sequence[Parameter]
) -> SevereScenario | None:
    known = substances(overrides, own)
    tnt_row = known["tnt"].row("heat_of_explosion")
    tnt_j_kg = known["tnt"].number("heat_of_explosion", "J/kg")
    ids: list[str] = []
    masses: list[float] = []
    equivalents: list[float] = []
    parameters: list[Parameter] = [tnt_row]
    for equipment in unit.equipment:
        substance = known[equipment.substance]
        found = classify(equipment, substance, overrides)
        if not is_explosive(found.category):
            continue
        heat_j_kg = substance.number("heat_of_explosion", "J/kg")
        ids.append(equipment.id)
        masses.append(equipment.mass_kg)
        equivalents.append(equipment.mass_kg * heat_j_kg / tnt_j_kg)
        parameters += [*found.parameters, substance.row("heat_of_explosion")]
    if not ids:
        return None
    return SevereScenario(
        unit_id=unit.id,
        equipment_ids=tuple(ids),
        mass_kg=math.fsum(masses),
        tnt_kg=math.fsum(equivalents),
        parameters=tuple(dict.fromkeys(parameters)),
    )


def _pipe_size(equipment: Equipment, library: str, sizes: Table) -> Parameter:
    """Return the row that a pipe's bore falls under; its key is also the first part of the frequencies' keys."""
    bore_mm = _bore_m(equipment) * 1000
    rows = [row for key, row in sizes.items() if key.startswith(f"{library}/")]
    for row in rows:
        if bore_mm <= row.number:
            return row
    raise HazardError(
        f"equipment {equipment.id!r}: no pipe is {bore_mm:g} mm wide",
        f"设备 {equipment.id!r}：管径 {bore_mm:g} mm 超出范围",
    )


def _bore_m(equipment: Equipment) -> float:
    return _required(equipment, equipment.diameter_m, "diameter_m")


def _required(equipment: Equipment, value: float | None, field: str) -> float:
    if value is None:
        raise HazardError(
            f"equipment {equipment.id!r} ({equipment.kind}) states no {field}, which its scenarios rest on: add it",
            f"设备 {equipment.id!r}（{equipment.kind}）缺少 {field}，泄漏情景需要该值",
        )
    return value


def _scenario(
    unit: Unit,
    equipment: Equipment,
    hole: str,
    row: Parameter,
    size_rows: tuple[Parameter, ...],
    tables: _Tables,
) -> Scenario:
    """Return the scenario of one row of frequencies."""
    kind = row.attribute("scenario")
    hole_rows: tuple[Parameter, ...] = ()
    diameter_m: float | None = None
    if kind == "leak":
        kind, diameter_m, hole_rows = _leak(equipment, row.attribute("hole"), tables.holes)
    if kind == "rupture":
        rupture = tables.holes["rupture"]
        kind, diameter_m, hole_rows = rupture.word, None, (*hole_rows, rupture)
    duration_s, time_rows = _duration(equipment, kind, diameter_m, tables)
    return Scenario(
        id=f"{equipment.id}/{hole}",
        unit_id=unit.id,
        equipment_id=equipment.id,
        kind=ScenarioKind(kind),
        hole=hole,
        hole_diameter_m=diameter_m,
        frequency_per_year=_frequency(equipment, row),
        duration_s=duration_s,
        parameters=(row, *size_rows, *hole_rows, *time_rows),
    )


def _frequency(equipment: Equipment, row: Parameter) -> float:
    """Return how often a year it happens to the equipment: rows of pipes are per metre."""
    if row.unit == "1/yr":
        return row.number
    return convert(row.number, row.unit, "1/(m*yr)") * _required(equipment, equipment.length_m, "length_m")


def _leak(equipment: Equipment, name: str, holes: Table) -> tuple[str, float | None, tuple[Parameter, ...]]:
    """Return what a hole is (a leak or a rupture), how wide, and the rows that say so."""
    if name == "bore":
        return "leak", _bore_m(equipment), ()
    if name == "tenth_of_bore":
        share, most = holes["tenth_of_bore/share"], holes["tenth_of_bore/most"]
        return "leak", min(share.number * _bore_m(equipment), _metres(most)), (share, most)
    size = holes[name]
    bore_m = equipment.diameter_m
    if bore_m is None or _metres(size) <= bore_m:
        return "leak", _metres(size), (size,)
    rule = holes[f"wider_than_bore/{equipment_group(equipment.kind)}"]
    if rule.word == "rupture":
        return "rupture", None, (size, rule)
    return "leak", bore_m, (size, rule)


def _metres(row: Parameter) -> float:
    return convert(row.number, row.unit, "m")


def _duration(
    equipment: Equipment, kind: str, diameter_m: float | None, tables: _Tables
) -> tuple[float | None, tuple[Parameter, ...]]:
    """Return how long it lasts until somebody isolates it, and the rows that say so."""
    if kind == "ten_minutes":
        row = tables.holes["ten_minutes"]
        return convert(row.number, row.unit, "s"), (row,)
    if diameter_m is None:
        return None, ()
    time = tables.times[
        f"{equipment.detection}/{equipment.isolation}/{_hole_class(diameter_m, tables.holes)}"
    ]
    return convert(time.number, time.unit, "s"), (time,)


def _hole_class(diameter_m: float, holes: Table) -> str:
    """Return the class of a hole: its upper end belongs to it."""
    for name in ("small", "medium"):
        if diameter_m <= _metres(holes[f"{name}/to"]):
            return name
    return "large"
