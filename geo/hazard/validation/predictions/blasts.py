"""Published blast tables through the engine's blast models."""

from collections.abc import Iterable

from geo.hazard.blasts.tnt import scaled_blast
from geo.hazard.validation.trials import Trial

__all__ = ["predict_tnt_blast"]


def predict_tnt_blast(trial: Trial) -> Iterable[float]:
    """Return the blast quantity that the trial is named after, at its scaled distances."""
    distances = [each.at["scaled_distance_m_kg13"] for each in trial.observations]
    return map(float, scaled_blast(trial.name, distances))
