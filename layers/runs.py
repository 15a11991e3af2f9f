"""Which code computed a run, and the id that follows from all that went into it."""

import json
import uuid
from importlib.metadata import PackageNotFoundError, version

__all__ = ["code_version", "make_run_id"]

_NAMESPACE = uuid.UUID("b1f3c1b2-5a47-5c0e-9c55-1d0d5f4f8f21")
"""Namespace of the ids of runs."""


def code_version() -> str:
    """Return the version of the installed product, ``0`` where it is not installed."""
    try:
        return version("riskmap")
    except PackageNotFoundError:
        return "0"


def make_run_id(kind: str, *inputs: object) -> str:
    """Return the id of a run: the same code on the same inputs has the same id.

    Parameters
    ----------
    kind : str
    *inputs : object
        Parameters and digests, as JSON values.
    """
    text = json.dumps([kind, code_version(), *inputs], ensure_ascii=False, sort_keys=True)
    return str(uuid.uuid5(_NAMESPACE, text))
