"""The tests that rules are made of, by name."""

from dataclasses import replace

from geo.rules.predicates import (
    along_line,
    attribute,
    count_within,
    covers_share,
    dam_class_minimum,
    design_grade,
    downstream_within,
    downwind,
    height_difference,
    in_debris_fan,
    in_run_out,
    inside,
    intersects,
    jurisdiction_count,
    lacks_monitoring,
    newer_than,
    older_than,
    outside_distance,
    phreatic_depth,
    sliding_window,
    table_distance,
    warning_level,
    within_distance,
    within_impact_radius,
)
from geo.rules.predicates.base import Predicate, widening
from geo.rules.predicates.combination import combinations
from geo.rules.predicates.surveyed import surveyed
from geo.rules.rule import Rule, RulePack
from geo.rules.survey import COVERAGE_LAYER

__all__ = ["PREDICATES", "needed_layers", "needed_rasters"]

PREDICATES: dict[str, Predicate] = {
    predicate.name: replace(predicate, read=surveyed(widening(predicate.read)))
    if predicate.has_target
    else predicate
    for predicate in (
        along_line.PREDICATE,
        attribute.PREDICATE,
        count_within.PREDICATE,
        covers_share.PREDICATE,
        dam_class_minimum.PREDICATE,
        design_grade.PREDICATE,
        downstream_within.PREDICATE,
        downwind.PREDICATE,
        height_difference.PREDICATE,
        in_debris_fan.PREDICATE,
        in_run_out.PREDICATE,
        inside.PREDICATE,
        intersects.PREDICATE,
        jurisdiction_count.PREDICATE,
        lacks_monitoring.PREDICATE,
        newer_than.PREDICATE,
        older_than.PREDICATE,
        outside_distance.PREDICATE,
        phreatic_depth.PREDICATE,
        sliding_window.PREDICATE,
        table_distance.PREDICATE,
        warning_level.PREDICATE,
        within_distance.PREDICATE,
        within_impact_radius.PREDICATE,
    )
}
"""Every predicate that a rule pack can name."""

PREDICATES.update({predicate.name: predicate for predicate in combinations(PREDICATES)})


def needed_layers(pack: RulePack) -> list[str]:
    """Return the layers that the rules of a pack read, declarations of complete surveys with them; sorted."""
    return sorted({layer for rule in _tests(pack.rules) for layer in _layers_of(rule)})


def needed_rasters(pack: RulePack) -> list[str]:
    """Return the kinds of raster that the rules of a pack read, sorted."""
    return sorted({kind for rule in _tests(pack.rules) for kind in PREDICATES[rule.predicate].rasters})


def _tests(rules: tuple[Rule, ...]) -> list[Rule]:
    """Return rules and the tests that they join."""
    return [each for rule in rules for each in (rule, *_tests(rule.tests))]


def _layers_of(rule: Rule) -> tuple[str, ...]:
    own = () if rule.target_layer is None else (rule.target_layer, COVERAGE_LAYER)
    return (*own, *PREDICATES[rule.predicate].layers)
