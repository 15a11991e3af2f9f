"""Risk criteria of GB 36894-2018, overpressure limits of GB/T 37243-2019, and classes of protection targets.

A risk that equals its criterion is acceptable. F(N) counts accidents with N or more deaths. The class of a target is
proposed from what is known of it, and chosen by the user.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from geo.errors import HazardError
from geo.hazard.parameters import Parameter
from geo.hazard.tables import Override, Table, table
from geo.text import Text

__all__ = [
    "TARGET_CLASSES",
    "ClassProposal",
    "SocietalRegion",
    "class_names",
    "individual_risk_criterion",
    "is_acceptable",
    "judge_societal_risk",
    "propose_class",
    "societal_limit_per_year",
]

TARGET_CLASSES = ("high_sensitivity", "important", "general_1", "general_2", "general_3")
"""Classes of protection targets, the most protected first."""

_NEW_STATES = frozenset({"new", "rebuild", "expand"})
_ATTRIBUTES = ("households", "people", "floor_area_m2", "beds")


class SocietalRegion(StrEnum):
    """Where an F-N curve lies."""

    UNACCEPTABLE = "unacceptable"
    ALARP = "alarp"
    """As low as reasonably practicable (尽可能降低区)."""
    ACCEPTABLE = "acceptable"


@dataclass(frozen=True, kw_only=True)
class ClassProposal:
    """Proposed class of a protection target.

    Attributes
    ----------
    target_class : str or None
        One of ``TARGET_CLASSES``; None: what decides is not known, or the table has no such use.
    reason : Text
    parameters : tuple of Parameter
        Every row that was used.
    """

    target_class: str | None
    reason: Text
    parameters: tuple[Parameter, ...]


def class_names(overrides: Sequence[Override] = ()) -> Mapping[str, Text]:
    """Return the names of the classes of protection targets, the most protected first."""
    rows = table("protection_targets", overrides).below("class")
    return {key: Text(row.attribute("name_zh"), row.attribute("name_en")) for key, row in rows.items()}


def individual_risk_criterion(target_class: str, state: str, overrides: Sequence[Override] = ()) -> Parameter:
    """Return the greatest acceptable individual risk of a class of targets [1/yr].

    Parameters
    ----------
    target_class : str
        One of ``TARGET_CLASSES``.
    state : str
        Project state of the plant: ``new``, ``rebuild``, ``expand`` or ``in_service``.
    overrides : sequence of Override

    Raises
    ------
    HazardError
        If the standard has no criterion for the state.
    ParameterError
        If the class is unknown.

    References
    ----------
    .. [1] GB 36894-2018, table 1.
    """
    if state not in _NEW_STATES | {"in_service"}:
        raise HazardError(
            f"GB 36894-2018 has no criterion for the project state {state!r}",
            f"GB 36894-2018 没有项目状态 {state!r} 的基准",
        )
    column = "new" if state in _NEW_STATES else "in_service"
    return table("individual_risk_criteria", overrides)[f"{target_class}/{column}"]


def is_acceptable(found: float, limit: Parameter) -> bool:
    """Return whether a risk or an overpressure keeps its limit: equality keeps it."""
    return found <= limit.number


def societal_limit_per_year(deaths: float, line: str, overrides: Sequence[Override] = ()) -> float:
    """Return the frequency of a criterion line at a number of deaths: F = F(1) / N [1/yr].

    Parameters
    ----------
    deaths : float
        N, from 1 to 1000, the range of the standard's figure.
    line : str
        ``upper`` or ``lower``.
    overrides : sequence of Override

    Raises
    ------
    HazardError
        Outside the range.

    References
    ----------
    .. [1] GB 36894-2018, figure 1: through (10, 1e-4) and (10, 1e-6), slope -1.
    """
    rows = table("societal_risk_criteria", overrides)
    least, most = rows["least_deaths"].number, rows["most_deaths"].number
    if not least <= deaths <= most:
        raise HazardError(
            f"the criterion lines run from N = {least:g} to {most:g}, not to {deaths:g}",
            f"社会风险基准线的范围为 N = {least:g} 至 {most:g}，不含 {deaths:g}",
        )
    return rows[line].number / deaths


def judge_societal_risk(
    curve: Sequence[tuple[float, float]], overrides: Sequence[Override] = ()
) -> SocietalRegion:
    """Return where an F-N curve lies: the worst of its corners decides.

    Parameters
    ----------
    curve : sequence of (float, float)
        Corners (N, F) of the staircase: F accidents a year with N or more deaths. Corners below one death are under
        no criterion; those above 1000 deaths are held against the lines carried on.
    overrides : sequence of Override

    Returns
    -------
    SocietalRegion
        ACCEPTABLE up to and on the lower line, UNACCEPTABLE above the upper one.
    """
    rows = table("societal_risk_criteria", overrides)
    least = rows["least_deaths"].number
    loads = [deaths * frequency for deaths, frequency in curve if deaths >= least]
    worst = max(loads, default=0.0)
    if worst > rows["upper"].number:
        return SocietalRegion.UNACCEPTABLE
    return SocietalRegion.ALARP if worst > rows["lower"].number else SocietalRegion.ACCEPTABLE


def propose_class(
    use: str,
    *,
    households: float | None = None,
    people: float | None = None,
    floor_area_m2: float | None = None,
    beds: float | None = None,
    overrides: Sequence[Override] = (),
) -> ClassProposal:
    """Return the class that the table proposes for a target; the user decides.

    Where any number reaches the bound of a class, that class holds. Where none does and a number is missing, the class
    stays open: a missing number is not a small one.

    Parameters
    ----------
    use : str
        Key below ``use`` in the table ``protection_targets``.
    households, people, floor_area_m2, beds : float, optional
        Those that the table asks for the use; the others are passed over.
    overrides : sequence of Override

    Raises
    ------
    HazardError
        If a number is negative.
    """
    rows = table("protection_targets", overrides)
    given = dict(zip(_ATTRIBUTES, (households, people, floor_area_m2, beds), strict=True))
    for name, value in given.items():
        if value is not None and not value >= 0:
            raise HazardError(f"{name} = {value} cannot be", f"{name} = {value} 不合理")
    if f"use/{use}" not in rows:
        return ClassProposal(
            target_class=None,
            reason=Text(f"分类表中没有用途 {use!r}", f"the table of classes has no use {use!r}"),
            parameters=(),
        )
    row = rows[f"use/{use}"]
    if row.word != "by_size":
        return _propose(row.word, row, Text("按用途", "by its use"), (row,))
    return _propose_by_size(use, row, given, rows)


def _propose_by_size(
    use: str, row: Parameter, given: Mapping[str, float | None], rows: Table
) -> ClassProposal:
    """Return the highest class that a number reaches, unless one that is missing could raise it."""
    bounds = {key: bound for key, bound in rows.below(f"size/{use}").items() if key != "below"}
    missing: list[str] = []
    highest = next(iter(bounds)).partition("/")[0]
    for key, bound in bounds.items():
        target_class, _, attribute = key.partition("/")
        value = given[attribute]
        if value is None:
            missing.append(attribute)
        elif value >= bound.number and (target_class == highest or not missing):
            reason = Text(f"{attribute} ≥ {bound.number:g}", f"{attribute} >= {bound.number:g}")
            return _propose(target_class, row, reason, (row, bound))
    if missing:
        words = ", ".join(dict.fromkeys(missing))
        return ClassProposal(
            target_class=None,
            reason=Text(f"缺少 {words}，无法建议类别", f"not known: {words}; no class can be proposed"),
            parameters=(row, *bounds.values()),
        )
    below = rows[f"size/{use}/below"]
    return _propose(
        below.word, row, Text("低于各类界限", "below every bound"), (row, *bounds.values(), below)
    )


def _propose(
    target_class: str, row: Parameter, why: Text, parameters: tuple[Parameter, ...]
) -> ClassProposal:
    return ClassProposal(
        target_class=target_class,
        reason=Text(f"{row.attribute('name_zh')}：{why.zh}", f"{row.attribute('name_en')}: {why.en}"),
        parameters=parameters,
    )
