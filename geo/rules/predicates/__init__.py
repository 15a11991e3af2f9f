"""The tests that rules are made of, by name."""

from geo.rules.predicates import within_distance
from geo.rules.predicates.base import Predicate

__all__ = ["PREDICATES"]

PREDICATES: dict[str, Predicate] = {predicate.name: predicate for predicate in (within_distance.PREDICATE,)}
"""Every predicate that a rule pack can name."""
