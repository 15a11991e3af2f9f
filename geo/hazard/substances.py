"""Substances: what GB 18218-2018 says of them, how they burn and poison, and the fluid that they are.

``substances.csv`` holds one row per property, key ``<substance>/<property>``:

``name_zh``, ``name_en``, ``cas``
    Names and registry number; a mixture has none.
``entries``
    Rows of GB 18218-2018 table 1, parted by ``|``; a substance with several needs ``Equipment.entry``.
``category``
    Symbol of tables 2 and 4; compulsory for what is not named in table 1.
``hazards``
    ``flammable``, ``toxic``, ``explosive``, ``oxidising`` or ``none``, parted by ``|``.
``state``
    ``gas``, ``liquid`` or ``solid`` at 20 °C and 101.325 kPa.
``fluid``
    ``coolprop:<name>``, ``thermo`` (by CAS number), ``constants`` (rows of the table), ``mixture`` (rows
    ``component/<substance>`` with mass fractions), ``none``, or ``refused:<reason>``.
``lfl``, ``ufl``
    Flammability limits in air, volume fraction; ``lfl/nfpa`` and so on: what other sources say.
``heat_of_combustion``, ``heat_of_explosion``
    Lower heating value of the substance as it is at 25 °C; energy of detonation.
``ignition_class``, ``reactivity``, ``flame_speed``
    ``gas``, ``K1`` to ``K4``; ``low``, ``average`` or ``high`` for immediate ignition; for vapour-cloud explosions.
``burning_rate``, ``extinction``
    Of a large pool, and how it falls with the diameter.
``probit/…``
    A user's toxic probit: see ``geo.hazard.own_probits``.

A user's own file has the columns of the shipped one and may add substances or rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from geo.errors import SubstanceError
from geo.hazard.fluids import (
    GAS_CONSTANT,
    ConstantFluid,
    CoolPropFluid,
    CorrelationFluid,
    Fluid,
    MixtureFluid,
)
from geo.hazard.own_probits import OwnProbit, own_probit
from geo.hazard.parameters import Parameter
from geo.hazard.tables import Override, Table, table
from geo.hazard.units import convert
from geo.text import Text

__all__ = ["Substance", "find_substance", "substances"]

_TABLE = "substances"
_NAMES = frozenset({"name_zh", "name_en", "cas"})


@dataclass(frozen=True, kw_only=True)
class Substance:
    """One substance or mixture.

    Attributes
    ----------
    key : str
        Of the substance table; also the key of the probit table and of beta in GB 18218-2018 table 3.
    name : Text
    cas : str or None
        None for mixtures and groups.
    rows : mapping of str to Parameter
        The rows of the table by property.
    components : tuple of (Substance, float)
        Of a mixture, with mass fractions.
    probit : OwnProbit or None
        Of a user, for a substance that no published set of the probit table names.
    """

    key: str
    name: Text
    cas: str | None
    rows: Mapping[str, Parameter] = field(hash=False)
    components: tuple[tuple["Substance", float], ...] = ()
    probit: OwnProbit | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every row that results about the substance rest on, those of a mixture's components included."""
        own = tuple(row for key, row in self.rows.items() if key not in _NAMES and "/" not in key)
        shares = tuple(row for key, row in self.rows.items() if key.startswith("component/"))
        return own + shares + tuple(row for each, _ in self.components for row in each.parameters)

    def row(self, key: str) -> Parameter:
        """Return the row of a property.

        Raises
        ------
        SubstanceError
            If there is none; names the property and the file to add it to.
        """
        if key not in self.rows:
            raise SubstanceError(
                f"{self.key} has no {key!r}: add the row '{self.key}/{key}' to {_TABLE}.csv or to a file of your own",
                f"{self.name.zh} 缺少物性 {key!r}：请在 {_TABLE}.csv 或自己的物质文件中添加 '{self.key}/{key}'",
            )
        return self.rows[key]

    def number(self, key: str, unit: str) -> float:
        """Return a property in a unit; SubstanceError if it is missing."""
        row = self.row(key)
        return convert(row.number, row.unit, unit)

    def _words(self, key: str) -> tuple[str, ...]:
        return tuple(self.rows[key].word.split("|")) if key in self.rows else ()

    @property
    def entries(self) -> tuple[str, ...]:
        """Rows of GB 18218-2018 table 1 that may apply; none for substances that go by their category."""
        return self._words("entries")

    @property
    def category(self) -> str | None:
        """Symbol of GB 18218-2018 tables 2 and 4, where table 1 does not name the substance."""
        return self.rows["category"].word if "category" in self.rows else None

    @property
    def hazards(self) -> tuple[str, ...]:
        """What the substance does: words of ``flammable``, ``toxic``, ``explosive``, ``oxidising``."""
        return tuple(word for word in self.row("hazards").word.split("|") if word != "none")

    @property
    def flammable(self) -> bool:
        """Whether its cloud or pool can burn."""
        return "flammable" in self.hazards

    @property
    def toxic(self) -> bool:
        """Whether its cloud can poison; the constants stand in the probit table, or the user brings them."""
        return "toxic" in self.hazards

    @property
    def explosive(self) -> bool:
        """Whether it can detonate as it is."""
        return "explosive" in self.hazards

    @property
    def state(self) -> str:
        """``gas``, ``liquid`` or ``solid`` at 20 °C and 101.325 kPa."""
        return self.row("state").word

    @property
    def fluid(self) -> Fluid:
        """Densities, pressures and heats.

        Raises
        ------
        SubstanceError
            If the substance is no fluid, or one that the models cannot handle.
        """
        return _fluid_of(self)

    @property
    def coolprop(self) -> str | None:
        """CoolProp's name of the fluid; None where CoolProp does not know it."""
        kind, _, name = self.row("fluid").word.partition(":")
        return name if kind == "coolprop" else None

    @property
    def ignition_class(self) -> str:
        """``gas`` or ``K1`` to ``K4``, for the probability of ignition."""
        return self.row("ignition_class").word

    @property
    def reactivity(self) -> str:
        """``low``, ``average`` or ``high``, for the probability of immediate ignition of gases."""
        return self.row("reactivity").word

    @property
    def flame_speed(self) -> str:
        """``low``, ``medium`` or ``high`` reactivity of the fuel in a vapour-cloud explosion."""
        return self.row("flame_speed").word

    @property
    def lfl(self) -> float:
        """Lower flammability limit, volume fraction; of a mixture without a row of its own after Le Chatelier."""
        return self._flammability_limit("lfl")

    @property
    def ufl(self) -> float:
        """Upper flammability limit, volume fraction; of a mixture without a row of its own after Le Chatelier."""
        return self._flammability_limit("ufl")

    def _flammability_limit(self, key: str) -> float:
        fluid = self.fluid if self.components and key not in self.rows else None
        if not isinstance(fluid, MixtureFluid):
            return self.number(key, "share")
        pairs = zip(self.components, fluid.mole_fractions(), strict=True)
        return 1 / sum(fraction / each.number(key, "share") for (each, _), fraction in pairs)

    def limit_kg_m3(self, volume_fraction: float, temperature_k: float, pressure_pa: float) -> float:
        """Return a volume fraction in air as mass of the substance in a volume (ideal gas) [kg/m³]."""
        return volume_fraction * pressure_pa * self.fluid.molar_mass_kg_mol / (GAS_CONSTANT * temperature_k)

    @property
    def heat_of_combustion_j_kg(self) -> float:
        """Lower heating value; of a mixture without a row of its own the mass-weighted mean [J/kg]."""
        if "heat_of_combustion" in self.rows or not self.components:
            return self.number("heat_of_combustion", "J/kg")
        return sum(share * each.heat_of_combustion_j_kg for each, share in self.components)


def _fluid_of(substance: Substance) -> Fluid:
    """Return the fluid that the table names for a substance."""
    kind, _, detail = substance.row("fluid").word.partition(":")
    if kind == "coolprop":
        return _coolprop(detail)
    if kind == "thermo" and substance.cas:
        return _correlation(substance.key, substance.cas)
    if kind == "constants":
        return ConstantFluid(substance.key, substance.number)
    if kind == "mixture":
        return MixtureFluid(substance.key, tuple((each.fluid, share) for each, share in substance.components))
    reason = detail or "it is not released as a fluid"
    raise SubstanceError(
        f"{substance.key} has no fluid properties ({reason}): no release of it can be computed",
        f"{substance.name.zh} 无流体物性（{reason}），不能计算其泄漏",
    )


@cache
def _coolprop(name: str) -> CoolPropFluid:
    return CoolPropFluid(name)


@cache
def _correlation(name: str, cas: str) -> CorrelationFluid:
    return CorrelationFluid(name, cas)


def substances(overrides: Sequence[Override] = (), own: Sequence[Parameter] = ()) -> Mapping[str, Substance]:
    """Return every substance by key, in the order of the table.

    Parameters
    ----------
    overrides : sequence of Override
        A user's values in place of shipped ones.
    own : sequence of Parameter
        Rows of a user's file (``tables.read_table``): further substances, or rows that shipped ones lack.

    Raises
    ------
    SubstanceError
        If a substance lacks its names, a mixture has an unknown component, a toxic probit is not whole, or a row of the
        user's stands already in the shipped table (that takes an override, with author and reason).
    """
    if not own and not any(override.table == _TABLE for override in overrides):
        return _shipped()
    return _build(_join(table(_TABLE), own).override(overrides))


@cache
def _shipped() -> Mapping[str, Substance]:
    return _build(table(_TABLE))


def _join(shipped: Table, own: Sequence[Parameter]) -> Table:
    taken = [row.key for row in own if row.key in shipped]
    if taken:
        raise SubstanceError(
            f"{taken[0]!r} stands in the shipped table: replace it by an override with author and reason",
            f"{taken[0]!r} 已在内置参数表中：请用带修改人和理由的参数修改来替换",
        )
    return Table(_TABLE, [*shipped.values(), *own])


def _build(rows: Table) -> Mapping[str, Substance]:
    by_key: dict[str, dict[str, Parameter]] = {}
    for key, row in rows.items():
        substance, _, name = key.partition("/")
        by_key.setdefault(substance, {})[name] = row
    built: dict[str, Substance] = {}
    for key in by_key:
        _build_one(key, by_key, built)
    return MappingProxyType({key: built[key] for key in by_key})


def _build_one(
    key: str, by_key: Mapping[str, Mapping[str, Parameter]], built: dict[str, Substance]
) -> Substance:
    """Return a substance, its components first."""
    if key in built:
        return built[key]
    rows = by_key[key]
    components = []
    for name, row in rows.items():
        if name.startswith("component/"):
            part = name.removeprefix("component/")
            if part not in by_key or part == key:
                raise SubstanceError(f"{key}: unknown component {part!r}", f"{key}：未知组分 {part!r}")
            components.append((_build_one(part, by_key, built), row.number))
    bare = Substance(key=key, name=Text(key, key), cas=None, rows=rows)
    built[key] = Substance(
        key=key,
        name=Text(bare.row("name_zh").word, bare.row("name_en").word),
        cas=rows["cas"].word if "cas" in rows else None,
        rows=dict(rows),
        components=tuple(components),
        probit=own_probit(key, rows),
    )
    return built[key]


def find_substance(word: str, overrides: Sequence[Override] = (), own: Sequence[Parameter] = ()) -> Substance:
    """Return the substance that a key, name, CAS number or alias stands for.

    Names are looked up in the project's own tables only: general name services map ``LPG`` to an amino acid.

    Raises
    ------
    SubstanceError
        If nothing or more than one substance answers to the word.
    """
    known = substances(overrides, own)
    aliases = table("substance_aliases")
    wanted = word.strip().casefold()
    if wanted in known:
        return known[wanted]
    if wanted in aliases:
        return known[aliases[wanted].word]
    found = [
        each
        for each in known.values()
        if wanted in {(each.cas or ""), each.name.zh.casefold(), each.name.en.casefold()} - {""}
    ]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(each.key for each in found)
        raise SubstanceError(
            f"{word!r} may be any of {names}: name one of them", f"{word!r} 可指 {names}：请指明其中之一"
        )
    raise SubstanceError(
        f"no substance answers to {word!r}: known are {', '.join(known)}; add it by a file of your own",
        f"没有物质 {word!r}：可用自己的物质文件添加；已有 {', '.join(known)}",
    )
