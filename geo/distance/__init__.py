"""Exact geodesic distance in bulk: the nearest target of every subject, and every target within a limit."""

from geo.distance.contenders import Contenders, find_longest_edge_deg
from geo.distance.index import TIE_M, NearestResult, TargetIndex, TargetPairs, nearest
from geo.distance.sides import Side

__all__ = [
    "TIE_M",
    "Contenders",
    "NearestResult",
    "Side",
    "TargetIndex",
    "TargetPairs",
    "find_longest_edge_deg",
    "nearest",
]
