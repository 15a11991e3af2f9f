"""Predictions beside observations: measures of every trial set and what they say by the acceptance limits."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geo.errors import GeoError, HazardError
from geo.hazard.models import models
from geo.hazard.validation.limits import Limits, limit_sets
from geo.hazard.validation.metrics import Pairs, compute_metrics
from geo.hazard.validation.predictions import PREDICTORS, Predictor
from geo.hazard.validation.trials import Observation, Trial, TrialSet, not_obtainable, trial_sets
from geo.text import Text

__all__ = ["Comparison", "SetResult", "Validation", "evaluate", "evaluate_set"]

_DIGITS = 6  # chosen
"""Significant digits of numbers in reports."""


@dataclass(frozen=True)
class Comparison:
    """One observation and what the engine says there.

    Attributes
    ----------
    trial, unit : str
    observation : Observation
    predicted : float
        NaN where the engine refuses.
    refusal : Text or None
        Why it refuses.
    """

    trial: str
    unit: str
    observation: Observation
    predicted: float
    refusal: Text | None

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "trial": self.trial,
            **self.observation.at,
            "observed": self.observation.value,
            "below_detection": self.observation.censored,
            "predicted": round_number(self.predicted),
            "unit": self.unit,
            "refusal": _words(self.refusal) if self.refusal else None,
        }


@dataclass(frozen=True)
class SetResult:
    """One trial set through one model of the engine.

    Attributes
    ----------
    trials : TrialSet
    model : str
    comparisons : tuple of Comparison
    measures : mapping of str to float
    limits : Limits
        The set that judges it.
    fails : tuple of str
        Measures outside those limits; empty: it passes.
    others : mapping of str to tuple of str
        The same by the other sets of limits that limit the same kind of measure.
    """

    trials: TrialSet
    model: str
    comparisons: tuple[Comparison, ...]
    measures: Mapping[str, float]
    limits: Limits
    fails: tuple[str, ...]
    others: Mapping[str, tuple[str, ...]]

    @property
    def key(self) -> str:
        """Name of the result: that of the set, with the model where it is not the set's first one."""
        return self.trials.key if self.model == self.trials.model else f"{self.trials.key}-{self.model}"

    @property
    def passes(self) -> bool:
        """Whether all limited measures lie in their ranges."""
        return not self.fails

    @property
    def refused(self) -> int:
        """How many comparisons have no prediction."""
        return sum(math.isnan(each.predicted) for each in self.comparisons)

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON; measures without a finite value are null and fail."""
        it = self.trials
        return {
            "key": self.key,
            "title": _words(it.title),
            "kind": it.kind,
            "quantity": _words(it.quantity),
            "unit": it.unit,
            "model": self.model,
            "model_name": _words(models()[self.model].name) if self.model in models() else None,
            "standing": it.standing.value,
            "advisory": it.advisory,
            "source": it.source,
            "read_in": it.read_in,
            "note": _words(it.note),
            "comparisons": len(self.comparisons),
            "refused": self.refused,
            "measures": {name: round_number(value) for name, value in self.measures.items()},
            "limits": self.limits.key,
            "ranges": {name: list(pair) for name, pair in self.limits.ranges.items()},
            "passes": self.passes,
            "fails": list(self.fails),
            "by_other_limits": {key: list(fails) for key, fails in self.others.items()},
            "values": [each.to_dict() for each in self.comparisons],
        }


@dataclass(frozen=True)
class Validation:
    """All trial sets through the engine."""

    sets: tuple[SetResult, ...]

    @property
    def failing(self) -> tuple[SetResult, ...]:
        """The sets that fail and count: advisory ones are shown only."""
        return tuple(each for each in self.sets if not each.passes and not each.trials.advisory)

    @property
    def counted(self) -> int:
        """How many comparisons count."""
        return sum(len(each.comparisons) for each in self.sets if not each.trials.advisory)

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "comparisons": self.counted,
            "advisory_comparisons": sum(len(each.comparisons) for each in self.sets) - self.counted,
            "failing": [each.key for each in self.failing],
            "sets": [each.to_dict() for each in self.sets],
            "limits": [
                {"key": each.key, "title": _words(each.title), "source": each.source}
                | {"ranges": {name: list(pair) for name, pair in each.ranges.items()}}
                | {"standing": each.standing.value, "note": _words(each.note), "applies_to": each.applies_to}
                for each in limit_sets().values()
            ],
            "not_obtainable": [
                {"name": each.name, "wanted": _words(each.wanted)}
                | {"why": _words(each.why), "where": each.where}
                for each in not_obtainable()
            ],
        }


def round_number(value: float) -> float | None:
    """Return a number with six significant digits; None where it is not finite."""
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _words(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def evaluate(
    keys: Sequence[str] | None = None, progress: Callable[[float, str], None] | None = None
) -> Validation:
    """Return trial sets through the engine: rates, clouds, fires, blasts.

    Parameters
    ----------
    keys : sequence of str, optional
        Which sets; by default all.
    progress : callable, optional
        Told the share that is done and the set that is next.

    Raises
    ------
    HazardError
        If there is no such set.
    """
    known = trial_sets()
    wrong = [key for key in keys or () if key not in known]
    if wrong:
        raise HazardError(
            f"no trial set {', '.join(wrong)}; there are: {', '.join(known)}",
            f"没有验证集 {'、'.join(wrong)}；现有：{'、'.join(known)}",
        )
    chosen = [known[key] for key in PREDICTORS if keys is None or key in keys]
    results: list[SetResult] = []
    for done, each in enumerate(chosen):
        if progress is not None:
            progress(done / len(chosen), each.key)
        results += [evaluate_set(each, model, predict) for model, predict in PREDICTORS[each.key].items()]
    return Validation(tuple(results))


def evaluate_set(trials: TrialSet, model: str, predict: Predictor) -> SetResult:
    """Return one trial set through a predictor of the engine."""
    comparisons = tuple(each for trial in trials.trials for each in _compare(trial, predict))
    pairs = Pairs.of(
        [each.observation.value for each in comparisons],
        [each.predicted for each in comparisons],
        [each.observation.censored for each in comparisons],
    )
    measures = compute_metrics(pairs)
    limits = limit_sets()[trials.limits]
    return SetResult(
        trials=trials,
        model=model,
        comparisons=comparisons,
        measures=measures,
        limits=limits,
        fails=limits.failures(measures),
        others={
            key: other.failures(measures)
            for key, other in limit_sets().items()
            if key != limits.key and _are_alike(other, limits)
        },
    )


def _are_alike(one: Limits, other: Limits) -> bool:
    """Whether both judge statistics, or both judge single deviations."""
    return ("largest_deviation" in one.ranges) == ("largest_deviation" in other.ranges)


def _compare(trial: Trial, predict: Predictor) -> Iterable[Comparison]:
    refusal = None
    try:
        values = [float(value) for value in predict(trial)]
    except GeoError as error:
        values = [math.nan] * len(trial.observations)
        refusal = Text(error.zh, error.message)
    for observation, value in zip(trial.observations, values, strict=True):
        yield Comparison(trial.name, trial.unit, observation, value, refusal)
