"""Measures of how well predictions C_p follow observations C_o.

Definitions of Hanna, Chang and Strimaitis (1993) [1]_ and Chang and Hanna (2004) [2]_; bars are means over the pairs.

Which pairs count
-----------------
* A prediction that is not a number (a model that refuses) is outside of the factor of two. It is in no other measure;
  callers show how many there are.
* A censored observation (below a detection limit L, given as ``observed = L``) is inside of the factor of two when
  the prediction is at most 2 L. It is in no other measure: its value is not known.
* Both values 0: inside of the factor of two, and in FB and NMSE; the logarithms leave the pair out.
* One value 0: outside of the factor of two; MG is 0 or infinite and VG infinite, so that such a set fails. Nothing is
  lifted to a floor, because the floor would decide the result.

References
----------
.. [1] S. R. Hanna, J. C. Chang, D. G. Strimaitis, Atmos. Environ. 27A (1993) 2265-2285.
.. [2] J. C. Chang, S. R. Hanna, Meteorol. Atmos. Phys. 87 (2004) 167-196.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import HazardError

__all__ = ["METRICS", "Pairs", "compute_metrics"]

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Observations and predictions of one set, pair by pair.

    Attributes
    ----------
    observed, predicted : ndarray, shape (n,)
        In one unit; observations are finite and not negative, predictions NaN where the model refuses.
    censored : ndarray of bool, shape (n,)
        Whether the observation is a detection limit.
    """

    observed: _Floats
    predicted: _Floats
    censored: NDArray[np.bool_]

    @classmethod
    def of(cls, observed: ArrayLike, predicted: ArrayLike, censored: ArrayLike | None = None) -> "Pairs":
        """Return pairs of anything that NumPy reads.

        Raises
        ------
        HazardError
            If the lengths differ, there is no pair, or a value cannot be an amount.
        """
        seen = np.atleast_1d(np.asarray(observed, dtype=np.float64))
        computed = np.atleast_1d(np.asarray(predicted, dtype=np.float64))
        limits = np.zeros(seen.shape, bool) if censored is None else np.atleast_1d(np.asarray(censored, bool))
        if not seen.shape == computed.shape == limits.shape or seen.ndim != 1 or not seen.size:
            raise HazardError(
                f"pairs need equally many values: {seen.shape} observed, {computed.shape} predicted",
                f"观测与预测个数须相同：观测 {seen.shape}，预测 {computed.shape}",
            )
        if not np.all(np.isfinite(seen) & (seen >= 0)) or np.any(computed < 0) or np.any(np.isinf(computed)):
            raise HazardError(
                "observations and predictions are amounts: finite and not negative",
                "观测值与预测值须为有限的非负数",
            )
        return cls(seen, computed, limits)

    @property
    def refused(self) -> int:
        """Number of pairs without a prediction."""
        return int(np.isnan(self.predicted).sum())

    @property
    def known(self) -> "Pairs":
        """The pairs whose two values are known."""
        keep = ~np.isnan(self.predicted) & ~self.censored
        return Pairs(self.observed[keep], self.predicted[keep], self.censored[keep])


def fac2(pairs: Pairs) -> float:
    """Return the share of pairs with 0.5 <= C_p / C_o <= 2; 1 is perfect."""
    close = (pairs.predicted >= 0.5 * pairs.observed) & (pairs.predicted <= 2 * pairs.observed)
    below = pairs.censored & (pairs.predicted <= 2 * pairs.observed)
    return float(np.mean(close | below))


def fractional_bias(pairs: Pairs) -> float:
    """Return FB = 2 (mean C_o - mean C_p) / (mean C_o + mean C_p); 0 is perfect, above 0 predicts too little.

    NaN where no pair is known; 0 where all values are 0.
    """
    known = pairs.known
    if not known.observed.size:
        return float("nan")
    observed, predicted = known.observed.mean(), known.predicted.mean()
    total = observed + predicted
    return float(2 * (observed - predicted) / total) if total else 0.0


def geometric_mean_bias(pairs: Pairs) -> float:
    """Return MG = exp(mean ln C_o - mean ln C_p); 1 is perfect, above 1 predicts too little."""
    return float(np.exp(np.mean(_log_ratios(pairs)))) if _log_ratios(pairs).size else float("nan")


def geometric_variance(pairs: Pairs) -> float:
    """Return VG = exp(mean (ln C_o - ln C_p)^2); 1 is perfect."""
    return float(np.exp(np.mean(_log_ratios(pairs) ** 2))) if _log_ratios(pairs).size else float("nan")


def normalised_mean_square_error(pairs: Pairs) -> float:
    """Return NMSE = mean (C_o - C_p)^2 / (mean C_o * mean C_p); 0 is perfect.

    Infinite where one mean is 0 and the other is not; 0 where both are; NaN where no pair is known.
    """
    known = pairs.known
    if not known.observed.size:
        return float("nan")
    square = float(np.mean((known.observed - known.predicted) ** 2))
    product = float(known.observed.mean() * known.predicted.mean())
    if product:
        return square / product
    return float("inf") if square else 0.0


def largest_deviation(pairs: Pairs) -> float:
    """Return the largest |C_p - C_o| / C_o; for tables and worked examples. Infinite where the model refuses."""
    if pairs.refused:
        return float("inf")
    known = pairs.known
    difference = np.abs(known.predicted - known.observed)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(difference == 0, 0.0, difference / known.observed)
    return float(shares.max()) if shares.size else float("nan")


def _log_ratios(pairs: Pairs) -> _Floats:
    """Return ln C_o - ln C_p of the known pairs that are not both 0."""
    known = pairs.known
    some = (known.observed > 0) | (known.predicted > 0)
    with np.errstate(divide="ignore"):
        ratios: _Floats = np.log(known.observed[some]) - np.log(known.predicted[some])
    return ratios


METRICS: Mapping[str, Callable[[Pairs], float]] = {
    "FAC2": fac2,
    "FB": fractional_bias,
    "MG": geometric_mean_bias,
    "VG": geometric_variance,
    "NMSE": normalised_mean_square_error,
    "largest_deviation": largest_deviation,
}
"""Measures by the names that ``limits.toml`` uses, in the order of the tables."""


def compute_metrics(pairs: Pairs) -> dict[str, float]:
    """Return all measures of a set by name."""
    with np.errstate(over="ignore", invalid="ignore"):
        return {name: measure(pairs) for name, measure in METRICS.items()}
