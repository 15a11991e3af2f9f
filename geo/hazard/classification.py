"""Which row of GB 18218-2018 a vessel's content falls under: quantity, hazard category and factor beta.

Choice of Q (clause 4.1): the row of table 1 where the substance is named there, else the smallest of its categories in
table 2. A mixture in the hazard class of its pure substance counts whole as that substance; one of another class is
entered as a substance of its own with that class. Beta (clause 4.3): table 3 where the substance is named there, else
table 4 by its category. A flammable liquid of category 2 or 3 that is kept above its boiling point is W5.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from geo.errors import HazardError
from geo.hazard.fluids import STANDARD_PRESSURE_PA
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Equipment
from geo.hazard.substances import Substance
from geo.hazard.tables import Override, Table, table
from geo.text import Text

__all__ = ["Classification", "classify", "find_entry", "is_explosive", "is_hazardous_gas"]

_GASES = frozenset({"J1", "J3", "W2"})
"""Categories of toxic and flammable gases."""

_LIQUIDS_2_AND_3 = frozenset({"W5.2", "W5.3", "W5.4"})
_BOILING = "W5.1"


@dataclass(frozen=True, kw_only=True)
class Classification:
    """Rows of GB 18218-2018 that one content falls under.

    Attributes
    ----------
    entry : str or None
        Row of table 1; None: named there not.
    category : str
        Symbol of tables 2 and 4, for example ``W5.3``.
    quantity, beta : Parameter
        Critical quantity Q in tonnes, and beta.
    clause : Text
        Where Q stands.
    parameters : tuple of Parameter
        Every row that was used.
    """

    entry: str | None
    category: str
    quantity: Parameter
    beta: Parameter
    clause: Text
    parameters: tuple[Parameter, ...]


def is_explosive(category: str) -> bool:
    """Return whether a category is that of an explosive of the catalogue of hazardous chemicals."""
    return category.startswith("W1.")


def is_hazardous_gas(category: str) -> bool:
    """Return whether a category is that of a toxic or flammable gas."""
    return category in _GASES


def find_entry(equipment: Equipment, substance: Substance) -> str | None:
    """Return the row of table 1 that holds; None where table 1 does not name the substance.

    Raises
    ------
    HazardError
        If several may hold and the equipment does not say which, or it says one that is not the substance's.
    """
    entries = substance.entries
    if equipment.entry is None and len(entries) <= 1:
        return entries[0] if entries else None
    if equipment.entry in entries:
        return equipment.entry
    choices = ", ".join(entries) or "-"
    raise HazardError(
        f"equipment {equipment.id!r}: {substance.key} may be one of the entries {choices} of GB 18218-2018 table 1,"
        f" entry = {equipment.entry!r}: state which one applies",
        f"设备 {equipment.id!r}：{substance.name.zh} 对应 GB 18218-2018 表1 第 {choices} 项，"
        f"填写的 entry 为 {equipment.entry!r}：请指明适用哪一项",
    )


def classify(
    equipment: Equipment, substance: Substance, overrides: Sequence[Override] = ()
) -> Classification:
    """Return under which rows of GB 18218-2018 the content of a piece of equipment falls.

    Raises
    ------
    HazardError
        If the row of table 1 is not clear.
    SubstanceError
        If the substance is neither named in table 1 nor has a category.
    """
    categories = table("hazard_categories", overrides)
    entry = find_entry(equipment, substance)
    if entry is None:
        named, quantity = _smallest_quantity(substance, categories)
        clause = Text(f"表2 {named}", f"table 2, {named}")
        class_row = substance.row("category")
    else:
        class_row = table("entry_categories", overrides)[entry]
        named = class_row.word
        quantity = table("critical_quantities", overrides)[entry]
        clause = Text(f"表1 第{entry}项", f"table 1, entry {entry}")
    category = named
    if named in _LIQUIDS_2_AND_3 and _is_above_boiling_point(equipment, substance):
        category = _BOILING
        if entry is None:
            quantity = categories[f"{category}/quantity"]
            clause = Text(f"表2 {category}", f"table 2, {category}")
    toxic = table("beta_toxic", overrides)
    beta = toxic[substance.key] if substance.key in toxic else categories[f"{category}/beta"]
    return Classification(
        entry=entry,
        category=category,
        quantity=quantity,
        beta=beta,
        clause=clause,
        parameters=(class_row, quantity, beta),
    )


def _smallest_quantity(substance: Substance, categories: Table) -> tuple[str, Parameter]:
    """Return the category with the smallest Q of those that the substance has; of equals the one with more beta."""
    symbols = substance.row("category").word.split("|")

    def severity(symbol: str) -> tuple[float, float]:
        return categories[f"{symbol}/quantity"].number, -categories[f"{symbol}/beta"].number

    smallest = min(symbols, key=severity)
    return smallest, categories[f"{smallest}/quantity"]


def _is_above_boiling_point(equipment: Equipment, substance: Substance) -> bool:
    return equipment.temperature_k > substance.fluid.boiling_point_k(STANDARD_PRESSURE_PA)
