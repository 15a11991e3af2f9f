"""How sure a distance is: seeded draws of the inputs that matter, and the band of distances that they make.

Drawn are the frequency of each size of hole, the probability of ignition, the turn of the wind rose, the shares of its
weathers, the roughness of the ground and the released mass; how far each strays is in ``uncertainty.csv``.

Risk is in proportion to frequencies, to the probability of end events and to the shares of weathers: for these the
risk along rays from the middle of the plant is kept apart by hole, ignition and weather, and a draw is a weighted sum.
A turn of the rose turns the rays; that is exact for equipment in the middle and good where the plant is small against
the distance. Roughness and mass change the models themselves: the plant is computed again with each at both ends of its
range, in the few weathers that make most of the risk about the contours. What they change is how far a risk reaches:
along each ray the risk of the middle is looked up in the field of each end, and the logarithm of the distances' ratio
is taken in proportion to how far the input strays, the two as independent. Risks themselves have no ratio where a
fire or a cloud ends.
Systematic errors of the models are not in the band.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from geo.ellipsoid import FloatArray
from geo.hazard.assessment import Options, make_placements, order_kernels
from geo.hazard.cases import add_up
from geo.hazard.kernel import pad_table
from geo.hazard.kernel_store import KernelStore
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Equipment, Plant
from geo.hazard.risk_field import site_plane
from geo.hazard.scenario import Outcome
from geo.hazard.stamp import Placement, sample, sample_table
from geo.hazard.tables import Table, table
from geo.hazard.weather import WindRose
from geo.hazard.wind_roses import spread_directions

__all__ = ["Band", "Inputs", "draw_inputs", "estimate_bands"]

N_RAYS = 72
"""Rays from the middle of the plant: one every 5°. Chosen."""

_NEAREST_M, _STEPS = 20.0, 80  # numerical
_PERCENTILES = (5.0, 50.0, 95.0)  # chosen: 90 % of the draws
_SIGMAS = 1.959964
"""Of a normal distribution, within which 95 % lie. By definition."""

_FLOOR_PER_YEAR = 1e-30  # numerical

_PLATEAU = 0.99
"""Of a risk is looked for in its stead, so that a plateau is met at its far end. Numerical."""

_TOLD = 0.8
"""Share of the risk about the contours whose weathers tell how roughness and mass change it. Chosen."""


@dataclass(frozen=True)
class Band:
    """Distances of one level that 90 % of the draws lie within.

    Attributes
    ----------
    level_per_year : float
    low_m, median_m, high_m : float
        5, 50 and 95 % of the greatest distance from the plant's boundary. [m]
    by_direction_m : ndarray, shape (3, 72)
        The same in each direction from the middle of the plant, every 5° from north. [m]
    samples, seed : int
    parameters : tuple of Parameter
        How far the inputs stray.
    """

    level_per_year: float
    low_m: float
    median_m: float
    high_m: float
    by_direction_m: FloatArray
    samples: int
    seed: int
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Inputs:
    """Draws; arrays over the samples.

    Attributes
    ----------
    frequency : mapping of hole to ndarray
        Factor.
    ignition : ndarray
        Factor on the probability of ignition; it is kept from exceeding 1, and what does not burn poisons.
    turn_rays : ndarray of float
        Turn of the rose, in rays.
    weather : ndarray, shape (n_samples, n_weathers)
        Factor on the share of each weather; the shares still add up to 1.
    roughness, mass : ndarray
        Position between the ends of the range: -1 the low one, 0 the middle, 1 the high one; it may lie beyond.
    """

    frequency: Mapping[str, FloatArray]
    ignition: FloatArray
    turn_rays: FloatArray
    weather: FloatArray
    roughness: FloatArray
    mass: FloatArray


def draw_inputs(holes: Sequence[str], shares: FloatArray, rows: Table, seed: int, samples: int) -> Inputs:
    """Draw the inputs.

    Parameters
    ----------
    holes : sequence of str
        Names of scenarios, in a fixed order.
    shares : ndarray, shape (n_weathers,)
        Of the weathers.
    rows : Table
        ``uncertainty``.
    seed : int
        The same seed gives the same draws on every machine.
    samples : int
    """
    draw = np.random.Generator(np.random.PCG64(seed))
    frequency = {hole: _factors(draw, rows["frequency/factor"].number, samples) for hole in holes}
    ignition = _factors(draw, rows["ignition/factor"].number, samples)
    turn_deg = rows["wind_direction/turn"].number / _SIGMAS * draw.standard_normal(samples)
    blowing = shares > 0
    drawn = np.zeros((samples, len(shares)))
    drawn[:, blowing] = draw.dirichlet(rows["wind_classes/hours"].number * shares[blowing], samples)
    weather = np.divide(drawn * shares.sum(), shares, out=np.zeros_like(drawn), where=blowing)
    roughness, mass = (draw.standard_normal(samples) / _SIGMAS for _ in range(2))
    return Inputs(frequency, ignition, turn_deg * N_RAYS / 360, weather, roughness, mass)


def _factors(draw: np.random.Generator, factor: float, samples: int) -> FloatArray:
    return np.asarray(np.exp(np.log(factor) / _SIGMAS * draw.standard_normal(samples)))


def estimate_bands(
    plant: Plant,
    rose: WindRose,
    levels_per_year: Sequence[float],
    options: Options | None = None,
    seed: int = 1,
    progress: Callable[[float, str], None] | None = None,
    store: KernelStore | None = None,
) -> tuple[Band, ...]:
    """Return the band of distances of each level.

    Parameters
    ----------
    plant : Plant
    rose : WindRose
    levels_per_year : sequence of float
    options : Options, optional
    seed : int
    progress : callable, optional
    store : KernelStore, optional

    Raises
    ------
    GeoError
        If a model refuses.
    """
    options, store = options or Options(), KernelStore() if store is None else store
    rows = table("uncertainty", options.overrides)
    samples = int(rows["samples"].number)
    others = tuple(override for override in options.overrides if override.table != rows.name)
    options = replace(options, overrides=others)  # so that kernels are those of the assessment
    placements = make_placements(plant, rose, options, store=store)
    rays_m, radius_m = _rays(placements)
    parts = _split_risk(placements, rose, rays_m)
    holes = sorted({hole for hole, _ in parts})
    ignited = {hole: _ignited_share(placements, hole) for hole in holes}
    inputs = draw_inputs(holes, rose.frequencies.sum(axis=1), rows, seed, samples)
    alone = replace(options, domino=False)  # what stands nearby makes no difference to how the models answer
    if options.domino:
        placements = make_placements(plant, rose, alone, store=store)
    plain = _split_risk(placements, rose, rays_m) if options.domino else parts
    by_weather = sum(plain.values(), np.zeros((len(rose.weathers), len(rays_m))))
    telling = _telling_weathers(by_weather, levels_per_year)
    few = replace(
        rose, weathers=tuple(rose.weathers[i] for i in telling), frequencies=rose.frequencies[telling]
    )
    variants = _compute_variants(_variants(plant, rows), few, alone, store, progress)
    middle = by_weather[telling].sum(axis=0)
    stretches = [_stretch(middle, sample(variant, rays_m), radius_m) for variant in variants]
    plane = site_plane(plant)
    boundary = shapely.transform(plant.boundary, plane.to_plane)
    reach_m = np.empty((samples, len(levels_per_year), N_RAYS))
    for number in range(samples):
        turn = inputs.turn_rays[number]
        risk = _turn(_draw_risk(number, parts, ignited, inputs), turn)
        stretch = _turn(_draw_stretch(number, stretches, inputs), turn)
        for place, level in enumerate(levels_per_year):
            reach_m[number, place] = _carry(_outermost_m(risk, radius_m, level), stretch, radius_m)
    ahead = _directions()
    distance_m = np.asarray(shapely.distance(boundary, shapely.points(reach_m[..., None] * ahead)))
    return tuple(
        _band(level, distance_m[:, place], samples, seed, tuple(rows.values()))
        for place, level in enumerate(levels_per_year)
    )


def _telling_weathers(risk: FloatArray, levels_per_year: Sequence[float]) -> list[int]:
    """Return the weathers that make most of the risk where contours lie on the rays, at least one.

    ``risk`` has the shape (n_weathers, n_rays * n_steps). Each place counts the same.
    """
    total = risk.sum(axis=0).reshape(N_RAYS, -1)
    places: list[int] = []
    for level in levels_per_year:
        above = total > level
        last = total.shape[1] - 1 - np.argmax(above[:, ::-1], axis=1)
        places += [ray * total.shape[1] + int(last[ray]) for ray in range(N_RAYS) if above[ray].any()]
    shares = (risk[:, places] / total.ravel()[places]).sum(axis=1) if places else risk.sum(axis=1)
    order = np.argsort(-shares, kind="stable")
    enough = np.searchsorted(np.cumsum(shares[order]), _TOLD * shares.sum())
    return sorted(int(weather) for weather in order[: enough + 1])


def _compute_variants(
    variants: Sequence[Plant],
    rose: WindRose,
    options: Options,
    store: KernelStore,
    progress: Callable[[float, str], None] | None,
) -> list[tuple[Placement, ...]]:
    """Return the placements of variants of a plant; their kernels are built all at once."""
    thin = store.thin()
    orders = [order for variant in variants for order in order_kernels(variant, rose, options)]
    thin.kernels(orders, options.workers, progress)
    return [make_placements(variant, rose, options, store=thin) for variant in variants]


def _variants(plant: Plant, rows: Table) -> list[Plant]:
    """Return the plant with low and high roughness, and with low and high mass."""
    rough, mass = rows["roughness/factor"].number, rows["mass/factor"].number
    return [
        *(_with_roughness(plant, factor) for factor in (1 / rough, rough)),
        *(_with_mass(plant, factor) for factor in (1 / mass, mass)),
    ]


def _with_roughness(plant: Plant, factor: float) -> Plant:
    air = plant.surroundings
    return replace(plant, surroundings=replace(air, roughness_m=air.roughness_m * factor))


def _with_mass(plant: Plant, factor: float) -> Plant:
    def scale(item: Equipment) -> Equipment:
        section_kg = None if item.section_mass_kg is None else item.section_mass_kg * factor
        return replace(item, mass_kg=item.mass_kg * factor, section_mass_kg=section_kg)

    return replace(
        plant,
        units=tuple(
            replace(unit, equipment=tuple(scale(item) for item in unit.equipment)) for unit in plant.units
        ),
    )


def _directions() -> FloatArray:
    azimuth = 2 * np.pi * np.arange(N_RAYS) / N_RAYS
    return np.column_stack([np.sin(azimuth), np.cos(azimuth)])


def _rays(placements: Sequence[Placement]) -> tuple[FloatArray, FloatArray]:
    """Return the points of all rays, shape (n_rays * n_steps, 2), and their radii."""
    ends = [one.kernel.reach_m + np.hypot(one.x_m, one.y_m) for one in placements]
    radius_m = np.geomspace(_NEAREST_M, max([2 * _NEAREST_M, *ends]), _STEPS)
    return (radius_m[None, :, None] * _directions()[:, None, :]).reshape(-1, 2), radius_m


def _split_risk(
    placements: Sequence[Placement], rose: WindRose, points_m: FloatArray
) -> dict[tuple[str, bool], FloatArray]:
    """Return the risk at points by hole and by whether it was ignited, by weather: shape (n_weathers, n)."""
    parts: dict[tuple[str, bool], FloatArray] = {}
    directions = (
        spread_directions(rose, placements[0].kernel.grid.n_angles) if placements else np.empty((0, 0))
    )
    for one in placements:
        for number, share in enumerate(one.kernel.shares):
            cases = [case for case in one.kernel.cases if case.share == number]
            name = share.scenario_id.rpartition("/")[2], share.outcome is not Outcome.TOXIC_CLOUD
            risk = parts.setdefault(name, np.zeros((len(rose.weathers), len(points_m))))
            for weather in range(len(rose.weathers)):
                only = np.where((np.arange(len(directions)) == weather)[:, None], directions, 0.0)
                blown = [case for case in cases if case.weather in {None, weather}]
                field = pad_table(add_up(blown, only))
                risk[weather] += sample_table(one, field, points_m)
    return parts


def _ignited_share(placements: Sequence[Placement], hole: str) -> float:
    """Return which share of the releases through a hole, that burn or poison, burns; 0 where none poisons."""
    burns, poisons = 0.0, 0.0
    for one in placements:
        for case in one.kernel.cases:
            share = one.kernel.shares[case.share]
            if share.scenario_id.rpartition("/")[2] != hole or case.weather not in {None, 0}:
                continue
            if share.outcome is Outcome.TOXIC_CLOUD:
                poisons += case.frequency_per_year
            else:
                burns += case.frequency_per_year
    return burns / (burns + poisons) if poisons > 0 else 0.0


def _draw_risk(
    number: int,
    parts: Mapping[tuple[str, bool], FloatArray],
    ignited: Mapping[str, float],
    inputs: Inputs,
) -> FloatArray:
    """Return the risk on the rays in one draw, roughness and mass as they are; shape (n_rays, n_steps)."""
    risk = np.zeros(N_RAYS * _STEPS)
    for (hole, burns), part in parts.items():
        share = ignited[hole]
        factor = float(inputs.ignition[number])
        factor = min(factor, 1.0 / share) if share > 0 else factor
        weight = factor if burns else (1.0 - factor * share) / (1.0 - share)
        risk += inputs.frequency[hole][number] * weight * (inputs.weather[number][:, None] * part).sum(axis=0)
    return risk.reshape(N_RAYS, _STEPS)


def _stretch(middle: FloatArray, variant: FloatArray, radius_m: FloatArray) -> FloatArray:
    """Return how much farther a variant carries the risk that the middle has at each place of the rays.

    The logarithm of the ratio of distances, shape (n_rays, n_steps).
    """
    fields = [risk.reshape(N_RAYS, _STEPS) for risk in (middle, variant)]
    outward = np.maximum.accumulate(fields[0][:, ::-1], axis=1)[:, ::-1]
    stretch = np.empty_like(outward)
    for step, level in enumerate(_PLATEAU * outward.T):
        here_m, there_m = (np.maximum(_outermost_m(risk, radius_m, level), radius_m[0]) for risk in fields)
        stretch[:, step] = np.log(there_m / here_m)
    return stretch


def _draw_stretch(number: int, stretches: Sequence[FloatArray], inputs: Inputs) -> FloatArray:
    """Return the stretch of distances by roughness and mass in one draw."""
    smooth, rough, little, much = stretches
    roughness, mass = inputs.roughness[number], inputs.mass[number]
    by_roughness, by_mass = rough if roughness > 0 else smooth, much if mass > 0 else little
    return np.asarray(abs(roughness) * by_roughness + abs(mass) * by_mass)


def _carry(reach_m: FloatArray, stretch: FloatArray, radius_m: FloatArray) -> FloatArray:
    """Return the reach of each ray after the stretch at that place; what reaches nowhere stays there."""
    log_radius = np.log(radius_m)
    place = (np.log(np.maximum(reach_m, radius_m[0])) - log_radius[0]) / (log_radius[1] - log_radius[0])
    inner = np.minimum(place.astype(int), len(radius_m) - 2)
    ray = np.arange(len(reach_m))
    near, far = stretch[ray, inner], stretch[ray, inner + 1]
    return np.asarray(reach_m * np.exp(near + (place - inner) * (far - near)))


def _turn(values: FloatArray, rays: float) -> FloatArray:
    """Return the values of rays turned clockwise by a number of rays, linearly between two."""
    whole = int(np.floor(rays))
    beyond = rays - whole
    return (1.0 - beyond) * np.roll(values, whole, axis=0) + beyond * np.roll(values, whole + 1, axis=0)


def _outermost_m(risk: FloatArray, radius_m: FloatArray, level_per_year: float | FloatArray) -> FloatArray:
    """Return the outermost radius of each ray at which a level is exceeded, in metres; 0 where it nowhere is.

    The level may differ from ray to ray.
    """
    level = np.maximum(level_per_year, _FLOOR_PER_YEAR)
    log_risk = np.log(np.maximum(risk, _FLOOR_PER_YEAR)) - np.reshape(np.log(level), (-1, 1))
    above = log_risk > 0
    last = risk.shape[1] - 1 - np.argmax(above[:, ::-1], axis=1)
    beyond = np.minimum(last + 1, risk.shape[1] - 1)
    ray = np.arange(len(risk))
    high, low = log_risk[ray, last], log_risk[ray, beyond]
    share = np.divide(high, high - low, out=np.zeros_like(high), where=high > low)
    log_radius = np.log(radius_m)
    found = np.exp(log_radius[last] + np.clip(share, 0.0, 1.0) * (log_radius[beyond] - log_radius[last]))
    return np.where(above.any(axis=1), found, 0.0)


def _band(
    level_per_year: float, distance_m: FloatArray, samples: int, seed: int, rows: tuple[Parameter, ...]
) -> Band:
    """Return the band of distances of shape (n_samples, n_rays)."""
    low_m, median_m, high_m = np.percentile(distance_m.max(axis=1), _PERCENTILES)
    return Band(
        level_per_year=level_per_year,
        low_m=round(float(low_m), 1),
        median_m=round(float(median_m), 1),
        high_m=round(float(high_m), 1),
        by_direction_m=np.round(np.percentile(distance_m, _PERCENTILES, axis=0), 1),
        samples=samples,
        seed=seed,
        parameters=rows,
    )
