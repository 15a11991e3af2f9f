"""States of pure fluids and mixtures: densities, vapour pressure, heats, from the library that knows the fluid best.

``CoolPropFluid`` has reference equations of state; ``CorrelationFluid`` takes the recommended correlations of *thermo*
where CoolProp has no equation; ``ConstantFluid`` holds what a table states; ``MixtureFluid`` mixes others ideally.

Gas means vapour, also where the temperature is below the boiling point: asked for the gas at a pressure above the
vapour pressure, a fluid answers for the saturated vapour and never for the liquid. Liquid means saturated liquid, which
ends at the critical point: beyond it a fluid refuses, as libraries go on and return numbers without a meaning.
"""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Protocol

from scipy.constants import R
from scipy.optimize import brentq

from geo.errors import OutOfRangeError, SubstanceError

__all__ = [
    "GAS_CONSTANT",
    "STANDARD_PRESSURE_PA",
    "ConstantFluid",
    "CoolPropFluid",
    "CorrelationFluid",
    "Fluid",
    "MixtureFluid",
    "freezing_point_k",
]

GAS_CONSTANT: float = R
"""Molar gas constant. [J/(mol K)] CODATA 2018, exact."""

STANDARD_PRESSURE_PA = 101_325.0
"""Standard atmosphere. [Pa] ISO 2533."""

_LOWEST_BOILING_SHARE = 0.3
"""Boiling points are looked for from this share of the critical temperature up. Numerical."""


class Fluid(Protocol):
    """What the engine asks a fluid; temperatures in K, pressures absolute in Pa.

    Every method raises OutOfRangeError outside the fluid's range and SubstanceError where a property is unknown.
    """

    @property
    def molar_mass_kg_mol(self) -> float:
        """Molar mass [kg/mol]."""

    @property
    def critical_temperature_k(self) -> float:
        """Critical temperature [K]."""

    @property
    def critical_pressure_pa(self) -> float:
        """Critical pressure [Pa]."""

    def boiling_point_k(self, pressure_pa: float) -> float:
        """Return the boiling point at a pressure [K]."""

    def vapour_pressure_pa(self, temperature_k: float) -> float:
        """Return the vapour pressure [Pa]."""

    def liquid_density_kg_m3(self, temperature_k: float) -> float:
        """Return the density of the saturated liquid [kg/m³]."""

    def gas_density_kg_m3(self, temperature_k: float, pressure_pa: float) -> float:
        """Return the density of the gas [kg/m³]."""

    def latent_heat_j_kg(self, temperature_k: float) -> float:
        """Return the heat of vaporisation [J/kg]."""

    def liquid_heat_capacity_j_kg_k(self, temperature_k: float) -> float:
        """Return the heat capacity of the saturated liquid [J/(kg K)]."""

    def gas_heat_capacity_j_kg_k(self, temperature_k: float, pressure_pa: float) -> float:
        """Return the heat capacity of the gas at constant pressure [J/(kg K)]."""

    def heat_ratio(self, temperature_k: float, pressure_pa: float) -> float:
        """Return cp/cv of the gas."""


def _check_liquid(name: str, temperature_k: float, critical_k: float) -> None:
    if not 0 < temperature_k < critical_k:
        raise OutOfRangeError(
            f"{name} has no liquid at {temperature_k:g} K: its critical temperature is {critical_k:g} K",
            f"{name} 在 {temperature_k:g} K 下无液相：临界温度为 {critical_k:g} K",
        )


@dataclass(frozen=True)
class CoolPropFluid:
    """A fluid by the reference equation of state of CoolProp.

    Parameters
    ----------
    name : str
        CoolProp's, for example ``Ammonia``.

    References
    ----------
    .. [1] I. H. Bell et al., "Pure and pseudo-pure fluid thermophysical property evaluation and the open-source
       thermophysical property library CoolProp", Ind. Eng. Chem. Res. 53 (2014) 2498-2508.
    """

    name: str

    def _constant(self, output: str) -> float:
        from CoolProp.CoolProp import PropsSI

        return float(PropsSI(output, self.name))

    def _state(self, output: str, first: str, first_value: float, second: str, second_value: float) -> float:
        from CoolProp.CoolProp import PropsSI

        try:
            return float(PropsSI(output, first, first_value, second, second_value, self.name))
        except ValueError as error:
            raise OutOfRangeError(
                f"CoolProp has no {output} of {self.name} at {first} = {first_value:g}, {second} = {second_value:g}",
                f"CoolProp 无 {self.name} 在 {first} = {first_value:g}、{second} = {second_value:g} 时的 {output}",
            ) from error

    @cached_property
    def molar_mass_kg_mol(self) -> float:
        """Molar mass [kg/mol]."""
        return self._constant("M")

    @cached_property
    def triple_point_k(self) -> float:
        """Triple point [K]."""
        return self._constant("Ttriple")

    @cached_property
    def critical_temperature_k(self) -> float:
        """Critical temperature [K]."""
        return self._constant("Tcrit")

    @cached_property
    def critical_pressure_pa(self) -> float:
        """Critical pressure [Pa]."""
        return self._constant("pcrit")

    def _liquid(self, output: str, temperature_k: float) -> float:
        _check_liquid(self.name, temperature_k, self.critical_temperature_k)
        return self._state(output, "T", temperature_k, "Q", 0)

    def _gas(self, output: str, temperature_k: float, pressure_pa: float) -> float:
        # CoolProp answers for no state within 1e-6 of the vapour pressure: there the gas is the saturated vapour.
        if temperature_k < self.critical_temperature_k and pressure_pa >= (
            1 - 2e-6  # numerical
        ) * self.vapour_pressure_pa(temperature_k):
            return self._state(output, "T", temperature_k, "Q", 1)
        return self._state(output, "T", temperature_k, "P", pressure_pa)

    def boiling_point_k(self, pressure_pa: float) -> float:
        """Return the boiling point at a pressure [K]."""
        return self._state("T", "P", pressure_pa, "Q", 0)

    def vapour_pressure_pa(self, temperature_k: float) -> float:
        """Return the vapour pressure [Pa]."""
        return self._liquid("P", temperature_k)

    def liquid_density_kg_m3(self, temperature_k: float) -> float:
        """Return the density of the saturated liquid [kg/m³]."""
        return self._liquid("D", temperature_k)

    def gas_density_kg_m3(self, temperature_k: float, pressure_pa: float) -> float:
        """Return the density of the gas [kg/m³]."""
        return self._gas("D", temperature_k, pressure_pa)

    def latent_heat_j_kg(self, temperature_k: float) -> float:
        """Return the heat of vaporisation [J/kg]."""
        liquid = self._liquid("H", temperature_k)
        return self._state("H", "T", temperature_k, "Q", 1) - liquid

    def liquid_heat_capacity_j_kg_k(self, temperature_k: float) -> float:
        """Return the heat capacity of the saturated liquid [J/(kg K)]."""
        return self._liquid("C", temperature_k)

    def gas_heat_capacity_j_kg_k(self, temperature_k: float, pressure_pa: float) -> float:
        """Return the heat capacity of the gas at constant pressure [J/(kg K)]."""
        return self._gas("C", temperature_k, pressure_pa)

    def heat_ratio(self, temperature_k: float, pressure_pa: float) -> float:
        """Return cp/cv of the gas."""
        return self._gas("C", temperature_k, pressure_pa) / self._gas("O", temperature_k, pressure_pa)


@cache
def _load_thermo() -> None:
    """Import thermo with its own table of fluids, whose file it leaves open: the warning would be blamed on callers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        from thermo.coolprop import has_CoolProp

        has_CoolProp()


@dataclass(frozen=True)
class CorrelationFluid:
    """A fluid by the recommended correlations of *thermo* and *chemicals*; its gas by a second virial coefficient.

    Parameters
    ----------
    name : str
        For messages.
    cas : str

    References
    ----------
    .. [1] C. Bell et al., Thermo: chemical properties component of Chemical Engineering Design Library.
    .. [2] K. S. Pitzer, R. F. Curl, J. Am. Chem. Soc. 79 (1957) 2369-2370 (second virial coefficient).
    """

    name: str
    cas: str

    @cached_property
    def _constants(self) -> dict[str, float]:
        import chemicals

        found = {
            "MW": chemicals.MW(self.cas),
            "Tb": chemicals.Tb(self.cas),
            "Tc": chemicals.Tc(self.cas),
            "Pc": chemicals.Pc(self.cas),
            "omega": chemicals.omega(self.cas),
        }
        for key, value in found.items():
            if value is None:
                raise self._unknown(key)
        return found

    def _unknown(self, what: str) -> SubstanceError:
        return SubstanceError(
            f"{self.name} ({self.cas}): no library knows its {what}; state it in substances.csv",
            f"{self.name}（{self.cas}）：物性库中无 {what}，请在 substances.csv 中给出",
        )

    @cached_property
    def _correlations(self) -> Mapping[str, Callable[[float], float | None]]:
        """Each property as a function of temperature, per mole as thermo has it."""
        _load_thermo()
        from thermo import (
            EnthalpyVaporization,
            HeatCapacityGas,
            HeatCapacityLiquid,
            VaporPressure,
            VolumeLiquid,
        )

        known: dict[str, Any] = {"CASRN": self.cas, **self._constants}
        mass = known.pop("MW")
        gas = HeatCapacityGas(CASRN=self.cas, MW=mass)
        liquid = HeatCapacityLiquid(CASRN=self.cas, MW=mass, Tc=known["Tc"], omega=known["omega"], Cpgm=gas)
        made = {
            "vapour pressure": VaporPressure(**known),
            "liquid volume": VolumeLiquid(MW=mass, **known),
            "heat of vaporisation": EnthalpyVaporization(**known),
            "heat capacity of the gas": gas,
            "heat capacity of the liquid": liquid,
        }
        return {key: each.T_dependent_property for key, each in made.items()}

    def _at(self, what: str, temperature_k: float) -> float:
        value = self._correlations[what](temperature_k)
        if value is None or not math.isfinite(value):
            raise self._unknown(f"{what} at {temperature_k:g} K")
        return float(value)

    def _liquid(self, what: str, temperature_k: float) -> float:
        _check_liquid(self.name, temperature_k, self.critical_temperature_k)
        return self._at(what, temperature_k)

    @property
    def molar_mass_kg_mol(self) -> float:
        """Molar mass [kg/mol]."""
        return self._constants["MW"] / 1000

    @property
    def critical_temperature_k(self) -> float:
        """Critical temperature [K]."""
        return self._constants["Tc"]

    @property
    def critical_pressure_pa(self) -> float:
        """Critical pressure [Pa]."""
        return self._constants["Pc"]

    def boiling_point_k(self, pressure_pa: float) -> float:
        """Return the boiling point at a pressure [K]."""
        critical_k = self.critical_temperature_k
        if not 0 < pressure_pa < self.critical_pressure_pa:
            raise OutOfRangeError(
                f"{self.name} does not boil at {pressure_pa:g} Pa: its critical pressure is"
                f" {self.critical_pressure_pa:g} Pa",
                f"{self.name} 在 {pressure_pa:g} Pa 下无沸点：临界压力为 {self.critical_pressure_pa:g} Pa",
            )
        return _solve_boiling_point(
            self,
            pressure_pa,
            _LOWEST_BOILING_SHARE * critical_k,
            0.999999 * critical_k,  # numerical
        )

    def vapour_pressure_pa(self, temperature_k: float) -> float:
        """Return the vapour pressure [Pa]."""
        return self._liquid("vapour pressure", temperature_k)

    def liquid_density_kg_m3(self, temperature_k: float) -> float:
        """Return the density of the saturated liquid [kg/m³]."""
        return self.molar_mass_kg_mol / self._liquid("liquid volume", temperature_k)

    def gas_density_kg_m3(self, temperature_k: float, pressure_pa: float) -> float:
        """Return the density of the gas [kg/m³]."""
        from chemicals.virial import BVirial_Pitzer_Curl

        known = self._constants
        if temperature_k < known["Tc"]:
            pressure_pa = min(pressure_pa, self.vapour_pressure_pa(temperature_k))
        second = BVirial_Pitzer_Curl(temperature_k, known["Tc"], known["Pc"], known["omega"])
        compressibility = 1 + second * pressure_pa / (GAS_CONSTANT * temperature_k)
        if compressibility < 0.5:
            raise OutOfRangeError(
                f"{self.name} at {temperature_k:g} K and {pressure_pa:g} Pa is too dense for a virial equation",
                f"{self.name} 在 {temperature_k:g} K、{pressure_pa:g} Pa 下过于稠密，维里方程不适用",
            )
        return pressure_pa * self.molar_mass_kg_mol / (compressibility * GAS_CONSTANT * temperature_k)

    def latent_heat_j_kg(self, temperature_k: float) -> float:
        """Return the heat of vaporisation [J/kg]."""
        return self._liquid("heat of vaporisation", temperature_k) / self.molar_mass_kg_mol

    def liquid_heat_capacity_j_kg_k(self, temperature_k: float) -> float:
        """Return the heat capacity of the saturated liquid [J/(kg K)]."""
        return self._liquid("heat capacity of the liquid", temperature_k) / self.molar_mass_kg_mol

    def gas_heat_capacity_j_kg_k(self, temperature_k: float, pressure_pa: float) -> float:
        """Return the heat capacity of the ideal gas at constant pressure [J/(kg K)]."""
        return self._at("heat capacity of the gas", temperature_k) / self.molar_mass_kg_mol

    def heat_ratio(self, temperature_k: float, pressure_pa: float) -> float:
        """Return cp/cv of the ideal gas."""
        return _ideal_heat_ratio(self, temperature_k, pressure_pa)


@dataclass(frozen=True)
class ConstantFluid:
    """A fluid by constants of a table: for blends that no library knows, such as gasoline.

    Density and heats do not change with temperature; the vapour pressure follows Clausius and Clapeyron from the
    boiling point; the gas is ideal.

    Parameters
    ----------
    name : str
    constants : callable
        Returns a constant in SI by the name of the property and its unit; raises SubstanceError where it is missing.
    """

    name: str
    constants: Callable[[str, str], float]

    @property
    def molar_mass_kg_mol(self) -> float:
        """Molar mass of the vapour [kg/mol]."""
        return self.constants("molar_mass", "kg/mol")

    @property
    def critical_temperature_k(self) -> float:
        """Critical temperature [K]."""
        return self.constants("critical_temperature", "K")

    @property
    def critical_pressure_pa(self) -> float:
        """Critical pressure [Pa]."""
        return self.constants("critical_pressure", "Pa")

    @property
    def _slope_k(self) -> float:
        """Latent heat over the gas constant [K]."""
        return self.constants("latent_heat", "J/kg") * self.molar_mass_kg_mol / GAS_CONSTANT

    def boiling_point_k(self, pressure_pa: float) -> float:
        """Return the boiling point at a pressure [K]."""
        inverse = 1 / self.constants("boiling_point", "K")
        return 1 / (inverse - math.log(pressure_pa / STANDARD_PRESSURE_PA) / self._slope_k)

    def vapour_pressure_pa(self, temperature_k: float) -> float:
        """Return the vapour pressure [Pa]."""
        _check_liquid(self.name, temperature_k, self.critical_temperature_k)
        inverse = 1 / self.constants("boiling_point", "K")
        return STANDARD_PRESSURE_PA * math.exp(self._slope_k * (inverse - 1 / temperature_k))

    def liquid_density_kg_m3(self, temperature_k: float) -> float:
        """Return the density of the liquid [kg/m³]."""
        _check_liquid(self.name, temperature_k, self.critical_temperature_k)
        return self.constants("liquid_density", "kg/m3")

    def gas_density_kg_m3(self, temperature_k: float, pressure_pa: float) -> float:
        """Return the density of the gas [kg/m³]."""
        if temperature_k < self.critical_temperature_k:
            pressure_pa = min(pressure_pa, self.vapour_pressure_pa(temperature_k))
        return pressure_pa * self.molar_mass_kg_mol / (GAS_CONSTANT * temperature_k)

    def latent_heat_j_kg(self, temperature_k: float) -> float:
        """Return the heat of vaporisation [J/kg]."""
        _check_liquid(self.name, temperature_k, self.critical_temperature_k)
        return self.constants("latent_heat", "J/kg")

    def liquid_heat_capacity_j_kg_k(self, temperature_k: float) -> float:
        """Return the heat capacity of the liquid [J/(kg K)]."""
        return self.constants("liquid_heat_capacity", "J/(kg*K)")

    def gas_heat_capacity_j_kg_k(self, temperature_k: float, pressure_pa: float) -> float:
        """Return the heat capacity of the gas at constant pressure [J/(kg K)]."""
        return self.constants("gas_heat_capacity", "J/(kg*K)")

    def heat_ratio(self, temperature_k: float, pressure_pa: float) -> float:
        """Return cp/cv of the ideal gas."""
        return _ideal_heat_ratio(self, temperature_k, pressure_pa)


@dataclass(frozen=True)
class MixtureFluid:
    """An ideal mixture: Raoult's law over the liquid, Dalton's law in the gas, volumes and heats added.

    The vapour pressure is that at the bubble point; the critical point is the mole-weighted mean (Kay's rule).

    Parameters
    ----------
    name : str
    parts : tuple of (Fluid, float)
        Each component and its mass fraction; the fractions add up to 1.
    """

    name: str
    parts: tuple[tuple[Fluid, float], ...]

    def mole_fractions(self) -> tuple[float, ...]:
        """Return the mole fraction of each component."""
        return tuple(share * self.molar_mass_kg_mol / fluid.molar_mass_kg_mol for fluid, share in self.parts)

    def _by_mass(self, quantity: Callable[[Fluid], float]) -> float:
        return math.fsum(share * quantity(fluid) for fluid, share in self.parts)

    def _by_mole(self, quantity: Callable[[Fluid], float]) -> float:
        return math.fsum(share * quantity(fluid) for fluid, share in self._mole_parts())

    def _mole_parts(self) -> Iterator[tuple[Fluid, float]]:
        return ((fluid, mole) for (fluid, _), mole in zip(self.parts, self.mole_fractions(), strict=True))

    def _gas_heat(self, quantity: Callable[[Fluid, float], float], pressure_pa: float) -> float:
        """Return a heat by mass of the gas, each component at its partial pressure."""
        pairs = zip(self.parts, self.mole_fractions(), strict=True)
        return math.fsum(share * quantity(fluid, mole * pressure_pa) for (fluid, share), mole in pairs)

    @property
    def molar_mass_kg_mol(self) -> float:
        """Mean molar mass [kg/mol]."""
        return 1 / self._by_mass(lambda fluid: 1 / fluid.molar_mass_kg_mol)

    @property
    def critical_temperature_k(self) -> float:
        """Critical temperature, mole-weighted [K]."""
        return self._by_mole(lambda fluid: fluid.critical_temperature_k)

    @property
    def critical_pressure_pa(self) -> float:
        """Critical pressure, mole-weighted [Pa]."""
        return self._by_mole(lambda fluid: fluid.critical_pressure_pa)

    def boiling_point_k(self, pressure_pa: float) -> float:
        """Return the bubble point at a pressure, which lies between the components' boiling points [K]."""
        ends_k = [fluid.boiling_point_k(pressure_pa) for fluid, _ in self.parts]
        return _solve_boiling_point(self, pressure_pa, min(ends_k), max(ends_k))

    def vapour_pressure_pa(self, temperature_k: float) -> float:
        """Return the pressure at the bubble point [Pa]."""
        return self._by_mole(lambda fluid: fluid.vapour_pressure_pa(temperature_k))

    def liquid_density_kg_m3(self, temperature_k: float) -> float:
        """Return the density of the liquid [kg/m³]."""
        return 1 / self._by_mass(lambda fluid: 1 / fluid.liquid_density_kg_m3(temperature_k))

    def gas_density_kg_m3(self, temperature_k: float, pressure_pa: float) -> float:
        """Return the density of the gas [kg/m³]."""
        return math.fsum(
            fluid.gas_density_kg_m3(temperature_k, mole * pressure_pa) for fluid, mole in self._mole_parts()
        )

    def latent_heat_j_kg(self, temperature_k: float) -> float:
        """Return the heat of vaporisation of the whole [J/kg]."""
        return self._by_mass(lambda fluid: fluid.latent_heat_j_kg(temperature_k))

    def liquid_heat_capacity_j_kg_k(self, temperature_k: float) -> float:
        """Return the heat capacity of the liquid [J/(kg K)]."""
        return self._by_mass(lambda fluid: fluid.liquid_heat_capacity_j_kg_k(temperature_k))

    def gas_heat_capacity_j_kg_k(self, temperature_k: float, pressure_pa: float) -> float:
        """Return the heat capacity of the gas at constant pressure [J/(kg K)]."""
        return self._gas_heat(
            lambda fluid, partial_pa: fluid.gas_heat_capacity_j_kg_k(temperature_k, partial_pa), pressure_pa
        )

    def heat_ratio(self, temperature_k: float, pressure_pa: float) -> float:
        """Return cp/cv of the gas."""

        def at_constant_volume(fluid: Fluid, partial_pa: float) -> float:
            ratio = fluid.heat_ratio(temperature_k, partial_pa)
            return fluid.gas_heat_capacity_j_kg_k(temperature_k, partial_pa) / ratio

        at_constant_pressure = self.gas_heat_capacity_j_kg_k(temperature_k, pressure_pa)
        return at_constant_pressure / self._gas_heat(at_constant_volume, pressure_pa)


def freezing_point_k(fluid: Fluid) -> float | None:
    """Return the triple point of a fluid, of a mixture the highest of its parts; None where it is not known [K].

    Equations of state give numbers for supercooled liquids too: nobody stores one.
    """
    if isinstance(fluid, CoolPropFluid):
        return fluid.triple_point_k
    if isinstance(fluid, MixtureFluid):
        return max((freezing_point_k(part) or 0.0 for part, _ in fluid.parts), default=0.0) or None
    return None


def _ideal_heat_ratio(fluid: Fluid, temperature_k: float, pressure_pa: float) -> float:
    """Return cp/cv of an ideal gas: cv = cp - R/M."""
    heat_capacity = fluid.gas_heat_capacity_j_kg_k(temperature_k, pressure_pa)
    return heat_capacity / (heat_capacity - GAS_CONSTANT / fluid.molar_mass_kg_mol)


def _solve_boiling_point(fluid: Fluid, pressure_pa: float, low_k: float, high_k: float) -> float:
    """Return the temperature at which the vapour pressure is that pressure, by bracketing [K]."""
    if low_k == high_k:
        return low_k
    return float(brentq(lambda at_k: fluid.vapour_pressure_pa(at_k) - pressure_pa, low_k, high_k, xtol=1e-6))
