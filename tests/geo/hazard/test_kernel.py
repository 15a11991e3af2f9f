"""Kernels: what a sum over events, weathers and directions must keep."""

from dataclasses import replace

import numpy as np
import pytest

from geo.errors import HazardError
from geo.hazard.digest import digest_of
from geo.hazard.footprint import PolarGrid
from geo.hazard.kernel import build_kernel, make_polar_grid
from geo.hazard.scenario import Outcome
from geo.hazard.wind_roses import spread_directions
from tests.geo.hazard.risk_scenes import (
    FREQUENCIES,
    GRID,
    even_rose,
    make_disc,
    make_event,
    make_events,
    make_kernel,
    make_rose,
    make_wedge,
    rotate_rose,
)


def sum_plainly(events, frequencies, rose, grid=GRID):
    """Return the same sums as a plain loop over events and directions."""
    spread = spread_directions(rose, grid.n_angles)
    total = np.zeros((len(grid.radius_m), grid.n_angles))
    for event in events:
        field = np.broadcast_to(event.footprint.individual, total.shape)
        weights = spread.sum(axis=0) if event.weather is None else spread[event.weather]
        for direction, weight in enumerate(weights):
            rate = frequencies[event.scenario_id] * event.probability * weight
            total += rate * np.roll(field, direction, axis=1)
    return total


@pytest.mark.parametrize("sectors", [16, 36])
def test_kernel_equals_a_plain_sum(sectors):
    rose, grid = make_rose(sectors=sectors), make_polar_grid(5.0, 3000.0, 41, 720)
    events = make_events(grid=grid)
    kernel = make_kernel(events, rose, grid=grid)
    plain = sum_plainly(events, FREQUENCIES, rose, grid)
    rows = len(kernel.risk_per_year)
    assert kernel.risk_per_year == pytest.approx(plain[:rows], rel=1e-10, abs=1e-25)
    assert not plain[rows:].any()


def test_shares_add_up_to_the_kernel():
    kernel = make_kernel()
    total = np.zeros_like(kernel.risk_per_year)
    for share in kernel.shares:
        total[: len(share.risk_per_year)] += share.risk_per_year
    assert total == pytest.approx(kernel.risk_per_year, rel=1e-12, abs=0)
    assert [(share.scenario_id, share.outcome) for share in kernel.shares] == [
        ("tank/small", Outcome.TOXIC_CLOUD),
        ("tank/small", Outcome.JET_FIRE),
        ("tank/rupture", Outcome.TOXIC_CLOUD),
        ("tank/rupture", Outcome.FIREBALL),
    ]


def test_threads_do_not_show(monkeypatch):
    found = []
    for threads in (1, 3):
        monkeypatch.setattr("os.cpu_count", lambda count=threads: count)
        kernel = make_kernel()
        found.append([kernel.table.tobytes(), *(share.risk_per_year.tobytes() for share in kernel.shares)])
    assert found[0] == found[1]


def test_round_footprint_in_every_weather_is_its_frequency():
    kernel = make_kernel([make_event(make_disc(100.0), probability=0.25)])
    inside = kernel.grid.radius_m[: len(kernel.risk_per_year)] <= 100.0
    assert inside.all()
    assert kernel.risk_per_year == pytest.approx(np.full(kernel.risk_per_year.shape, 1e-5), rel=1e-12)


def test_even_rose_gives_round_kernels():
    risk = make_kernel(rose=even_rose()).risk_per_year
    assert risk == pytest.approx(np.broadcast_to(risk[:, :1], risk.shape), rel=1e-9)


def test_rotating_the_rose_rotates_the_kernel():
    turned = make_kernel(rose=rotate_rose(make_rose(), 3))
    assert turned.risk_per_year == pytest.approx(
        np.roll(make_kernel().risk_per_year, 3 * 45, axis=1), rel=1e-9
    )


def test_risk_is_in_proportion_to_frequencies():
    doubled = make_kernel(frequencies={key: 2 * value for key, value in FREQUENCIES.items()})
    assert np.array_equal(doubled.risk_per_year, 2 * make_kernel().risk_per_year)


def test_risk_does_not_grow_when_a_scenario_is_removed():
    whole, less = (
        make_kernel(),
        make_kernel([event for event in make_events() if "small" in event.scenario_id]),
    )
    assert (less.risk_per_year <= whole.risk_per_year[: len(less.risk_per_year)]).all()


def test_footprint_in_two_halves_is_the_whole():
    halves = [make_event(make_wedge(400.0), weather=0, probability=0.5)] * 2
    whole = [make_event(make_wedge(400.0), weather=0)]
    assert make_kernel(halves).risk_per_year == pytest.approx(make_kernel(whole).risk_per_year, rel=1e-12)


def test_narrow_and_wide_footprints_are_cropped_without_loss():
    for width in (0.001, 0.5, 50.0):
        event = make_event(make_wedge(400.0, width), weather=1)
        kernel = make_kernel([event])
        plain = sum_plainly([event], FREQUENCIES, make_rose())
        assert kernel.risk_per_year == pytest.approx(plain[: len(kernel.risk_per_year)], rel=1e-10, abs=1e-25)


def test_events_that_kill_nobody_leave_an_empty_kernel():
    kernel = make_kernel(
        [make_event(make_disc(1.0)), make_event(make_wedge(300.0), weather=0, probability=0.0)]
    )
    assert kernel.shares == ()
    assert kernel.risk_per_year.shape == (0, GRID.n_angles)
    assert kernel.reach_m == 0.0


def test_footprints_of_people_are_kept_as_multiples():
    kernel = make_kernel()
    cloud, fire = kernel.cases[0], kernel.cases[2]
    assert (cloud.outdoors.scale, cloud.indoors.scale) == pytest.approx((1.0, 0.1))
    assert (fire.outdoors.scale, fire.indoors.scale) == pytest.approx((0.14, 0.0))
    assert cloud.indoors.values is cloud.individual.values


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scenario_id": "other"}, "no such scenario"),
        ({"weather": 2}, "no weather 2"),
        ({"probability": 1.2}, "probability 1.2"),
        ({"footprint": make_disc(50.0, make_polar_grid(5.0, 500.0, 7))}, "not on the grid"),
        (
            {"footprint": replace(make_disc(50.0), indoors=np.full((161, 1), np.nan))},
            "lethality indoors",
        ),
        ({"footprint": replace(make_disc(50.0), individual=np.full((161, 1), 1.1))}, "lethality individual"),
    ],
)
def test_events_that_make_no_sense_are_refused(change, message):
    event = replace(make_event(make_disc(50.0)), **change)
    with pytest.raises(HazardError, match=message):
        build_kernel([event], FREQUENCIES, make_rose(), GRID, "key")


def test_radii_that_are_no_geometric_row_are_refused():
    grid = PolarGrid(radius_m=np.array([1.0, 2.0, 3.0]), n_angles=720)
    with pytest.raises(HazardError, match="geometric"):
        build_kernel([], {}, make_rose(), grid, "key")


def test_digest_tells_inputs_apart_and_knows_equal_ones():
    events = make_events()
    assert digest_of(events, FREQUENCIES) == digest_of(make_events(), dict(reversed(FREQUENCIES.items())))
    assert digest_of(events) != digest_of(events[:-1])
    assert digest_of(1.0) != digest_of(1.0 + 1e-16 * 2)
    assert digest_of(None, "a", True, Outcome.FIREBALL, np.float64(2)) == digest_of(
        None, "a", True, "fireball", 2.0
    )
    with pytest.raises(TypeError, match="object"):
        digest_of(object())
