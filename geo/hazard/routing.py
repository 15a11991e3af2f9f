"""Which method gives the external safety distance of a plant, and why (GB/T 37243-2019, clauses 1 and 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from geo.hazard.classification import is_explosive, is_hazardous_gas
from geo.hazard.major_hazard import UnitHazard, assess_major_hazard, sum_ratios
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Plant
from geo.hazard.tables import Override, table
from geo.text import Text

__all__ = ["Method", "Routing", "choose_methods"]


class Method(StrEnum):
    """Ways to an external safety distance."""

    CONSEQUENCE = "accident_consequence"
    """Overpressure of the severest detonation: explosives."""
    RISK = "quantitative_risk"
    """Individual and societal risk: toxic or flammable gases that are a major hazard."""
    STANDARDS = "other_standards"
    """Distances of the design standards, clause by clause; no number is computed."""


@dataclass(frozen=True, kw_only=True)
class Routing:
    """Methods that apply to a plant.

    Attributes
    ----------
    methods : tuple of Method
        Empty where the plant is excluded. With both CONSEQUENCE and RISK the larger distance holds in each direction.
    reasons : tuple of Text
        One for each method, or why there is none.
    explosive_units, gas_units : tuple of str
        Ids of the units that call for CONSEQUENCE and for RISK.
    excluded : Parameter or None
        Row of the scope table that takes the plant out of GB/T 37243-2019.
    standards : tuple of Parameter
        Where STANDARDS applies: the standards, with the rules of this product that hold their tables.
    parameters : tuple of Parameter
        Every row that was used.
    """

    methods: tuple[Method, ...]
    reasons: tuple[Text, ...]
    explosive_units: tuple[str, ...] = ()
    gas_units: tuple[str, ...] = ()
    excluded: Parameter | None = None
    standards: tuple[Parameter, ...] = ()
    parameters: tuple[Parameter, ...] = ()


def choose_methods(
    plant: Plant, overrides: Sequence[Override] = (), own: Sequence[Parameter] = ()
) -> Routing:
    """Return the methods that apply to a plant, each with its reason.

    Raises
    ------
    HazardError
        If the row of GB 18218-2018 table 1 of a content is not clear, or the scope is unknown.

    References
    ----------
    .. [1] GB/T 37243-2019, clause 1 (scope), clause 4 (flow).
    """
    if plant.excluded_as is not None:
        return _exclude(table("scope", overrides)[plant.excluded_as])
    hazard = assess_major_hazard(plant, None, overrides, own)
    explosive = tuple(
        unit for unit in hazard.units if any(is_explosive(term.category) for term in unit.terms)
    )
    gases = tuple(unit for unit in hazard.units if _gas_sum(unit) >= 1)
    reasons: dict[Method, Text] = {}
    if explosive:
        reasons[Method.CONSEQUENCE] = _explosive_reason(explosive)
    if gases:
        reasons[Method.RISK] = _gas_reason(gases)
    standards: tuple[Parameter, ...] = ()
    if not reasons:
        standards = tuple(table("distance_standards", overrides).values())
        reasons[Method.STANDARDS] = _standards_reason(standards)
    return Routing(
        methods=tuple(reasons),
        reasons=(*reasons.values(), *((_BOTH,) if len(reasons) > 1 else ())),
        explosive_units=tuple(unit.unit_id for unit in explosive),
        gas_units=tuple(unit.unit_id for unit in gases),
        standards=standards,
        parameters=(*hazard.parameters, *standards),
    )


_BOTH = Text(
    "同时涉及爆炸物和有毒、易燃气体：两种方法都采用，各方向取较大的距离",
    "Explosives and toxic or flammable gases: both methods apply, and in each direction the larger distance holds",
)


def _gas_sum(unit: UnitHazard) -> Fraction:
    """Return the sum of q/Q of the unit's toxic and flammable gases."""
    return sum_ratios(term for term in unit.terms if is_hazardous_gas(term.category))


def _exclude(row: Parameter) -> Routing:
    reason = Text(
        f"{row.attribute('name_zh')}不适用 GB/T 37243-2019：应执行{row.attribute('instead_zh')}，"
        "不计算外部安全防护距离",
        f"GB/T 37243-2019 does not apply to: {row.attribute('name_en')}. {row.attribute('instead_en')} applies;"
        " no external safety distance is computed",
    )
    return Routing(methods=(), reasons=(reason,), excluded=row, parameters=(row,))


def _explosive_reason(units: tuple[UnitHazard, ...]) -> Text:
    names, zh = ", ".join(unit.unit_name for unit in units), "、".join(unit.unit_name for unit in units)
    return Text(
        f"{zh}涉及爆炸物：采用事故后果法（GB/T 37243-2019 第4章）",
        f"Explosives in {names}: accident-consequence method (GB/T 37243-2019, clause 4)",
    )


def _gas_reason(units: tuple[UnitHazard, ...]) -> Text:
    sums = [f"{unit.unit_name} (S = {float(_gas_sum(unit)):.4g})" for unit in units]
    return Text(
        f"{'、'.join(sums)} 的有毒或易燃气体设计最大量与临界量比值之和大于或等于 1："
        "采用定量风险评价法，企业内所有危险化学品单元作为整体评估（GB/T 37243-2019 第4章）",
        f"Toxic or flammable gases reach the critical quantity in {', '.join(sums)}: quantitative risk assessment, all"
        " units of the enterprise assessed together (GB/T 37243-2019, clause 4)",
    )


def _standards_reason(standards: tuple[Parameter, ...]) -> Text:
    words = [row.word for row in standards]
    return Text(
        "不涉及爆炸物，有毒、易燃气体未构成重大危险源：外部安全防护距离执行相关标准"
        f"（{'、'.join(words)} 等），此处不计算数值",
        "No explosives, and toxic or flammable gases stay below the critical quantity: distance by another standard,"
        f" see {', '.join(words)}; no number is computed here",
    )
