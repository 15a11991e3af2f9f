"""Trial sets, limits and verdicts: what the data files must hold, and that every set can fail."""

import math
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from geo.errors import HazardError
from geo.hazard.models import models
from geo.hazard.validation.evaluation import Validation, evaluate, evaluate_set
from geo.hazard.validation.limits import limit_sets, read_limits
from geo.hazard.validation.predictions import PREDICTORS
from geo.hazard.validation.predictions.fires import predict_jet_flux
from geo.hazard.validation.trials import DATA_FOLDER, Trial, not_obtainable, read_trial_set, trial_sets
from geo.hazard.validation.verdicts import failed_sets, passed_sets, verdicts
from geo.standing import Standing

SETS = tuple(trial_sets())

FAILING = {
    "burro-britter_mcquaid",
    "coyote",
    "coyote-britter_mcquaid",
    "epa_plume_tables",
    "maplin_sands",
    "pool_flame_lengths",
    "prairie_grass",
    "prairie_grass-gaussian_plume_tno",
    "shell_fireballs",
}
"""What failed last time; not what should. A model that gets better or worse shows here and is looked at."""


@pytest.fixture(scope="module")
def validation() -> Validation:
    """Everything through the engine, once."""
    return evaluate()


@pytest.mark.parametrize("key", SETS)
def test_data_say_where_they_come_from(key) -> None:
    trials = trial_sets()[key]
    for words in (trials.source, trials.read_in, trials.licence, trials.unit):
        assert words.strip()
    for text in (trials.title, trials.quantity, trials.note):
        assert text.zh
        assert text.en
    assert trials.standing in Standing
    assert (DATA_FOLDER / f"{key}.toml").read_text(encoding="utf-8").startswith("# ")
    assert len({trial.name for trial in trials.trials}) == len(trials.trials)


def test_recalled_and_disputed_sets_do_not_count() -> None:
    advisory = {key for key, trials in trial_sets().items() if trials.advisory}
    assert advisory == {
        "ammonia_discharge",
        "desert_tortoise",
        "goldfish",
        "lfl_distances",
        "pool_evaporation_examples",
    }


def test_every_set_has_its_predictors_and_limits() -> None:
    assert PREDICTORS.keys() == trial_sets().keys()
    for key, trials in trial_sets().items():
        assert next(iter(PREDICTORS[key])) == trials.model
        assert trials.limits in limit_sets()


def test_models_are_those_of_the_register() -> None:
    named = {model for predictors in PREDICTORS.values() for model in predictors}
    assert named - models().keys() == {"gaussian_plume_tno"}


def test_verdicts_kept_are_those_computed(validation) -> None:
    computed: dict[str, dict[str, bool]] = {}
    for each in validation.sets:
        if not each.trials.advisory:
            computed.setdefault(each.model, {})[each.trials.key] = each.passes
    right = "\n".join(
        f"\n[{model}]\n" + "\n".join(f"{key} = {str(passed).lower()}" for key, passed in sorted(sets.items()))
        for model, sets in sorted(computed.items())
    )
    assert verdicts() == computed, f"verdicts.toml should hold\n{right}"


def test_model_is_verified_by_sets_that_it_passed_and_nothing_else() -> None:
    advisory = {key for key, trials in trial_sets().items() if trials.advisory}
    for key, each in models().items():
        assert each.verified == (len(each.evidence) > 0)
        assert advisory.isdisjoint(each.evidence)
        for name in each.evidence:
            assert key in PREDICTORS[name]
            assert verdicts()[key][name]


def test_failed_set_verifies_nothing() -> None:
    assert verdicts()["fireball"]["shell_fireballs"] is False
    assert "shell_fireballs" not in passed_sets("fireball")
    assert passed_sets("phlogiston") == ()


def test_unverified_models_are_those_of_last_time() -> None:
    """Models without a published number to pass; leaves when one is found."""
    assert {key for key, each in models().items() if not each.verified} == {
        "baker_strehlow_slow",
        "mackay_matsugu",
        "multi_energy_weak",
        "sutton",
    }


def test_examples_are_no_measurements() -> None:
    """A computed example shows that we compute what its author computes, not that either is right."""
    for key, trials in trial_sets().items():
        if key.endswith("_examples"):
            assert trials.kind != "measured"


def test_far_more_than_a_hundred_values_were_measured() -> None:
    measured = [
        trials for trials in trial_sets().values() if trials.kind == "measured" and not trials.advisory
    ]
    assert sum(len(trial.observations) for trials in measured for trial in trials.trials) >= 300


def test_limits_name_paper_and_can_fail() -> None:
    for limits in limit_sets().values():
        assert any(character.isdigit() for character in limits.source)  # the year
        assert limits.title.zh
        assert limits.title.en
        # A model that is three times too high everywhere is outside of every set of limits.
        assert limits.failures(
            {"FAC2": 0, "FB": -1, "MG": 1 / 3, "VG": 3.34, "NMSE": 4 / 3, "largest_deviation": 2}
        )


def test_measure_that_is_no_number_fails() -> None:
    limits = limit_sets()["chang_hanna_2004"]
    assert limits.failures(dict.fromkeys(limits.ranges, math.nan)) == tuple(limits.ranges)


def test_ends_of_ranges_pass() -> None:
    limits = limit_sets()["lng_mep"]
    assert limits.failures({"FAC2": 0.5, "MG": 1.5, "VG": 3.3}) == ()
    assert limits.failures({"FAC2": 0.49, "MG": 1.51, "VG": 3.31}) == ("FAC2", "MG", "VG")


@pytest.mark.parametrize("key", SETS)
@pytest.mark.parametrize("factor", [3.0, 1 / 3], ids=["too high", "too low"])
def test_model_wrong_by_three_fails_every_set(key, factor) -> None:
    trials = trial_sets()[key]
    result = evaluate_set(trials, "wrong", lambda trial: [factor * each.value for each in trial.observations])
    assert not result.passes


@pytest.mark.parametrize("key", SETS)
def test_right_model_passes_every_set(key) -> None:
    trials = trial_sets()[key]
    result = evaluate_set(trials, trials.model, lambda trial: [each.value for each in trial.observations])
    assert result.passes
    assert result.key == key


def test_real_model_made_wrong_by_three_fails() -> None:
    trials = trial_sets()["johnson_jets"]
    right = evaluate_set(trials, "jet_fire", predict_jet_flux)
    wrong = evaluate_set(trials, "jet_fire", lambda trial: [3 * value for value in predict_jet_flux(trial)])
    assert right.passes
    assert wrong.fails == ("FAC2", "MG", "VG")


def test_model_that_refuses_fails_and_says_why() -> None:
    def refuse(trial: Trial) -> list[float]:
        raise HazardError("no such model", "没有该模型")

    result = evaluate_set(trial_sets()["burro"], "none", refuse)
    assert result.fails == ("FAC2", "MG", "VG")
    assert result.refused == len(result.comparisons) == 15
    refusal = result.comparisons[0].refusal
    assert refusal is not None
    assert (refusal.zh, refusal.en) == ("没有该模型", "no such model")
    assert result.to_dict()["measures"]["MG"] is None


def test_verdicts_are_those_of_last_time(validation) -> None:
    assert {each.key for each in validation.failing} == FAILING


def test_document_says_why_each_set_fails_and_which_way(validation) -> None:
    path = Path(__file__).parents[3] / "docs" / "validation.md"
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| ([\d.]+) \| ([\d.]+)–([\d.]+) \| ([\w, ]+) \|",
        path.read_text("utf-8"),
        re.M,
    )
    told = {(key, model): (*map(float, numbers), fails) for key, model, *numbers, fails in rows}
    assert told.keys() == {(each.trials.key, each.model) for each in validation.failing}
    for each in validation.failing:
        pairs = [pair for pair in each.to_dict()["values"] if not pair["below_detection"]]
        ratios = [pair["predicted"] / pair["observed"] for pair in pairs]
        factor, low, high, fails = told[each.trials.key, each.model]
        assert (low, high) == (pytest.approx(min(ratios), rel=0.05), pytest.approx(max(ratios), rel=0.05))
        assert factor == pytest.approx(1.0 / each.to_dict()["measures"]["MG"], abs=0.01)
        assert fails.split(", ") == list(each.to_dict()["fails"])
        assert each.trials.key in failed_sets(each.model)


def test_product_shows_where_it_fails(validation) -> None:
    told = validation.to_dict()
    assert told["comparisons"] >= 900
    assert set(told["failing"]) == FAILING
    assert [each["key"] for each in told["sets"] if each["advisory"]] == [
        "ammonia_discharge",
        "pool_evaporation_examples",
        "lfl_distances",
        "desert_tortoise",
        "goldfish",
    ]
    assert len(told["not_obtainable"]) == len(not_obtainable()) >= 14


def test_no_set_that_counts_has_refusals(validation) -> None:
    assert {each.key for each in validation.sets if each.refused} == {"goldfish"}


def test_chosen_sets_only() -> None:
    told: list[tuple[float, str]] = []
    found = evaluate(["swisdak_tables", "gas_discharge"], lambda share, key: told.append((share, key)))
    assert [each.key for each in found.sets] == ["gas_discharge", "swisdak_tables"]
    assert told == [(0.0, "gas_discharge"), (0.5, "swisdak_tables")]
    with pytest.raises(HazardError, match="no trial set atlantis"):
        evaluate(["atlantis"])


def test_two_runs_say_the_same() -> None:
    first, second = (evaluate(["burro", "prairie_grass"]).to_dict() for _ in range(2))
    assert first == second


def test_missing_condition_is_named() -> None:
    trial = trial_sets()["prairie_grass"].trials[0]
    assert trial.number("wind_m_s") == 4.44
    with pytest.raises(HazardError, match="no number 'humidity'"):
        trial.number("humidity")
    with pytest.raises(HazardError, match="no word 'wind_m_s'"):
        trial.word("wind_m_s")


def test_censored_value_is_marked() -> None:
    (below,) = (
        each for trial in trial_sets()["burro"].trials for each in trial.observations if each.censored
    )
    assert (below.at["distance_m"], below.value) == (800, 1e-4)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('unit = "kg/m3"', "", "missing or unknown keys: \\['unit'\\]"),
        ('licence = "measured', 'license = "measured', "missing or unknown keys"),
        ('source = "M. L. Barad', 'source = ""  # "M. L. Barad', "empty keys \\['source'\\]"),
        ('kind = "measured"', 'kind = "guessed"', "kind 'guessed'"),
        ("[50, 9.78e-5]", "[50]", "rows do not fit the columns"),
        ("title = {", "title = {{", "trial set wrong.toml"),
    ],
)
def test_wrong_data_file_is_refused(tmp_path, before, after, message) -> None:
    good = (DATA_FOLDER / "prairie_grass.toml").read_text(encoding="utf-8")
    assert before in good
    path = tmp_path / "wrong.toml"
    path.write_text(good.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(HazardError, match=message):
        read_trial_set(path)


@pytest.mark.parametrize(
    "wrong",
    ["FAC2 = [1.0, 0.5]", "FAC2 = 0.5", "FAC3 = [0.0, 1.0]", ""],
    ids=["upside down", "no range", "unknown measure", "none"],
)
def test_wrong_limits_are_refused(tmp_path, wrong) -> None:
    path = tmp_path / "limits.toml"
    words = 'title = {zh = "a", en = "a"}\nsource = "b"\nstanding = "recalled"\nnote = {zh = "", en = ""}\n'
    path.write_text(f'[own]\n{words}applies_to = ""\n{wrong}\n', encoding="utf-8")
    with pytest.raises(HazardError, match="limits 'own'"):
        read_limits(path)


def test_data_hold_what_the_sources_say() -> None:
    """Spot checks of the transcription against the named sources."""
    grass = trial_sets()["prairie_grass"].trials
    assert [trial.number("rate_kg_s") for trial in grass] == [0.0899, 0.0959, 0.0484, 0.0415, 0.0388]
    swisdak = {trial.name: trial for trial in trial_sets()["swisdak_tables"].trials}
    at_ten = {
        name: each.value
        for name, trial in swisdak.items()
        for each in trial.observations
        if each.at["scaled_distance_m_kg13"] == 10
    }
    assert at_ten == {
        "arrival": 21.66,
        "incident_pressure": 14.89,
        "reflected_pressure": 31.54,
        "duration": 4.779,
        "incident_impulse": 31.04,
        "reflected_impulse": 59.33,
        "front_velocity": 0.361,
    }


def test_limits_file_is_read_in_its_order() -> None:
    text = (DATA_FOLDER.parent / "limits.toml").read_text(encoding="utf-8")
    assert list(limit_sets()) == list(tomllib.loads(text))


def test_trial_is_a_value() -> None:
    trial = trial_sets()["gas_discharge"].trials[0]
    assert replace(trial, name="other").conditions == trial.conditions
