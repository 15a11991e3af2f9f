"""Every rule of the product answers its cases, and has one for every aspect that applies."""

from pathlib import Path

import pytest

from layers.checks import load_rules
from layers.rule_cases import run_cases

FOLDER = Path(__file__).parent


@pytest.fixture(scope="module")
def report():
    return run_cases(load_rules(), [FOLDER])


def test_every_case_passes(report):
    failed = [
        f"{result.rule} {result.aspect} {result.number}: expected {result.expected}, found {result.found}. "
        f"{result.explanation}"
        for result in report.results
        if not result.passed
    ]
    assert not failed, "\n".join(failed)


def test_every_rule_has_its_cases(report):
    assert not report.problems, "\n".join(report.problems)


def test_there_are_many_cases(report):
    assert len(report.results) >= 300
