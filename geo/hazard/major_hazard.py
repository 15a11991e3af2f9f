"""Major hazard installations (重大危险源): identification and grading after GB 18218-2018.

Each unit is judged on its own: S = sum of q/Q, a major hazard from S >= 1 (equation 1); R = alpha times the sum of
beta q/Q decides the grade (equation 2). q is the design maximum. Sums and comparisons are exact: quantities are taken
as the decimal numbers that they are written as, so that ten times a tenth of Q is Q.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from geo.errors import HazardError
from geo.hazard.classification import Classification, classify
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Plant, Unit
from geo.hazard.substances import substances
from geo.hazard.tables import Override, table
from geo.text import Text

__all__ = ["MajorHazard", "Term", "UnitHazard", "assess_major_hazard", "sum_ratios"]

_KG_PER_T = 1000  # by definition


@dataclass(frozen=True, kw_only=True)
class Term:
    """One substance of a unit in the sums of S and R.

    Attributes
    ----------
    substance : str
    name : Text
    equipment_ids : tuple of str
        What holds it.
    category : str
        Symbol of tables 2 and 4.
    mass_t, critical_t : float
        Design maximum q and critical quantity Q. [t]
    beta : float
    ratio : float
        q/Q.
    clause : Text
        Where Q stands.
    parameters : tuple of Parameter
    """

    substance: str
    name: Text
    equipment_ids: tuple[str, ...]
    category: str
    mass_t: float
    critical_t: float
    beta: float
    ratio: float
    clause: Text
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, kw_only=True)
class UnitHazard:
    """Identification and grade of one unit.

    Attributes
    ----------
    unit_id, unit_name, unit_kind : str
    s : float
        Sum of q/Q.
    is_major : bool
        S >= 1, compared exactly.
    r : float or None
        None: the people within 500 m are not known, or the unit is no major hazard.
    grade : int or None
        1 (worst) to 4.
    terms : tuple of Term
    parameters : tuple of Parameter
        Every row that was used.
    """

    unit_id: str
    unit_name: str
    unit_kind: str
    s: float
    is_major: bool
    r: float | None
    grade: int | None
    terms: tuple[Term, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, kw_only=True)
class MajorHazard:
    """Identification and grades of the units of a plant.

    Attributes
    ----------
    plant_id : str
    people_within_500m : int or None
        Permanent residents; None: not known, grades are open.
    alpha : float or None
    units : tuple of UnitHazard
        In the order of the plant.
    """

    plant_id: str
    people_within_500m: int | None
    alpha: float | None
    units: tuple[UnitHazard, ...]

    @property
    def is_major(self) -> bool:
        """Whether any unit is a major hazard installation."""
        return any(unit.is_major for unit in self.units)

    @property
    def grade(self) -> int | None:
        """The worst grade of the units; None where there is none or the people around are not known."""
        return min((unit.grade for unit in self.units if unit.grade is not None), default=None)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every row that was used, each once."""
        return tuple(dict.fromkeys(row for unit in self.units for row in unit.parameters))


def assess_major_hazard(
    plant: Plant,
    people_within_500m: int | None = None,
    overrides: Sequence[Override] = (),
    own: Sequence[Parameter] = (),
) -> MajorHazard:
    """Return which units of a plant are major hazard installations, and of which grade.

    Parameters
    ----------
    plant : Plant
    people_within_500m : int, optional
        Permanent residents within 500 m outside the boundary, as counted from layers; what the plant states goes first.
    overrides, own
        A user's values and substances.

    Raises
    ------
    HazardError
        If a substance is unknown, the row of table 1 is not clear, or the number of people is negative.

    References
    ----------
    .. [1] GB 18218-2018, clauses 4.1 to 4.3, tables 1 to 6.
    """
    people = people_within_500m if plant.people_within_500m is None else plant.people_within_500m
    alpha = None if people is None else _alpha(people, overrides)
    return MajorHazard(
        plant_id=plant.id,
        people_within_500m=people,
        alpha=None if alpha is None else alpha.number,
        units=tuple(_assess_unit(unit, alpha, overrides, own) for unit in plant.units),
    )


def _exact(number: float) -> Fraction:
    """Return a number as the decimal that it is written as."""
    return Fraction(repr(float(number)))


def _alpha(people: int, overrides: Sequence[Override]) -> Parameter:
    """Return the row of table 5 for a number of residents."""
    if people < 0:
        raise HazardError(f"{people} people within 500 m cannot be", f"500 m 内人数 {people} 为负")
    return next(row for least, row in table("alpha", overrides).items() if people >= int(least))


def _assess_unit(
    unit: Unit, alpha: Parameter | None, overrides: Sequence[Override], own: Sequence[Parameter]
) -> UnitHazard:
    terms = _terms(unit, overrides, own)
    s = sum_ratios(terms)
    is_major = s >= 1
    rows = [row for term in terms for row in term.parameters]
    r: Fraction | None = None
    grade: int | None = None
    if is_major and alpha is not None:
        r = _exact(alpha.number) * sum((_exact(term.beta) * _ratio(term) for term in terms), Fraction(0))
        grade_row = next(row for row in table("grades", overrides).values() if r >= _exact(row.number))
        grade = int(grade_row.key)
        rows += [alpha, grade_row]
    return UnitHazard(
        unit_id=unit.id,
        unit_name=unit.name,
        unit_kind=unit.kind,
        s=float(s),
        is_major=is_major,
        r=None if r is None else float(r),
        grade=grade,
        terms=terms,
        parameters=tuple(dict.fromkeys(rows)),
    )


def sum_ratios(terms: Iterable[Term]) -> Fraction:
    """Return the exact sum of q/Q, to be compared with 1."""
    return sum((_ratio(term) for term in terms), Fraction(0))


def _ratio(term: Term) -> Fraction:
    return _exact(term.mass_t) / _exact(term.critical_t)


def _terms(unit: Unit, overrides: Sequence[Override], own: Sequence[Parameter]) -> tuple[Term, ...]:
    """Return one term for each substance and row of the tables, in the order in which the unit names them."""
    known = substances(overrides, own)
    masses: dict[tuple[str, Classification], Fraction] = {}
    holders: dict[tuple[str, Classification], list[str]] = {}
    for equipment in unit.equipment:
        if equipment.substance not in known:
            raise HazardError(
                f"equipment {equipment.id!r}: {equipment.substance!r} is not in the substance table",
                f"设备 {equipment.id!r}：物质表中没有 {equipment.substance!r}",
            )
        key = (equipment.substance, classify(equipment, known[equipment.substance], overrides))
        masses[key] = masses.get(key, Fraction(0)) + _exact(equipment.mass_kg) / _KG_PER_T
        holders.setdefault(key, []).append(equipment.id)
    return tuple(
        Term(
            substance=name,
            name=known[name].name,
            equipment_ids=tuple(holders[name, found]),
            category=found.category,
            mass_t=float(mass),
            critical_t=found.quantity.number,
            beta=found.beta.number,
            ratio=float(mass / _exact(found.quantity.number)),
            clause=found.clause,
            parameters=found.parameters,
        )
        for (name, found), mass in masses.items()
    )
