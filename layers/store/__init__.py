"""Where layers live: one model, two databases."""

from layers.store.features import to_features
from layers.store.migrations import current_revision, downgrade, upgrade
from layers.store.records import Hit, LayerSummary, Run, WriteResult
from layers.store.repository import Store
from layers.store.values import check_value

__all__ = [
    "Hit",
    "LayerSummary",
    "Run",
    "Store",
    "WriteResult",
    "check_value",
    "current_revision",
    "downgrade",
    "to_features",
    "upgrade",
]
