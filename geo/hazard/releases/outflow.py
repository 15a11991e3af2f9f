"""How an outflow falls off while its vessel empties, and the constant rate that stands in for it.

Quasi-steady: at each moment the rate is that of the state the vessel has then. What falls is told by one law of the
remaining share ``s`` of the contents; releases are short enough to be followed without heat from outside.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Outflow", "follow_outflow"]

_STEPS = 400  # numerical


@dataclass(frozen=True, kw_only=True)
class Outflow:
    """An outflow as a constant rate.

    Attributes
    ----------
    initial_kg_s : float
    rate_kg_s : float
        Mean over the mass: the rate at which the average kilogram leaves, above the mean over time.
    mass_kg : float
        That leaves in all.
    duration_s : float
        ``mass_kg / rate_kg_s``: never longer than what was allowed.
    """

    initial_kg_s: float
    rate_kg_s: float
    mass_kg: float
    duration_s: float


def follow_outflow(rate_of_share: Callable[[float], float], mass_kg: float, longest_s: float) -> Outflow:
    """Return the outflow from a vessel until it is empty, stops by itself, or time is up.

    Parameters
    ----------
    rate_of_share : callable
        Rate [kg/s] when a share (1 at the start, 0 when empty) of the contents is left; falling with the share.
    mass_kg : float
        Contents.
    longest_s : float
        Time until it is isolated.

    Notes
    -----
    A constant rate has to stand for a falling one. The mean over the mass, ``integral W^2 dt / integral W dt``, keeps
    the mass and does not thin an early strong outflow by a long weak tail: half the first rate for an exponential
    fall, two thirds for a linear one.
    """
    edges = np.linspace(1.0, 0.0, _STEPS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    rates = np.array([rate_of_share(float(share)) for share in middle])
    flowing = rates > 0
    last = len(rates) if flowing.all() else int(np.argmin(flowing))
    rates, portion = rates[:last], mass_kg / _STEPS
    ends = np.cumsum(portion / rates)
    started = np.concatenate(([0.0], ends[:-1]))
    within = np.clip((longest_s - started) / (ends - started), 0.0, 1.0)
    masses = portion * within
    total = float(np.sum(masses))
    rate = float(np.sum(rates * masses)) / total if total else 0.0
    return Outflow(
        initial_kg_s=rate_of_share(1.0),
        rate_kg_s=rate,
        mass_kg=total,
        duration_s=total / rate if rate else 0.0,
    )
