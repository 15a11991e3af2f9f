"""Register of the published models: who wrote it, where it holds, and which published numbers it was held against.

A model is verified when it passed a comparison of ``geo.hazard.validation`` that counts; every other one is shown as
``unverified`` in results and on the map. All are listed in ``models.toml``, so that reports can print citation and
limits of every model used.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from geo.errors import HazardError
from geo.hazard.validation.verdicts import failed_sets, passed_sets
from geo.text import Text

__all__ = ["Model", "model", "models"]

_PATH = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True, kw_only=True)
class Model:
    """One published model as this engine uses it.

    Attributes
    ----------
    key : str
        As events, clouds and releases name it, for example ``gaussian_plume``.
    name : Text
    citation : str
        Publication with equation numbers.
    limits : Text
        Where it holds; outside, results carry a warning or the model refuses.
    """

    key: str
    name: Text
    citation: str
    limits: Text

    @property
    def evidence(self) -> tuple[str, ...]:
        """Sets of comparisons that it passed."""
        return passed_sets(self.key)

    @property
    def failed(self) -> tuple[str, ...]:
        """Sets of comparisons that it failed: ``docs/validation.md`` says why, and which way it errs."""
        return failed_sets(self.key)

    @property
    def verified(self) -> bool:
        """Whether it passed a comparison with published numbers that counts."""
        return bool(self.evidence)


@cache
def models() -> Mapping[str, Model]:
    """Return all models by key, in the order of the computation."""
    rows = tomllib.loads(_PATH.read_text(encoding="utf-8"))
    return {
        key: Model(key=key, name=Text(**row["name"]), citation=row["citation"], limits=Text(**row["limits"]))
        for key, row in rows.items()
    }


def model(key: str) -> Model:
    """Return a model by key.

    Raises
    ------
    HazardError
        If there is none.
    """
    try:
        return models()[key]
    except KeyError:
        raise HazardError(f"there is no model {key!r}", f"没有模型 {key!r}") from None
