"""Every rule of the product answers its cases, and has one for every aspect that applies."""

from pathlib import Path

import pytest

from layers.siting.checks import load_rules
from layers.siting.rule_cases import read_cases, run_cases

FOLDER = Path(__file__).parent
PACK = load_rules()


@pytest.mark.parametrize("rule", [rule.id for rule in PACK.rules])
def test_rule_answers_its_cases(rule):
    report = run_cases(PACK, [FOLDER / f"{rule}.toml"], only=[rule])
    failed = [
        f"{result.aspect} {result.number}: expected {result.expected}, found {result.found}. {result.explanation}"
        for result in report.results
        if not result.passed
    ]
    assert not [*failed, *report.problems], "\n".join([*failed, *report.problems])


def test_every_file_is_of_a_rule_and_there_are_many_cases():
    files = [read_cases(path) for path in FOLDER.glob("*.toml")]
    assert {file.rule for file in files} == {rule.id for rule in PACK.rules}
    assert all(file.path.stem == file.rule for file in files)
    assert sum(len(listed) for file in files for listed in file.cases.values()) >= 1000
