"""Register of the published models: who wrote it, where it holds, and which published numbers it was held against.

A model is verified when it passed a comparison of ``geo.hazard.validation`` that counts; every other one is shown as
``unverified`` in results and on the map. Each package of models declares its rows beside the code and adds them here by
name, so that reports can print citation and limits of every model used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from geo.errors import HazardError
from geo.hazard.validation.verdicts import passed_sets
from geo.text import Text

__all__ = ["Model", "model", "models"]

_MODULES: tuple[str, ...] = (
    "geo.hazard.releases.register",
    "geo.hazard.dispersion.register",
    "geo.hazard.fires",
    "geo.hazard.blasts",
)
"""Modules that declare ``MODELS``, in the order in which they are listed."""


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
    def verified(self) -> bool:
        """Whether it passed a comparison with published numbers that counts."""
        return bool(self.evidence)


def models() -> Mapping[str, Model]:
    """Return all models by key, in the order of the computation.

    Raises
    ------
    HazardError
        If two models share a key.
    """
    found: dict[str, Model] = {}
    for module in _MODULES:
        for each in import_module(module).MODELS:
            if each.key in found:
                raise HazardError(f"two models are called {each.key!r}")
            found[each.key] = each
    return found


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
