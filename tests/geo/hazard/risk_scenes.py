"""Hand-made footprints, roses and placements with answers that can be worked out by hand."""

from dataclasses import replace

import numpy as np

from geo.hazard.digest import digest_of
from geo.hazard.footprint import Event, Footprint, PolarGrid
from geo.hazard.kernel import Kernel, build_kernel, make_polar_grid
from geo.hazard.scenario import Outcome
from geo.hazard.weather import Weather, WindRose

GRID = make_polar_grid(5.0, 5_000.0, 161, 720)

WEATHERS = (
    Weather(stability="D", wind_m_s=5.0, by_day=True),
    Weather(stability="F", wind_m_s=1.5, by_day=False),
)


def make_rose(frequencies: np.ndarray | None = None, sectors: int = 16, seed: int = 7) -> WindRose:
    if frequencies is None:
        raw = np.random.default_rng(seed).gamma(1.5, size=(len(WEATHERS), sectors))
        frequencies = raw / raw.sum()
    return WindRose(name="test", source="made up", weathers=WEATHERS, frequencies=frequencies)


def even_rose(sectors: int = 16) -> WindRose:
    return make_rose(np.full((len(WEATHERS), sectors), 1.0 / (len(WEATHERS) * sectors)))


def rotate_rose(rose: WindRose, sectors: int) -> WindRose:
    """Return a rose turned clockwise by a number of its sectors."""
    return replace(rose, frequencies=np.roll(rose.frequencies, sectors, axis=1))


def make_disc(radius_m: float, grid: PolarGrid = GRID) -> Footprint:
    """Return certain death within a radius."""
    inside = (grid.radius_m <= radius_m).astype(float)[:, None]
    return Footprint(individual=inside, outdoors=0.14 * inside, indoors=0.0 * inside)


def lethality_of_wedge(radius_m, angle, length_m, width):
    """Lethality that falls off like a Gaussian along and across the wind."""
    return np.exp(-((radius_m / length_m) ** 2)) * np.exp(-((angle / width) ** 2))


def make_wedge(length_m: float, width: float = 0.2, grid: PolarGrid = GRID) -> Footprint:
    angle = 2 * np.pi * np.arange(grid.n_angles) / grid.n_angles
    angle = np.where(angle > np.pi, angle - 2 * np.pi, angle)
    field = lethality_of_wedge(grid.radius_m[:, None], angle[None, :], length_m, width)
    field[field < 1e-9] = 0.0
    return Footprint(individual=field, outdoors=field, indoors=0.1 * field)


def make_event(
    footprint: Footprint,
    scenario: str = "tank/small",
    outcome: Outcome = Outcome.TOXIC_CLOUD,
    weather: int | None = None,
    probability: float = 1.0,
) -> Event:
    return Event(
        scenario_id=scenario,
        outcome=outcome,
        weather=weather,
        probability=probability,
        footprint=footprint,
        model="made_up",
    )


FREQUENCIES = {"tank/small": 4e-5, "tank/rupture": 6e-6}


def make_events(size: float = 1.0, grid: PolarGrid = GRID) -> list[Event]:
    """Return a leak and a rupture: a toxic cloud in each weather, and a fire that is alike in all of them."""
    return [
        make_event(make_wedge(300.0 * size, 0.25, grid), weather=0, probability=0.8),
        make_event(make_wedge(600.0 * size, 0.15, grid), weather=1, probability=0.8),
        make_event(make_disc(60.0 * size, grid), outcome=Outcome.JET_FIRE, probability=0.2),
        make_event(make_wedge(900.0 * size, 0.3, grid), "tank/rupture", weather=0, probability=0.5),
        make_event(make_wedge(1500.0 * size, 0.2, grid), "tank/rupture", weather=1, probability=0.5),
        make_event(make_disc(200.0 * size, grid), "tank/rupture", Outcome.FIREBALL, probability=0.5),
    ]


def make_kernel(
    events: list[Event] | None = None,
    rose: WindRose | None = None,
    frequencies: dict[str, float] | None = None,
    grid: PolarGrid = GRID,
) -> Kernel:
    events = make_events(grid=grid) if events is None else events
    rose, frequencies = rose or make_rose(), frequencies or FREQUENCIES
    return build_kernel(events, frequencies, rose, grid, digest_of(events, frequencies, rose, grid))
