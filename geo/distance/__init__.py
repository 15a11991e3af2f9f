"""Exact geodesic distance in bulk: the nearest target of every subject, and every target within a limit."""

from geo.distance.index import NearestResult, TargetIndex, TargetPairs, nearest

__all__ = ["NearestResult", "TargetIndex", "TargetPairs", "nearest"]
