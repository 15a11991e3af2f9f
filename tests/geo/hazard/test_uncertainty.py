"""Bands of distances: what the draws must keep."""

from dataclasses import replace

import numpy as np
import pytest

from geo.hazard.assessment import Options, assess
from geo.hazard.kernel import make_polar_grid
from geo.hazard.kernel_store import KernelStore
from geo.hazard.tables import Override, table
from geo.hazard.uncertainty import _carry, _stretch, draw_inputs, estimate_bands
from tests.geo.hazard.risk_scenes import make_rose
from tests.geo.hazard.test_assessment import make_plant

OPTIONS = Options(grid=make_polar_grid(5.0, 8000.0, 121, 160))
ROSE, STORE = make_rose(), KernelStore()


def surely(**values: float) -> tuple[Override, ...]:
    """Return overrides of how far inputs stray; those not named do not stray at all."""
    quiet = {
        "frequency/factor": (1.0, ""),
        "ignition/factor": (1.0, ""),
        "wind_direction/turn": (0.0, "degree"),
        "wind_classes/hours": (1e9, ""),
        "roughness/factor": (1.0, ""),
        "mass/factor": (1.0, ""),
        "samples": (40, ""),
    }
    return tuple(
        Override(
            table="uncertainty", key=key, value=values.get(key, value), unit=unit, author="t", reason="t"
        )
        for key, (value, unit) in quiet.items()
    )


def bands(overrides: tuple[Override, ...], seed: int = 1):
    return estimate_bands(
        make_plant(), ROSE, [3e-7, 1.0], replace(OPTIONS, overrides=overrides), seed, store=STORE
    )


def test_draws_are_those_of_their_seed_and_spread_as_told():
    rows, shares = table("uncertainty"), np.array([0.6, 0.0, 0.4])
    one, same = (draw_inputs(["large", "small"], shares, rows, 7, 4000) for _ in range(2))
    other = draw_inputs(["large", "small"], shares, rows, 8, 4000)
    assert one.frequency["small"].tobytes() == same.frequency["small"].tobytes()
    assert one.frequency["small"].tobytes() != other.frequency["small"].tobytes()
    within = np.abs(np.log(one.frequency["large"])) < np.log(3.0)
    assert within.mean() == pytest.approx(0.95, abs=0.015)
    assert one.weather @ shares == pytest.approx(np.ones(4000))
    assert not one.weather[:, 1].any()
    assert np.percentile(np.abs(one.turn_rays) * 5.0, 95) == pytest.approx(10.0, rel=0.06)


def test_inputs_that_do_not_stray_give_the_distance_itself():
    band, _ = bands(surely())
    exact = assess(make_plant(), ROSE, options=OPTIONS, store=STORE).zones[0]
    assert band.low_m == pytest.approx(band.high_m, rel=1e-3)
    assert band.median_m == pytest.approx(exact.greatest_m, rel=0.02)
    directions_m = np.array([one.distance_m for one in exact.directions])
    assert band.by_direction_m[1] == pytest.approx(directions_m, rel=0.03, abs=10.0)


def test_band_holds_the_distance_and_widens_with_its_inputs():
    narrow, _ = bands(surely(**{"frequency/factor": 1.5}))
    wide, _ = bands(surely(**{"frequency/factor": 5.0}))
    assert narrow.low_m < narrow.median_m < narrow.high_m
    assert wide.high_m - wide.low_m > narrow.high_m - narrow.low_m
    assert (wide.by_direction_m[0] <= wide.by_direction_m[2]).all()
    assert (wide.samples, wide.seed) == (40, 1)
    assert {row.table for row in wide.parameters} == {"uncertainty"}


def test_mass_and_roughness_and_ignition_move_the_distance():
    for key in ("mass/factor", "roughness/factor", "ignition/factor"):
        band, unreached = bands(surely(**{key: 2.0}))
        assert band.high_m > band.low_m
        assert unreached.high_m == 0.0


def test_same_seed_same_band():
    overrides = surely(**{"frequency/factor": 3.0, "wind_direction/turn": 20.0})
    (one, _), (same, _), (other, _) = bands(overrides), bands(overrides), bands(overrides, seed=2)
    assert one.by_direction_m.tobytes() == same.by_direction_m.tobytes()
    assert one.by_direction_m.tobytes() != other.by_direction_m.tobytes()


def test_what_is_carried_farther_is_as_far_as_it_was_computed_to_be():
    radius_m = np.geomspace(20.0, 2000.0, 80)
    for profile in (lambda r: 1e-3 * r**-2.0, lambda r: np.where(r < 300.0, 2e-6, 0.0)):
        middle, variant = (np.tile(profile(radius_m / scale), 72) for scale in (1.0, 1.25))
        stretch = _stretch(middle, variant, radius_m)
        for reach_m in (150.0, 290.0):
            carried_m = _carry(np.full(72, reach_m), stretch, radius_m)
            assert carried_m == pytest.approx(np.full(72, 1.25 * reach_m), rel=0.04)
        assert not _carry(np.zeros(72), stretch, radius_m).any()
