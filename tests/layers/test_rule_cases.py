"""Case files: gaps, untrue reasons and mistakes are named; a case that fails says how."""

import pytest

from geo.errors import RuleError
from layers.siting.checks import load_rules
from layers.siting.rule_cases import run_cases

RULE = "yrpl-26-3-main"
WHOLE = """rule = "yrpl-26-3-main"
target = { role = "main_stem", basin = "yangtze", line_kind = "outer" }

[cases]
pass = [{ distance_m = 3100.0, verdict = "no_ban" }]
fail = [{ distance_m = 2900.0, verdict = "prohibited" }]
at_limit = [{ distance_m = 3000.0, verdict = "prohibited", decided = false }]
missing = [{ targets = 0, verdict = "insufficient_data", needs = ["layer rivers"] }]
state = [{ distance_m = 100.0, subject = { state = "closed" }, verdict = "no_ban" }]
dates = [{ distance_m = 100.0, on = 2019-05-01, verdict = "not_in_force" }]
undecided = [{ distance_m = 2999.0, verdict = "prohibited", decided = false }]
shape = [{ distance_m = 2900.0, shape = "holed", verdict = "prohibited" }]
zone_edge = [{ distance_m = 2900.0, verdict = "prohibited" }]
"""


def run(folder, text, rule=RULE):
    (folder / "cases.toml").write_text(text, encoding="utf-8")
    return run_cases(load_rules(), [folder], only=[rule])


def test_whole_file_passes(tmp_path):
    report = run(tmp_path, WHOLE)
    assert report.passed
    assert report.to_dict()["cases"] == 9
    assert report.to_dict()["failed"] == 0


def test_wrong_answer_is_shown_with_what_was_found(tmp_path):
    report = run(tmp_path, WHOLE.replace("3100.0", "2950.0"))
    (wrong,) = [result for result in report.results if not result.passed]
    assert (wrong.aspect, wrong.expected, wrong.found) == ("pass", "no_ban", "prohibited")
    assert "2\u202f950.0 m" in wrong.explanation
    assert not report.passed


def test_what_is_not_asked_for_is_shown(tmp_path):
    report = run(tmp_path, WHOLE.replace('"layer rivers"', '"layer lakes"'))
    (wrong,) = [result for result in report.results if not result.passed]
    assert wrong.found == "insufficient_data, does not ask for layer lakes"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'dates = [{ distance_m = 100.0, on = 2019-05-01, verdict = "not_in_force" }]\n',
            "",
            "no case for dates",
        ),
        (
            '"prohibited" }]\nzone',
            '"prohibited" }]\n[without]\nshape = "sharp: x"\n#',
            "shape has cases, yet a reason",
        ),
    ],
)
def test_gaps_are_problems(tmp_path, old, new, problem):
    assert old in WHOLE
    assert any(problem in found for found in run(tmp_path, WHOLE.replace(old, new)).problems)


@pytest.mark.parametrize(
    ("reason", "problem"),
    [
        ("sharp: no doubt", "sharp is not true of the rule"),
        ("no_limit: none", "no_limit is no reason for that"),
        ("whatever: words", "is not one of"),
        ("sharp", "is not one of"),
    ],
)
def test_reasons_are_checked_against_the_rule(tmp_path, reason, problem):
    text = WHOLE.replace(
        'undecided = [{ distance_m = 2999.0, verdict = "prohibited", decided = false }]\n', ""
    )
    report = run(tmp_path, f'{text}\n[without]\nundecided = "{reason}"\n')
    assert [found for found in report.problems if problem in found]


def test_rule_without_a_file_and_file_without_a_rule_are_problems(tmp_path):
    assert run_cases(load_rules(), [tmp_path], only=[RULE]).problems == [f"{RULE}: no case file"]
    report = run(tmp_path, WHOLE.replace(f'"{RULE}"', '"nobody"'))
    assert "cases.toml: no rule 'nobody' in the pack" in report.problems


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("distance_m = 3100.0", "distanse_m = 3100.0", "unknown key 'distanse_m'"),
        ("pass =", "passes =", "unknown key 'passes'"),
        ('"no_ban" }]\nfail', '"fine" }]\nfail', "'fine' is no verdict"),
        ('rule = "yrpl-26-3-main"\n', "", "missing key 'rule'"),
        ('"holed"', '"star"', "unknown shape 'star'"),
        ("[cases]", "[cases", "cannot be read"),
        ("targets = 0", 'features = [{ layer = "rivers", wkt = "LINE" }]', "is no WKT"),
    ],
)
def test_mistakes_are_refused(tmp_path, old, new, message):
    assert old in WHOLE
    with pytest.raises(RuleError, match=message):
        run(tmp_path, WHOLE.replace(old, new))


def test_two_files_of_one_rule_are_refused(tmp_path):
    (tmp_path / "again.toml").write_text(WHOLE, encoding="utf-8")
    with pytest.raises(RuleError, match=r"has cases in again\.toml"):
        run(tmp_path, WHOLE)
