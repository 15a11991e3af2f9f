"""Criteria at equality, criterion lines, classes of protection targets at their bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import HazardError, ParameterError
from geo.hazard.criteria import (
    TARGET_CLASSES,
    SocietalRegion,
    class_names,
    individual_risk_criterion,
    is_acceptable,
    judge_societal_risk,
    propose_class,
    societal_limit_per_year,
)
from geo.hazard.tables import table
from geo.standing import Standing


@pytest.mark.parametrize(
    ("target_class", "new", "in_service"),
    [
        ("high_sensitivity", 3e-7, 3e-6),
        ("important", 3e-7, 3e-6),
        ("general_1", 3e-7, 3e-6),
        ("general_2", 3e-6, 1e-5),
        ("general_3", 1e-5, 3e-5),
    ],
)
def test_individual_risk_criteria(target_class, new, in_service):
    for state in ("new", "rebuild", "expand"):
        assert individual_risk_criterion(target_class, state).number == new
    assert individual_risk_criterion(target_class, "in_service").number == in_service
    assert individual_risk_criterion(target_class, "new").standing is Standing.RECALLED


def test_states_and_classes_without_criterion_are_refused():
    with pytest.raises(HazardError, match="'closed'"):
        individual_risk_criterion("general_1", "closed")
    with pytest.raises(ParameterError, match="general_4"):
        individual_risk_criterion("general_4", "new")


def test_equality_is_acceptable():
    criterion = individual_risk_criterion("general_2", "new")
    assert is_acceptable(3e-6, criterion)
    assert not is_acceptable(3.0000001e-6, criterion)


def test_overpressure_limits():
    assert [table("overpressure_limits")[each].number for each in TARGET_CLASSES] == [
        2000,
        2000,
        2000,
        5000,
        9000,
    ]


# Read off the lines through (10, 1e-4) and (10, 1e-6) with slope -1.
@pytest.mark.parametrize(
    ("deaths", "upper", "lower"), [(1, 1e-3, 1e-5), (10, 1e-4, 1e-6), (1000, 1e-6, 1e-8)]
)
def test_societal_lines(deaths, upper, lower):
    assert societal_limit_per_year(deaths, "upper") == pytest.approx(upper)
    assert societal_limit_per_year(deaths, "lower") == pytest.approx(lower)


@pytest.mark.parametrize("deaths", [0.5, 1001, float("nan")])
def test_societal_lines_end(deaths):
    with pytest.raises(HazardError, match="run from"):
        societal_limit_per_year(deaths, "upper")


@pytest.mark.parametrize(
    ("curve", "region"),
    [
        ([], SocietalRegion.ACCEPTABLE),
        ([(1.0, 1e-5), (10.0, 1e-6)], SocietalRegion.ACCEPTABLE),
        ([(1.0, 1e-5), (10.0, 1.1e-6)], SocietalRegion.ALARP),
        ([(10.0, 1e-4)], SocietalRegion.ALARP),
        ([(1.0, 1e-6), (100.0, 1.1e-5)], SocietalRegion.UNACCEPTABLE),
        ([(0.5, 1.0)], SocietalRegion.ACCEPTABLE),
        ([(5000.0, 1e-6)], SocietalRegion.UNACCEPTABLE),
    ],
)
def test_societal_regions(curve, region):
    assert judge_societal_risk(curve) is region


@given(
    st.lists(st.tuples(st.floats(1, 1e4), st.floats(0, 1)), max_size=5),
    st.tuples(st.floats(1, 1e4), st.floats(0, 1)),
)
def test_another_accident_never_betters_the_region(curve, corner):
    order = [SocietalRegion.ACCEPTABLE, SocietalRegion.ALARP, SocietalRegion.UNACCEPTABLE]
    assert order.index(judge_societal_risk([*curve, corner])) >= order.index(judge_societal_risk(curve))


@pytest.mark.parametrize(
    ("use", "numbers", "target_class"),
    [
        ("education", {}, "high_sensitivity"),
        ("medical", {"beds": 3}, "high_sensitivity"),
        ("religious", {}, "important"),
        ("government", {}, "general_1"),
        ("filling_station", {}, "general_3"),
        ("housing", {"households": 30}, "general_1"),
        ("housing", {"households": 29, "people": 100}, "general_1"),
        ("housing", {"households": 10, "people": 29}, "general_2"),
        ("housing", {"households": 9, "people": 30}, "general_2"),
        ("housing", {"households": 9, "people": 29}, "general_3"),
        ("office", {"people": 99}, "general_2"),
        ("office", {"people": 100}, "general_1"),
        ("hotel", {"beds": 100}, "general_1"),
        ("hotel", {"beds": 99}, "general_2"),
        ("industry", {"people": 100}, "general_2"),
        ("industry", {"people": 0}, "general_3"),
        ("park", {"floor_area_m2": 1500}, "general_2"),
        ("retail", {"floor_area_m2": 5000}, "general_1"),
        ("retail", {"floor_area_m2": 1499, "people": 100}, "general_2"),
    ],
)
def test_classes_at_their_bounds(use, numbers, target_class):
    proposal = propose_class(use, **numbers)
    assert proposal.target_class == target_class
    assert proposal.parameters
    assert proposal.reason.zh


@pytest.mark.parametrize(
    ("use", "numbers", "missing"),
    [
        ("housing", {}, "households, people"),
        ("housing", {"households": 12}, "people"),  # 100 people would make it class 1
        ("housing", {"people": 5}, "households"),
        ("hotel", {"people": 500}, "beds"),
    ],
)
def test_a_missing_number_leaves_the_class_open(use, numbers, missing):
    proposal = propose_class(use, **numbers)
    assert proposal.target_class is None
    assert missing in proposal.reason.en


def test_an_unknown_use_has_no_class():
    assert propose_class("volcano").target_class is None


@pytest.mark.parametrize("people", [-1, float("nan")])
def test_impossible_numbers_are_refused(people):
    with pytest.raises(HazardError, match="people"):
        propose_class("office", people=people)


def test_the_table_of_classes_is_recalled_and_whole():
    rows = table("protection_targets")
    assert tuple(class_names()) == TARGET_CLASSES
    assert all(row.standing is Standing.RECALLED for row in rows.values())
    for use in rows.below("use"):
        word = rows[f"use/{use}"].word
        assert word in TARGET_CLASSES or f"size/{use}/below" in rows
