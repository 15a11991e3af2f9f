"""Heavy clouds by SLAB: the shallow-layer model of Ermak, run through *slabx*.

D. L. Ermak, User's manual for SLAB, UCRL-MA-105607 (1990); U. Lee, slabx 1.0 (2026), which reproduces the printed
output of the original within 1.5 %. Jets are let in as an area source that faces downwind, pools as an area that gives
off vapour, clouds at once as a cylinder; droplets evaporate in equilibrium as air mixes in. The concentrations of the
moving cloud are read from slabx's trajectory by the profiles of Ermak's equations 13, 28 and 55; meandering by
equations 48 to 53.

Limits: flat ground without obstacles, roughness up to 0.1 m, wind 0.5 to 12 m/s (a run outside says so);
no buoyant rise; dense, slow jets may run away in width; its response to unstable air is too strong (the Coyote trials
in strong wind and class C come out at a quarter).
"""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.constants import R as GAS_CONSTANT
from scipy.special import erf

from geo.errors import HazardError
from geo.hazard.dispersion.cloud import Floats, Part
from geo.hazard.dispersion.source import Shape, Source
from geo.hazard.plant import Surroundings
from geo.hazard.substances import Substance
from geo.hazard.weather import Weather
from geo.text import Text

if TYPE_CHECKING:
    from slabx.core.trajectory import Trajectory
    from slabx.submodels.atmosphere import Atmosphere

__all__ = ["SlabInputs", "SlabPart", "slab_inputs", "slab_part"]

_REACH_M = 20_000.0
"""Farthest that a run goes. Chosen: twice as far as results are used. [m]"""
_STEPS = 60
"""Steps of a puff that a plume goes over into. Numerical."""
_STEPS_AT_ONCE = 200
"""Steps of a cloud released at once: with few, the first one jumps over the slumping and takes far too much air in.
Numerical."""
_NODES = 480  # numerical
_WIDTHS = 4.5  # numerical
_LARGEST_LOSS = 0.2
"""Share of the mass whose loss within a run leaves its numbers without meaning. Chosen."""
_BY_LOGARITHM = frozenset({"strength", "edge_m", "blur_m", "sigma_m", "along_edge_m", "along_blur_m"})
_ANCHOR_M = 3.0
"""Height at which SLAB gets its wind, by its own profile. From wind given higher up it makes 1/L too large below.
Chosen: within the clouds it is used for."""


@dataclass(frozen=True, kw_only=True)
class SlabInputs:
    """Everything that a run depends on; equal inputs are run once.

    Attributes
    ----------
    shape : Shape
    rate_kg_s, duration_s, mass_kg, area_m2, height_m : float
    source_k, liquid_fraction : float
    molar_mass_kg_mol, cp_vapour_j_kg_k, cp_liquid_j_kg_k, latent_heat_j_kg, boiling_k, liquid_kg_m3 : float
        Of the substance, at its boiling point under the pressure of the air.
    wind_m_s : float
        At ``wind_height_m``.
    stability : str
    air_k, air_pa, humidity, roughness_m, wind_height_m : float
    """

    shape: Shape
    rate_kg_s: float
    duration_s: float
    mass_kg: float
    area_m2: float
    height_m: float
    source_k: float
    liquid_fraction: float
    molar_mass_kg_mol: float
    cp_vapour_j_kg_k: float
    cp_liquid_j_kg_k: float
    latent_heat_j_kg: float
    boiling_k: float
    liquid_kg_m3: float
    wind_m_s: float
    stability: str
    air_k: float
    air_pa: float
    humidity: float
    roughness_m: float
    wind_height_m: float = 10.0  # WMO-No. 8 (2018): height of wind of a weather record

    @property
    def pure_kg_m3(self) -> float:
        """Concentration of a volume fraction of 1 at the temperature of the air."""
        return float(self.air_pa * self.molar_mass_kg_mol / (GAS_CONSTANT * self.air_k))


def slab_inputs(
    source: Source, substance: Substance, weather: Weather, surroundings: Surroundings
) -> SlabInputs:
    """Return the inputs of a run for a source in a weather."""
    fluid, pressure = substance.fluid, surroundings.pressure_pa
    boiling = fluid.boiling_point_k(pressure)
    is_cool = source.mole_fraction < 1
    return SlabInputs(
        shape=source.shape,
        rate_kg_s=source.rate_kg_s or 0.0,
        duration_s=source.duration_s,
        mass_kg=source.mass_kg,
        area_m2=source.area_m2,
        height_m=source.height_m,
        source_k=source.temperature_k,
        liquid_fraction=source.liquid_fraction,
        molar_mass_kg_mol=source.molar_mass_kg_mol,
        cp_vapour_j_kg_k=fluid.gas_heat_capacity_j_kg_k(boiling, pressure),
        cp_liquid_j_kg_k=fluid.liquid_heat_capacity_j_kg_k(boiling),
        latent_heat_j_kg=fluid.latent_heat_j_kg(boiling),
        # SLAB warms every pool to its boiling point: one that does not boil would rise. Its vapour stays vapour.
        boiling_k=source.temperature_k if is_cool else boiling,
        liquid_kg_m3=fluid.liquid_density_kg_m3(boiling),
        wind_m_s=weather.wind_m_s,
        stability=weather.stability,
        air_k=surroundings.temperature_k,
        air_pa=pressure,
        humidity=surroundings.humidity,
        roughness_m=surroundings.roughness_m,
    )


@dataclass(frozen=True)
class _Run:
    trajectory: "Trajectory"
    atmosphere: "Atmosphere"
    warnings: tuple[Text, ...]


@lru_cache(maxsize=512)
def _run(inputs: SlabInputs) -> _Run:
    """Return the trajectory of a run."""
    from slabx.core.plume import run_dispersion
    from slabx.core.source import EvaporatingPool, HorizontalJet, InstantaneousRelease
    from slabx.scope import ScopeWarning
    from slabx.submodels.atmosphere import Atmosphere
    from slabx.thermo.base import LegacyThermo, water_backend
    from slabx.thermo.base import Substance as SlabSubstance

    substance = SlabSubstance(
        name="released",
        mw=inputs.molar_mass_kg_mol,
        cp_vapour=inputs.cp_vapour_j_kg_k,
        cp_liquid=inputs.cp_liquid_j_kg_k,
        dh_vap=inputs.latent_heat_j_kg,
        T_boil=inputs.boiling_k,
        rho_liquid=inputs.liquid_kg_m3,
    )
    common = {"substance": substance, "area": inputs.area_m2, "T_source": inputs.source_k}
    steady = {"rate": inputs.rate_kg_s, "duration": inputs.duration_s}
    phases = {"liquid_fraction": inputs.liquid_fraction, "height": inputs.height_m}
    # The warnings of a process belong to all its threads; what this one warns of is looked up in `_outside_trials`.
    warnings.filterwarnings("ignore", category=ScopeWarning)
    try:
        air = Atmosphere(
            u_ref=1.0,
            z_ref=_ANCHOR_M,
            T=inputs.air_k,
            rh=100 * inputs.humidity,
            z0=inputs.roughness_m,
            stability=inputs.stability,
            p=inputs.air_pa,
        )
        air = replace(air, u_ref=inputs.wind_m_s / air.wind_speed(inputs.wind_height_m))
        source = {
            Shape.POOL: lambda: EvaporatingPool(**common, **steady),
            Shape.JET: lambda: HorizontalJet(**common, **steady, **phases),
            Shape.PUFF: lambda: InstantaneousRelease(
                **common, **phases, rate=0.0, duration=0.0, mass=inputs.mass_kg
            ),
        }[inputs.shape]()
        with np.errstate(all="ignore"):  # `_check` looks at what comes out
            trajectory, _ = run_dispersion(
                source,
                air,
                LegacyThermo(substance),
                water_backend(),
                x_max=_REACH_M,
                n_puff_steps=_STEPS_AT_ONCE if inputs.shape is Shape.PUFF else _STEPS,
            )
    except (ArithmeticError, RuntimeError, ValueError) as error:
        raise HazardError(f"SLAB cannot follow the source: {error}", f"SLAB 计算失败：{error}") from error
    return _Run(trajectory, air, _outside_trials(air))


def _outside_trials(air: "Atmosphere") -> tuple[Text, ...]:
    """Say which of wind and roughness no field trial that slabx was compared with has reached."""
    from slabx.scope import VALIDATED

    told = []
    for key, value, unit, zh, en in (
        ("u_ref", air.u_ref, "m/s", f"{_ANCHOR_M:g} 米高处风速", f"wind at {_ANCHOR_M:g} m"),
        ("z0", air.z0, "m", "地面粗糙度", "roughness"),
    ):
        low, high = VALIDATED[key].low, VALIDATED[key].high
        if not low <= value <= high:
            told.append(
                Text(
                    f"SLAB：{zh} {value:g} {unit} 超出现场试验验证过的范围 {low:g}～{high:g} {unit}，结果未经验证",
                    f"SLAB: {en} of {value:g} {unit} is outside {low:g} to {high:g} {unit}, the span of the field"
                    " trials it was compared with; the result is not validated there",
                )
            )
    return tuple(told)


@dataclass(frozen=True)
class _Profile:
    """Cloud along its way, on a grid of distances: each entry that of the moment when it is densest there.

    Attributes
    ----------
    x_m : ndarray
        Rising.
    strength : ndarray
        Volume fraction before the profiles across and upward.
    edge_m, blur_m : ndarray
        Shape across: even up to the edge, blurred over it.
    centre_m, sigma_m : ndarray
        Shape upward.
    passage_s : ndarray
        Time per metre of the cloud's length.
    along_edge_m, along_blur_m : ndarray
        Shape along the wind; 0 where the cloud is a plume.
    at_s : ndarray
        Moment at which it is densest.
    """

    x_m: Floats
    strength: Floats
    edge_m: Floats
    blur_m: Floats
    centre_m: Floats
    sigma_m: Floats
    slowness_s_m: Floats
    along_edge_m: Floats
    along_blur_m: Floats
    at_s: Floats


@dataclass(frozen=True)
class _Course:
    """A puff moment by moment, finer than its trajectory.

    Attributes
    ----------
    rows : mapping of str to ndarray
        As in `_Profile`, with ``x_m`` of the centre and ``at_s``.
    """

    rows: dict[str, Floats]

    def along(self, x_m: Floats) -> Floats:
        """Return volume fractions on the axis at the ground, before the profile upward at the ground is doubled.

        Shape (n_distances, n_moments).
        """
        rows = self.rows
        ground = rows["strength"] * np.exp(-0.5 * (rows["centre_m"] / rows["sigma_m"]) ** 2)
        level = ground * erf(rows["edge_m"] / (math.sqrt(2) * rows["blur_m"]))
        shape = _along(x_m[:, None] - rows["x_m"], rows["along_edge_m"], rows["along_blur_m"])
        return np.asarray(level * shape)

    def at(self, time_s: float) -> dict[str, float]:
        """Return the puff at the nearest of its moments."""
        nearest = int(np.argmin(np.abs(self.rows["at_s"] - time_s)))
        return {name: float(row[nearest]) for name, row in self.rows.items()}


def _strength(trajectory: "Trajectory") -> Floats:
    """Return the factor of Ermak's equation 55 for an averaging time of 0, plume and puff alike."""
    b, sigma = np.maximum(trajectory.b_shape, 1e-12), np.maximum(trajectory.sigma_z, 1e-12)
    found = trajectory.b_half * trajectory.h / sigma * trajectory.vol_frac / b / math.sqrt(8 * math.pi)
    bx, blur = np.maximum(trajectory.b_shape_x, 1e-12), np.maximum(trajectory.beta_x, 1e-12)
    along = trajectory.b_half_x / bx * erf(bx / (math.sqrt(2) * blur))
    return np.asarray(np.where(trajectory.is_puff, found * along, found))


@lru_cache(maxsize=512)
def _profile(inputs: SlabInputs, averaging_s: float) -> _Profile:
    """Return the cloud on a grid of distances, its meandering averaged."""
    if inputs.shape is Shape.PUFF:
        return _slumping(_course(inputs, averaging_s))
    return _passing(_run(inputs).trajectory.x, _rows(inputs, averaging_s))


@lru_cache(maxsize=512)
def _course(inputs: SlabInputs, averaging_s: float) -> _Course:
    """Return a puff moment by moment, its meandering averaged."""
    return _refine(_run(inputs).trajectory.x, _rows(inputs, averaging_s))


def _rows(inputs: SlabInputs, averaging_s: float) -> dict[str, Floats]:
    """Return what the profiles need of a trajectory, row by row."""
    from slabx.post.concentration import meander_width

    run = _run(inputs)
    way = run.trajectory
    duration = inputs.duration_s or float(way.t[-1])
    _, blur = meander_width(way, run.atmosphere, t_avg=averaging_s, t_release=duration)
    travel = np.concatenate(([0.0], np.cumsum(np.diff(way.x) * 2 / np.maximum(way.u[1:] + way.u[:-1], 1e-3))))
    return {
        "strength": _strength(way),
        "edge_m": np.maximum(way.b_shape, 1e-6),
        "blur_m": np.maximum(blur, 1e-6),
        "centre_m": way.z_c,
        "sigma_m": np.maximum(way.sigma_z, 1e-6),
        "slowness_s_m": 1 / np.maximum(way.u, 1e-3),
        "along_edge_m": np.where(way.is_puff, way.b_shape_x, 0.0),
        "along_blur_m": np.where(way.is_puff, np.maximum(way.beta_x, 1e-6), 0.0),
        "at_s": np.where(way.is_puff, way.t, travel),
    }


def _passing(x_m: Floats, rows: dict[str, Floats]) -> _Profile:
    """Return the profile of a cloud that passes each distance once; finer than the trajectory, by logarithms."""
    order = np.concatenate(([True], np.diff(x_m) > 1e-9))
    own = x_m[order]
    positive = np.geomspace(max(own[own > 0][0], 1e-2), own[-1], _NODES)
    grid = np.concatenate((own[own <= 0], positive)) if (own <= 0).any() else positive
    shift = 1.0 - own[0]

    def refine(name: str, values: Floats) -> Floats:
        values = values[order]
        if name != "strength":
            return np.interp(grid, own, values)
        logs = np.log(np.maximum(values, 1e-30))
        return np.asarray(np.exp(np.interp(np.log(grid + shift), np.log(own + shift), logs)))

    return _Profile(x_m=grid, **{name: refine(name, values) for name, values in rows.items()})


def _refine(x_m: Floats, rows: dict[str, Floats]) -> _Course:
    """Return the course of a puff with three moments for each of its trajectory.

    Sizes and strength are taken by their logarithms, which keeps their product: the mass.
    """
    step, own = np.linspace(0.0, len(x_m) - 1.0, 3 * len(x_m)), np.arange(len(x_m))
    fine = {"x_m": np.interp(step, own, x_m)}
    for name, row in rows.items():
        if name in _BY_LOGARITHM:
            fine[name] = np.exp(np.interp(step, own, np.log(np.maximum(row, 1e-12))))
        else:
            fine[name] = np.interp(step, own, row)
    return _Course(fine)


def _slumping(course: _Course) -> _Profile:
    """Return the profile of a puff that spreads as it moves: at each distance the moment when it is densest there."""
    rows = course.rows
    reach = 3 * float(np.max(rows["along_edge_m"][: len(rows["x_m"]) // 2]))
    far = float(rows["x_m"][-1])
    # Numerical: places on the axis.
    grid = np.concatenate((-np.geomspace(reach, 0.1, 80), [0.0], np.geomspace(0.1, far, _NODES)))
    best = np.argmax(course.along(grid), axis=1)
    picked = {name: row[best] for name, row in rows.items() if name != "x_m"}
    offset = grid - rows["x_m"][best]
    shape = _along(offset, picked["along_edge_m"], picked["along_blur_m"])
    return _Profile(x_m=grid, **picked | {"strength": picked["strength"] * shape})


def _along(offset_m: Floats, edge_m: Floats, blur_m: Floats) -> Floats:
    """Return the shape along the wind, 1 in the middle."""
    width = math.sqrt(2) * np.maximum(blur_m, 1e-9)
    middle = 2 * erf(np.maximum(edge_m, 1e-9) / width)
    return np.asarray((erf((offset_m + edge_m) / width) - erf((offset_m - edge_m) / width)) / middle)


@dataclass(frozen=True)
class SlabPart(Part):
    """A cloud followed by SLAB.

    Attributes
    ----------
    inputs : SlabInputs
    """

    inputs: SlabInputs

    @property
    def start_m(self) -> float:
        """Where the cloud begins."""
        return float(min(self._plain.x_m[0], 0.0))

    @property
    def _plain(self) -> _Profile:
        return _profile(self.inputs, 0.0)

    def concentration_kg_m3(self, x_m: Floats, y_m: Floats, height_m: Floats, averaging_s: float) -> Floats:
        """Return the largest concentration over time."""
        at = _profile(self.inputs, averaging_s)
        edge, blur, centre, sigma, strength = (
            np.interp(x_m, at.x_m, values)
            for values in (at.edge_m, at.blur_m, at.centre_m, at.sigma_m, at.strength)
        )
        section = _section(y_m, height_m, edge, blur, centre, sigma)
        inside = (x_m >= self.start_m) & (x_m <= at.x_m[-1])
        return np.where(inside, np.minimum(strength * section, 1.0), 0.0) * self.inputs.pure_kg_m3

    def moments_kg_m3(
        self, x_m: Floats, y_m: Floats, height_m: Floats, averaging_s: float, times_s: Floats
    ) -> Iterator[Floats]:
        """Yield the concentrations at each of several moments; of a puff as it is then."""
        if self.inputs.shape is not Shape.PUFF:
            yield from super().moments_kg_m3(x_m, y_m, height_m, averaging_s, times_s)
            return
        course = _course(self.inputs, averaging_s)
        for time in times_s:
            now = course.at(float(time))
            along = _along(x_m - now["x_m"], np.asarray(now["along_edge_m"]), np.asarray(now["along_blur_m"]))
            section = _section(y_m, height_m, now["edge_m"], now["blur_m"], now["centre_m"], now["sigma_m"])
            yield np.minimum(now["strength"] * along * section, 1.0) * self.inputs.pure_kg_m3

    def share_of_time(self, x_m: Floats, time_s: Floats) -> Floats:
        """Return the share of the largest concentration at a moment: the cloud as it is when densest, passing by."""
        if self.inputs.shape is Shape.PUFF:
            return self._share_of_puff(x_m, time_s)
        at = self._plain
        moment, slowness, edge, blur = (
            np.interp(x_m, at.x_m, values)
            for values in (at.at_s, at.slowness_s_m, at.along_edge_m, at.along_blur_m)
        )
        passing = _along((time_s - moment) / slowness, edge, blur)
        late = time_s - moment
        steady = np.where((late >= 0) & (late <= self.inputs.duration_s), 1.0, 0.0)
        return np.where(edge > 0, passing, steady)

    def equivalent_s(self, x_m: Floats, n: float, longest_s: float) -> Floats:
        """Return the duration at the largest concentration that gives the same toxic load."""
        if self.inputs.shape is Shape.PUFF:
            return self._equivalent_of_puff(x_m, n, longest_s)
        at = self._plain
        reach = at.along_edge_m + 5 * at.along_blur_m
        reach = np.minimum(reach, longest_s / 2 / at.slowness_s_m)
        offset = reach[:, None] * np.linspace(0.0, 1.0, 129)  # numerical
        shape = _along(offset, at.along_edge_m[:, None], at.along_blur_m[:, None])
        passing = 2 * np.trapezoid(shape**n, offset, axis=1) * at.slowness_s_m
        steady = min(self.inputs.duration_s, longest_s)
        loads = np.where(at.along_edge_m > 0, np.minimum(np.maximum(passing, steady), longest_s), steady)
        return np.interp(x_m, at.x_m, loads)

    def _share_of_puff(self, x_m: Floats, time_s: Floats) -> Floats:
        grid, course = self._plain.x_m, _course(self.inputs, 0.0)
        axis = course.along(grid)
        at_s = course.rows["at_s"]
        moments, places = (
            np.interp(time_s, at_s, np.arange(len(at_s))),
            np.interp(x_m, grid, np.arange(len(grid))),
        )
        largest = np.maximum(axis.max(axis=1), 1e-300)
        nearest = np.rint(places).astype(int), np.rint(moments).astype(int)
        return np.asarray(axis[nearest] / largest[nearest[0]])

    def _equivalent_of_puff(self, x_m: Floats, n: float, longest_s: float) -> Floats:
        grid, course = self._plain.x_m, _course(self.inputs, 0.0)
        axis = course.along(grid)
        shares = axis / np.maximum(axis.max(axis=1), 1e-300)[:, None]
        loads = np.trapezoid(shares**n, course.rows["at_s"], axis=1)
        return np.asarray(np.interp(x_m, grid, np.minimum(loads, longest_s)))

    def half_width_m(self, x_m: Floats, averaging_s: float) -> Floats:
        """Return the half width of the cloud."""
        at = _profile(self.inputs, averaging_s)
        return np.interp(x_m, at.x_m, at.edge_m + _WIDTHS * at.blur_m)

    def top_m(self, x_m: Floats) -> Floats:
        """Return the top of the cloud."""
        at = self._plain
        return np.interp(x_m, at.x_m, at.centre_m + _WIDTHS * at.sigma_m)

    def passed_s(self, x_m: float) -> float:
        """Return when the cloud has passed a distance."""
        at = self._plain
        edge = float(np.interp(x_m, at.x_m, at.along_edge_m * at.slowness_s_m))
        return float(np.interp(x_m, at.x_m, at.at_s)) + max(self.inputs.duration_s, edge)


def _section(
    y_m: Floats,
    height_m: Floats,
    edge_m: Floats | float,
    blur_m: Floats | float,
    centre_m: Floats | float,
    sigma_m: Floats | float,
) -> Floats:
    """Return the shape across and upward, with the reflection at the ground."""
    width = math.sqrt(2) * blur_m
    across = erf((y_m + edge_m) / width) - erf((y_m - edge_m) / width)
    upward = np.exp(-0.5 * ((height_m - centre_m) / sigma_m) ** 2) + np.exp(
        -0.5 * ((height_m + centre_m) / sigma_m) ** 2
    )
    return np.asarray(across * upward)


def slab_part(
    source: Source, substance: Substance, weather: Weather, surroundings: Surroundings
) -> tuple[SlabPart, tuple[Text, ...]]:
    """Return the cloud of a source, and a warning of each input that no field trial has reached.

    Raises
    ------
    HazardError
        If SLAB cannot follow the source.
    """
    inputs = slab_inputs(source, substance, weather, surroundings)
    said = _run(inputs).warnings
    _check(inputs)
    return SlabPart(inputs), said


def _check(inputs: SlabInputs) -> None:
    """Refuse a run that has left numbers without meaning or lost what it carries."""
    profile, way = _profile(inputs, 0.0), _run(inputs).trajectory
    values = (profile.strength, profile.edge_m, profile.blur_m, profile.sigma_m)
    if not all(np.isfinite(each).all() for each in values) or not (profile.strength > 0).any():
        raise HazardError("SLAB left no cloud", "SLAB 结果无效")
    puff = way.is_puff
    held = (4 * way.rho * way.mass_frac * way.b_half * way.b_half_x * way.h)[puff]
    if held.size and held.min() < (1 - _LARGEST_LOSS) * inputs.mass_kg:
        lost = 1 - held.min() / inputs.mass_kg
        raise HazardError(f"SLAB lost {lost:.0%} of the cloud's mass", f"SLAB 计算中丢失 {lost:.0%} 的质量")
