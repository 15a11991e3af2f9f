"""Cases as data: what each rule must answer, one file for each rule, run on a pack of ours or of the user's.

A file is named ``<rule id>.toml``::

    rule = "yrpl-26-3-main"
    subject = { kind = "tailings_pond", accuracy_m = 5.0 }
    target = { role = "main_stem", basin = "yangtze", line_kind = "outer" }

    [cases]
    pass = [{ distance_m = 3100.0, verdict = "no_ban" }]
    fail = [{ distance_m = 2900.0, verdict = "prohibited" }]
    at_limit = [{ distance_m = 3000.0, verdict = "prohibited", decided = false }]
    missing = [{ distance_m = 100.0, target = { role = "" }, verdict = "insufficient_data" },
               { targets = 0, verdict = "insufficient_data" }]
    state = [{ distance_m = 100.0, subject = { state = "closed" }, verdict = "no_ban" }]
    dates = [{ distance_m = 100.0, on = 2019-05-01, verdict = "not_in_force" }]
    undecided = [{ distance_m = 2995.0, verdict = "prohibited", decided = false }]
    shape = [{ distance_m = 2900.0, shape = "holed", verdict = "prohibited" }]
    zone_edge = [{ distance_m = 2900.0, verdict = "prohibited" }]

    [without]
    undecided = "sharp: a number of metres of dam height has no doubt"

Every aspect (the keys of ``[cases]``) has a case, or stands under ``[without]`` with a reason, whose first word is one
of :data:`REASONS` and is checked against the rule and its predicate.

Keys of a case
--------------
verdict, decided
    What is expected of the finding. ``decided`` is true unless stated, and false for ``insufficient_data``.
needs
    Optional: what the finding must ask for, as far as it is listed.
on
    Day of the decision; the last day in force up to 2026-11-22 unless stated.
subject, target
    Attributes, over those at the top of the file. An empty text is a missing value. Unless stated the subject is the
    first kind of the rule, ``new`` and known to 1 m, and every target is known to 1 m.
distance_m
    The subject stands so far to the east of the target's edge; negative: so deep inside it. By a geodesic that leaves
    the meridian of the edge at a right angle, so that the distance is the one put in. For ``inside`` it is how far the
    subject reaches beyond the edge. ``distances = { layer = metres }`` states it for each layer of a combination.
shape
    Of the subject: ``point`` (as a rule), ``polygon``, ``holed`` (the target lies in the hole), ``multipart`` (another
    part lies 5 km farther off).
target_shape
    ``line``, ``polygon``, ``point``, ``holed`` (a hole beside the edge), ``multipart`` (another part lies 20 km to the
    west), ``split`` (cut in two along the parallel of the subject); what the layer holds unless stated.
lon
    Meridian of the target's edge. Aspect ``zone_edge`` puts an edge of the Gauss-Krüger zones (103.5° E unless ``lon``
    states another) between both.
targets
    Number of equal targets (1 unless stated). Further targets of their own: ``more = [{ distance_m, … attributes }]``.
value
    What the attribute has that ``attribute`` or ``older_than`` looks at.
share_percent
    For ``covers_share`` how much of the subject is covered; for ``downwind`` how much of the wind blows to the target.
rise_m
    For ``height_difference``: how much higher than the target the subject stands.
elsewhere
    For ``jurisdiction_count``: the subject lies outside the division, in which all targets do.
subject_wkt, features
    Whatever else: the subject's geometry as WKT, and ``features = [{ layer, wkt, … attributes }]`` in place of targets.
terrain
    An elevation raster: ``{ west, north, cell_deg, heights = [[…], …] }`` in metres, or a sloping plane
    ``{ west, south, east, north, cell_deg, height_m, east_m_per_km, north_m_per_km }`` with its height at the
    south-west corner.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from geo.errors import RuleError
from geo.rules.evaluate import evaluate
from geo.rules.finding import Verdict
from geo.rules.predicates import PREDICATES
from geo.rules.rule import Rule, RulePack
from layers.siting.case_scenes import CaseScene, build_scene

__all__ = ["ASPECTS", "REASONS", "CaseFile", "CaseReport", "CaseResult", "read_cases", "run_cases"]

ASPECTS = ("pass", "fail", "at_limit", "missing", "state", "dates", "undecided", "shape", "zone_edge")
"""What every rule is tried for, as far as it applies."""

_LAST_DAY = date(2026, 11, 22)


def _has_geometry(rule: Rule) -> bool:
    tests = rule.tests or (rule,)
    return any(PREDICATES[test.predicate].has_target for test in tests)


def _is_sharp(rule: Rule) -> bool:
    """Tell whether no doubt of positions can reach the test."""
    tests = rule.tests or (rule,)
    return all(test.predicate in {"attribute", "older_than", "jurisdiction_count"} for test in tests)


def _has_limit(rule: Rule) -> bool:
    tests = rule.tests or (rule,)
    equal = {"eq", "in"}
    return any(test.predicate != "attribute" or test.parameters["compare"] not in equal for test in tests)


REASONS: dict[str, tuple[frozenset[str], Callable[[Rule], bool]]] = {
    "no_geometry": (frozenset({"shape", "zone_edge", "undecided"}), lambda rule: not _has_geometry(rule)),
    "sharp": (frozenset({"undecided"}), _is_sharp),
    "counted_by_point": (
        frozenset({"shape", "zone_edge"}),
        lambda rule: rule.predicate == "jurisdiction_count",
    ),
    "no_limit": (frozenset({"at_limit"}), lambda rule: not _has_limit(rule)),
    "always_in_force": (
        frozenset({"dates"}),
        lambda rule: rule.in_force_from is None and rule.in_force_to is None,
    ),
    "all_states_alike": (frozenset({"state"}), lambda rule: len(set(rule.states.values())) == 1),
    "never_passes": (
        frozenset({"pass"}),
        lambda rule: set(rule.states.values()) == {Verdict.INSUFFICIENT_DATA},
    ),
}
"""Reasons for an aspect without a case: to which aspects each applies, and whether it is true of a rule."""

_FILE_KEYS = {"rule", "subject", "target", "lon", "shape", "target_shape", "cases", "without"}
_CASE_KEYS = {
    "verdict",
    "decided",
    "needs",
    "on",
    "subject",
    "target",
    "distance_m",
    "distances",
    "shape",
    "target_shape",
    "lon",
    "targets",
    "more",
    "value",
    "share_percent",
    "rise_m",
    "elsewhere",
    "subject_wkt",
    "features",
    "terrain",
}


@dataclass(frozen=True)
class CaseFile:
    """The cases of one rule.

    Attributes
    ----------
    path : Path
    rule : str
    cases : mapping of aspect to list of dict
        The keys of each case, those at the top of the file included.
    without : mapping of aspect to reason
    """

    path: Path
    rule: str
    cases: Mapping[str, list[dict[str, Any]]]
    without: Mapping[str, str]


@dataclass(frozen=True)
class CaseResult:
    """What a rule answered to one case.

    Attributes
    ----------
    rule, aspect : str
    number : int
        From 1 within the aspect.
    expected, found : str
        Verdict, with ``undecided`` where it is not decided; ``found`` is ``no finding`` where the rule gave none.
    passed : bool
    explanation : str
        Of the finding, in English.
    """

    rule: str
    aspect: str
    number: int
    expected: str
    found: str
    passed: bool
    explanation: str


@dataclass(frozen=True)
class CaseReport:
    """What came of all cases.

    Attributes
    ----------
    results : list of CaseResult
    problems : list of str
        Rules without cases, aspects without a case or a reason, reasons that are not true, files of unknown rules.
    """

    results: list[CaseResult]
    problems: list[str]

    @property
    def passed(self) -> bool:
        """Whether every case passed and none is lacking."""
        return not self.problems and all(result.passed for result in self.results)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as published (JSON types)."""
        return {
            "passed": self.passed,
            "cases": len(self.results),
            "failed": sum(not result.passed for result in self.results),
            "problems": self.problems,
            "results": [asdict(result) for result in self.results],
        }


def run_cases(pack: RulePack, case_paths: Iterable[Path], *, only: Iterable[str] | None = None) -> CaseReport:
    """Run the cases of rules and return what came of them.

    Parameters
    ----------
    pack : RulePack
        Such as from :func:`layers.siting.checks.load_rules`.
    case_paths : iterable of Path
        Case files, and folders of case files.
    only : iterable of str, optional
        Ids of the rules that must have cases; all of the pack unless stated.

    Raises
    ------
    RuleError
        If a case file cannot be read or has an unknown or missing key, a rule has two files, or a scene cannot be
        built.
    """
    rules = {rule.id: rule for rule in pack.rules}
    files: dict[str, CaseFile] = {}
    for path in _files(case_paths):
        file = read_cases(path)
        if file.rule in files:
            raise RuleError(
                f"case file {path.name}: rule {file.rule!r} has cases in {files[file.rule].path.name}"
            )
        files[file.rule] = file
    wanted = list(rules) if only is None else list(only)
    results: list[CaseResult] = []
    problems = [f"{name}: no case file" for name in wanted if name not in files]
    with TemporaryDirectory() as folder:
        for name, file in sorted(files.items()):
            if name not in rules:
                problems.append(f"{file.path.name}: no rule {name!r} in the pack")
                continue
            problems += [f"{name}: {problem}" for problem in _find_gaps(rules[name], file)]
            results += _run_file(rules[name], file, Path(folder))
    return CaseReport(results, problems)


def read_cases(path: Path) -> CaseFile:
    """Return the cases of a file.

    Raises
    ------
    RuleError
        If it cannot be read, or has an unknown or missing key; names file and key.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as exc:
        raise RuleError(f"case file {path} cannot be read: {exc}") from exc
    _check_keys(path, document, _FILE_KEYS)
    for key in ("rule", "cases"):
        if key not in document:
            raise RuleError(f"case file {path.name}: missing key {key!r}")
    _check_keys(path, document["cases"], set(ASPECTS))
    _check_keys(path, document.get("without", {}), set(ASPECTS))
    common: dict[str, Any] = {
        key: document[key] for key in ("subject", "target", "lon", "shape", "target_shape") if key in document
    }
    cases = {
        aspect: [_read_case(path, aspect, case, common) for case in listed]
        for aspect, listed in document["cases"].items()
    }
    return CaseFile(path, document["rule"], cases, document.get("without", {}))


def _read_case(path: Path, aspect: str, case: dict[str, Any], common: Mapping[str, Any]) -> dict[str, Any]:
    _check_keys(path, case, _CASE_KEYS)
    if case.get("verdict") not in {verdict.value for verdict in Verdict}:
        raise RuleError(f"case file {path.name}: {aspect}: {case.get('verdict')!r} is no verdict")
    merged = {**common, **case}
    for key in ("subject", "target"):
        merged[key] = {**common.get(key, {}), **case.get(key, {})}
    return merged


def _check_keys(path: Path, table: Mapping[str, Any], known: set[str]) -> None:
    for key in table:
        if key not in known:
            raise RuleError(f"case file {path.name}: unknown key {key!r}; keys are {sorted(known)}")


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.glob("*.toml")) if path.is_dir() else [path]


def _find_gaps(rule: Rule, file: CaseFile) -> list[str]:
    """Return the aspects that have neither a case nor a reason, and the reasons that are not true."""
    gaps = []
    for aspect in ASPECTS:
        reason = file.without.get(aspect)
        if not file.cases.get(aspect):
            gaps += [f"no case for {aspect}, and no reason"] if reason is None else []
        elif reason is not None:
            gaps.append(f"{aspect} has cases, yet a reason for having none")
        if reason is not None:
            gaps += _check_reason(rule, aspect, reason)
    return gaps


def _check_reason(rule: Rule, aspect: str, reason: str) -> list[str]:
    word, _, words = reason.partition(":")
    if word not in REASONS or not words.strip():
        return [f"{aspect}: the reason {reason!r} is not one of {sorted(REASONS)} and a colon and words"]
    aspects, is_true = REASONS[word]
    if aspect not in aspects:
        return [f"{aspect}: {word} is no reason for that"]
    return [] if is_true(rule) else [f"{aspect}: {word} is not true of the rule"]


def _run_file(rule: Rule, file: CaseFile, folder: Path) -> list[CaseResult]:
    return [
        _run_case(rule, aspect, number, case, folder)
        for aspect in ASPECTS
        for number, case in enumerate(file.cases.get(aspect, []), start=1)
    ]


def _run_case(rule: Rule, aspect: str, number: int, case: dict[str, Any], folder: Path) -> CaseResult:
    scene: CaseScene = build_scene(rule, aspect, case, folder)
    pack = RulePack((rule,), "cases")
    on = case.get("on", _last_day(rule))
    (findings,) = evaluate(pack, scene.subjects, scene.layers, on, rasters=scene.rasters)
    decided = case.get("decided", case["verdict"] != Verdict.INSUFFICIENT_DATA)
    expected = _describe(case["verdict"], decided=decided)
    if not findings:
        return CaseResult(rule.id, aspect, number, expected, "no finding", False, "")
    (finding,) = findings
    found = _describe(finding.verdict.value, decided=finding.decided)
    lacking = [need for need in case.get("needs", []) if need not in finding.needs]
    if lacking:
        found += f", does not ask for {', '.join(lacking)}"
    return CaseResult(rule.id, aspect, number, expected, found, expected == found, finding.explanation.en)


def _last_day(rule: Rule) -> date:
    return _LAST_DAY if rule.in_force_to is None else min(rule.in_force_to, _LAST_DAY)


def _describe(verdict: str, *, decided: bool) -> str:
    return verdict if decided or verdict == Verdict.INSUFFICIENT_DATA else f"{verdict}, undecided"
