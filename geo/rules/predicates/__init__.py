"""The tests that rules are made of, by name."""

from geo.rules.predicates import outside_distance, within_distance
from geo.rules.predicates.base import Predicate
from geo.rules.rule import Rule, RulePack

__all__ = ["PREDICATES", "needed_layers"]

PREDICATES: dict[str, Predicate] = {
    predicate.name: predicate
    for predicate in (
        outside_distance.PREDICATE,
        within_distance.PREDICATE,
    )
}
"""Every predicate that a rule pack can name."""


def needed_layers(pack: RulePack) -> list[str]:
    """Return the layers that the rules of a pack read, sorted."""
    return sorted(set().union(*(_layers_of(rule) for rule in pack.rules)))


def _layers_of(rule: Rule) -> set[str]:
    own = {rule.target_layer} - {None}
    joined = (_layers_of(test) for test in rule.tests)
    return set().union(own, PREDICATES[rule.predicate].layers, *joined)  # type: ignore[arg-type]
