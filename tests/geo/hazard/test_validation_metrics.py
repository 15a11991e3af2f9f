"""Measures by hand, their edge cases, and what they must do whatever the numbers are."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import HazardError
from geo.hazard.validation.metrics import METRICS, Pairs, compute_metrics

AMOUNTS = st.floats(1e-6, 1e6)
LISTS = st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=20)


def measures(observed, predicted, censored=None):
    return compute_metrics(Pairs.of(observed, predicted, censored))


def test_measures_by_hand() -> None:
    found = measures([1.0, 4.0], [2.0, 1.0])
    assert found["FAC2"] == 0.5  # 2 is within a factor of two of 1; 1 is not within one of 4
    assert found["FB"] == pytest.approx(2 * (2.5 - 1.5) / (2.5 + 1.5))
    assert found["MG"] == pytest.approx(math.sqrt(2))  # ratios 1/2 and 4
    assert found["VG"] == pytest.approx(math.exp((math.log(2) ** 2 + math.log(4) ** 2) / 2))
    assert found["NMSE"] == pytest.approx((1 + 9) / 2 / (2.5 * 1.5))
    assert found["largest_deviation"] == 1.0


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_exactly_a_factor_of_two_counts(factor) -> None:
    assert measures([3.0], [3.0 * factor])["FAC2"] == 1


def test_factor_three_too_much_everywhere() -> None:
    """Chang and Hanna (2004), section 2: MG = 1/3 and VG = exp(ln²3) = 3.34 for a model three times too high."""
    found = measures([1.0, 2.0, 5.0], [3.0, 6.0, 15.0])
    assert found["FAC2"] == 0
    assert found["MG"] == pytest.approx(1 / 3)
    assert found["VG"] == pytest.approx(3.343, abs=1e-3)
    assert found["FB"] == pytest.approx(-1.0)


def test_refusal_counts_against_the_factor_of_two_only() -> None:
    found = measures([1.0, 1.0], [1.0, np.nan])
    assert found["FAC2"] == 0.5
    assert (found["FB"], found["MG"], found["VG"], found["NMSE"]) == (0, 1, 1, 0)
    assert found["largest_deviation"] == math.inf


def test_only_refusals_leave_no_measure() -> None:
    found = measures([1.0], [np.nan])
    assert found.pop("FAC2") == 0
    assert found.pop("largest_deviation") == math.inf
    assert all(math.isnan(value) for value in found.values())


@pytest.mark.parametrize(("predicted", "fac2"), [(0.0, 1), (0.2, 1), (0.21, 0)])
def test_censored_observation_is_an_upper_bound(predicted, fac2) -> None:
    found = measures([0.1, 1.0], [predicted, 1.0], [True, False])
    assert found["FAC2"] == (fac2 + 1) / 2
    assert found["MG"] == found["VG"] == 1


def test_two_zeros_agree() -> None:
    assert measures([0.0, 1.0], [0.0, 1.0]) == {
        "FAC2": 1,
        "FB": 0,
        "MG": 1,
        "VG": 1,
        "NMSE": 0,
        "largest_deviation": 0,
    }


def test_zero_prediction_of_something_is_never_near() -> None:
    found = measures([1.0], [0.0])
    assert found["FAC2"] == 0
    assert found["FB"] == 2
    assert found["MG"] == found["VG"] == found["NMSE"] == math.inf


def test_something_predicted_where_nothing_was() -> None:
    found = measures([0.0], [1.0])
    assert (found["FAC2"], found["FB"], found["MG"]) == (0, -2, 0)
    assert found["VG"] == found["largest_deviation"] == math.inf


@pytest.mark.parametrize(
    ("observed", "predicted"),
    [
        ([], []),
        ([1.0], [1.0, 2.0]),
        ([-1.0], [1.0]),
        ([math.nan], [1.0]),
        ([1.0], [-1.0]),
        ([1.0], [math.inf]),
    ],
    ids=["none", "lengths", "negative", "unknown", "negative prediction", "infinite"],
)
def test_what_is_no_amount_is_refused(observed, predicted) -> None:
    with pytest.raises(HazardError, match=r"values|amounts"):
        Pairs.of(observed, predicted)


@given(LISTS)
def test_perfect_predictions_are_perfect(pairs) -> None:
    observed = [one for one, _ in pairs]
    found = measures(observed, observed)
    assert list(found.values()) == pytest.approx([1, 0, 1, 1, 0, 0], abs=1e-12)


@given(LISTS)
def test_ranges_of_the_measures(pairs) -> None:
    found = measures(*zip(*pairs, strict=True))
    assert 0 <= found["FAC2"] <= 1
    assert -2 <= found["FB"] <= 2
    assert found["MG"] > 0
    assert found["NMSE"] >= 0
    # All bias and no scatter gives the least variance there can be.
    assert math.log(found["VG"]) >= math.log(found["MG"]) ** 2 * (1 - 1e-9)


@given(LISTS, st.floats(1e-3, 1e3))
def test_units_do_not_matter(pairs, scale) -> None:
    observed, predicted = (np.array(column) for column in zip(*pairs, strict=True))
    before, after = measures(observed, predicted), measures(observed * scale, predicted * scale)
    # A pair right at the factor of two may fall on either side as digits are rounded.
    edges = np.isclose(predicted, 2 * observed, rtol=1e-9) | np.isclose(2 * predicted, observed, rtol=1e-9)
    for name in METRICS:
        if name != "FAC2" or not edges.any():
            assert after[name] == pytest.approx(before[name], rel=1e-6, abs=1e-9)


@given(LISTS)
def test_swapping_the_sides_swaps_the_bias(pairs) -> None:
    observed, predicted = zip(*pairs, strict=True)
    there, back = measures(observed, predicted), measures(predicted, observed)
    assert there["FB"] == pytest.approx(-back["FB"], abs=1e-12)
    assert there["MG"] * back["MG"] == pytest.approx(1)
    assert there["NMSE"] == pytest.approx(back["NMSE"])
    assert there["VG"] == pytest.approx(back["VG"])


@given(LISTS, st.integers(0, 2**32 - 1))
def test_order_of_pairs_does_not_matter(pairs, seed) -> None:
    shuffled = [pairs[i] for i in np.random.default_rng(seed).permutation(len(pairs))]
    first, second = measures(*zip(*pairs, strict=True)), measures(*zip(*shuffled, strict=True))
    for name in METRICS:
        assert first[name] == pytest.approx(second[name], rel=1e-9, abs=1e-12)
