"""Blast curves that are read off log-log charts at a few nodes: straight lines between them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["read_curve"]


def read_curve(
    scaled_distance: ArrayLike, nodes: NDArray[np.float64], values: NDArray[np.float64], plateau: float
) -> NDArray[np.float64]:
    """Value of a falling curve at scaled distances, straight in logarithms.

    Parameters
    ----------
    scaled_distance : array_like
        0 or more.
    nodes, values : ndarray
        Rising distances, two or more, with their values.
    plateau : float
        Nearer than the first node the first slope goes on, up to this.

    Returns
    -------
    ndarray
        Beyond the last node the value falls with the distance, as sound does.
    """
    distance = np.asarray(scaled_distance, dtype=np.float64)
    with np.errstate(divide="ignore"):
        logarithm = np.log(distance)
    x, y = np.log(nodes), np.log(values)
    inside = np.interp(logarithm, x, y)
    first_slope = (y[1] - y[0]) / (x[1] - x[0])
    with np.errstate(invalid="ignore"):
        near = y[0] + (first_slope * (logarithm - x[0]) if first_slope else 0.0)
    read = np.where(logarithm < x[0], near, np.where(logarithm > x[-1], y[-1] - (logarithm - x[-1]), inside))
    return np.asarray(np.exp(np.minimum(read, np.log(plateau))))
