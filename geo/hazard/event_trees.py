"""Event trees: what becomes of a release, with which probability (GB/T 37243-2019, annex F).

``event_trees.csv`` holds one row per path, key ``<tree>/<number>``: its outcome, and the ``questions`` on the way to
it, parted by ``;`` (``not immediate; delayed; explosion``). Exactly one path of a tree holds for every set of answers,
so that the probabilities of its branches add up to 1 whatever the answers' probabilities are.

Questions: ``immediate`` ignition by rate or mass and reactivity; ``delayed`` ignition by what stands in the cloud's way
and for how long; ``explosion`` or flash fire of what is ignited late; ``fireball`` of an instantaneous release ignited
at once. What is not ignited is a toxic cloud where the substance is toxic.

Substances that both burn and poison count as flammable with the probability of ignition, as toxic with the rest. How
much of the delayed ignition is counted for them is a row by reactivity (``toxic/low`` ...): with what is shipped,
ammonia or hydrogen sulfide that is not ignited at once poisons, ethylene oxide may still burn.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

from geo.errors import ParameterError
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Surroundings
from geo.hazard.scenario import Outcome, Phase, Release
from geo.hazard.substances import Substance
from geo.hazard.tables import Override, Table, table
from geo.hazard.units import convert

__all__ = ["Branch", "branches", "check_tree", "event_tree"]

_NOT = "not "
_UNIGNITED = "unignited"
_K1 = "K1"


class Branch(NamedTuple):
    """One end event of a release.

    Attributes
    ----------
    outcome : Outcome
    probability : float
        Given the release; the branches of a release add up to 1.
    parameters : tuple of Parameter
        Every row that the tree rests on.
    """

    outcome: Outcome
    probability: float
    parameters: tuple[Parameter, ...]


class _Path(NamedTuple):
    outcome: str
    answers: tuple[tuple[str, bool], ...]
    row: Parameter


class _Answer(NamedTuple):
    """Probability of yes, and the rows that it rests on."""

    probability: float
    parameters: tuple[Parameter, ...]


def event_tree(release: Release, substance: Substance, overrides: Sequence[Override] = ()) -> str:
    """Return the name of the tree that a release follows: one that mostly falls to the ground burns as a pool."""
    if not substance.flammable:
        return "not_flammable"
    jet_from = table("ignition_immediate", overrides)["airborne/jet_from"].number
    if release.phase is not Phase.GAS and release.airborne_fraction < jet_from:
        return "liquid"
    return "gas_instantaneous" if release.rate_kg_s is None else "gas_continuous"


def branches(
    release: Release, substance: Substance, surroundings: Surroundings, overrides: Sequence[Override] = ()
) -> tuple[Branch, ...]:
    """Return the end events of a release with their probabilities, in the order of ``Outcome``.

    End events of probability 0 are left out; paths that lead to the same end event are added up.

    Raises
    ------
    ParameterError
        If a table lacks a row, for example an unknown source of ignition.
    SubstanceError
        If a flammable substance lacks its ignition class or reactivity.
    """
    paths = _read_tree(table("event_trees", overrides), event_tree(release, substance, overrides))
    answers = _answers(release, substance, surroundings, overrides) if substance.flammable else {}
    rows = dict.fromkeys(row for path in paths for row in _rows_of(path, answers))
    by_outcome: dict[Outcome, list[float]] = {}
    for path in paths:
        by_outcome.setdefault(_outcome(path, substance), []).append(_probability(path, answers))
    totals = {outcome: math.fsum(by_outcome[outcome]) for outcome in Outcome if outcome in by_outcome}
    return tuple(Branch(outcome, total, tuple(rows)) for outcome, total in totals.items() if total > 0)


def check_tree(trees: Table, name: str) -> None:
    """Refuse a tree in which some set of answers leads to no end event, or to more than one.

    Raises
    ------
    ParameterError
        Naming the tree and the answers.
    """
    paths = _parse_tree(trees, name)
    asked = list(dict.fromkeys(question for path in paths for question, _ in path.answers))
    for values in product((True, False), repeat=len(asked)):
        given = dict(zip(asked, values, strict=True))
        ends = sum(all(given[question] == answer for question, answer in path.answers) for path in paths)
        if ends != 1:
            raise ParameterError(
                f"event tree {name!r}: {ends} end events for {given}, there must be one",
                f"事件树 {name!r}：{given} 对应 {ends} 个结局，应为 1 个",
            )


def _read_tree(trees: Table, name: str) -> tuple[_Path, ...]:
    if trees is table("event_trees"):
        return _shipped_tree(name)
    check_tree(trees, name)
    return _parse_tree(trees, name)


@cache
def _shipped_tree(name: str) -> tuple[_Path, ...]:
    check_tree(table("event_trees"), name)
    return _parse_tree(table("event_trees"), name)


def _parse_tree(trees: Table, name: str) -> tuple[_Path, ...]:
    """Return the paths of a tree in the order of the table."""
    return tuple(
        _Path(
            row.word,
            tuple(
                (word.removeprefix(_NOT), not word.startswith(_NOT))
                for word in (part.strip() for part in row.attribute("questions").split(";"))
                if word
            ),
            row,
        )
        for row in trees.below(name).values()
    )


def _outcome(path: _Path, substance: Substance) -> Outcome:
    if path.outcome != _UNIGNITED:
        return Outcome(path.outcome)
    return Outcome.TOXIC_CLOUD if substance.toxic else Outcome.HARMLESS


def _probability(path: _Path, answers: Mapping[str, _Answer]) -> float:
    return math.prod(
        answers[question].probability if yes else 1 - answers[question].probability
        for question, yes in path.answers
    )


def _rows_of(path: _Path, answers: Mapping[str, _Answer]) -> tuple[Parameter, ...]:
    return (path.row, *(row for question, _ in path.answers for row in answers[question].parameters))


def _answers(
    release: Release, substance: Substance, surroundings: Surroundings, overrides: Sequence[Override]
) -> dict[str, _Answer]:
    """Return the probability of yes to every question."""
    immediate = table("ignition_immediate", overrides)
    delayed = table("ignition_delayed", overrides)
    ignition_class, class_rows = _ignition_class(release, substance)
    return {
        "immediate": _immediate(release, substance, ignition_class, class_rows, immediate),
        "delayed": _delayed(release, substance, ignition_class, class_rows, surroundings, delayed),
        "explosion": _Answer(delayed["explosion"].number, (delayed["explosion"],)),
        "fireball": _Answer(delayed["fireball"].number, (delayed["fireball"],)),
    }


def _ignition_class(release: Release, substance: Substance) -> tuple[str, tuple[Parameter, ...]]:
    """Return ``gas`` or the class of the liquid; one that comes out above its flash point counts as K1."""
    row = substance.row("ignition_class")
    if row.word in {"gas", _K1}:
        return row.word, (row,)
    flash_k = substance.number("flash_point", "K")
    heated = release.temperature_k >= flash_k
    return (_K1 if heated else row.word), (row, substance.row("flash_point"))


def _immediate(
    release: Release,
    substance: Substance,
    ignition_class: str,
    class_rows: tuple[Parameter, ...],
    rows: Table,
) -> _Answer:
    size, size_rows = _size_class(release, rows)
    if ignition_class == "gas":
        reactivity = substance.row("reactivity")
        row = rows[f"gas/{reactivity.word}/{size}"]
        return _Answer(row.number, (*class_rows, reactivity, *size_rows, row))
    row = rows[f"{ignition_class}/{size}"]
    return _Answer(row.number, (*class_rows, *size_rows, row))


def _size_class(release: Release, rows: Table) -> tuple[str, tuple[Parameter, ...]]:
    """Return the class of the rate, or of the mass of a release at once; both ends belong to the medium class."""
    if release.rate_kg_s is None:
        quantity, unit, size = "mass", "kg", release.mass_kg
    else:
        quantity, unit, size = "rate", "kg/s", release.rate_kg_s
    below, above = rows[f"{quantity}/small_below"], rows[f"{quantity}/large_above"]
    if size < convert(below.number, below.unit, unit):
        return "small", (below,)
    if size > convert(above.number, above.unit, unit):
        return "large", (above,)
    return "medium", (below, above)


def _delayed(
    release: Release,
    substance: Substance,
    ignition_class: str,
    class_rows: tuple[Parameter, ...],
    surroundings: Surroundings,
    rows: Table,
) -> _Answer:
    """Return P = 1 - prod(1 - present (1 - exp(-omega n t))) over the kinds of sources, n of each.

    Omega is such that one source ignites the cloud within a minute with the probability of the table;
    ``vapour/<class>`` says whether flammable vapour gets there at all. A plant that states no source is one itself.
    """
    present, within, vapour = rows["present"], rows["within"], rows[f"vapour/{ignition_class}"]
    contact_s, contact_row = _contact(release, rows)
    minutes = contact_s / convert(within.number, within.unit, "s")
    sources, source_rows = _sources(surroundings, rows)
    missed = 1.0
    for row, count in sources:
        # (1 - p)^(n t / 1 min) is exp(-omega n t), and holds for p = 1 as well.
        missed *= 1 - present.number * (1 - (1 - row.number) ** (count * minutes))
    counted = (rows[f"toxic/{substance.reactivity}"],) if substance.toxic else ()
    share = math.prod(row.number for row in (vapour, *counted))
    parameters = (*class_rows, vapour, *counted, present, within, contact_row, *source_rows)
    return _Answer(share * (1 - missed), parameters)


def _contact(release: Release, rows: Table) -> tuple[float, Parameter]:
    """Return how long the cloud and a source meet [s]."""
    if release.rate_kg_s is None:
        row = rows["contact/instantaneous"]
        return convert(row.number, row.unit, "s"), row
    row = rows["contact/longest"]
    lasts_s = release.duration_s + (release.pool.evaporation_s if release.pool else 0.0)
    return min(lasts_s, convert(row.number, row.unit, "s")), row


def _sources(
    surroundings: Surroundings, rows: Table
) -> tuple[list[tuple[Parameter, float]], tuple[Parameter, ...]]:
    """Return each kind of source with its number, and the rows that say so."""
    if surroundings.ignition_sources:
        stated = [(rows[f"source/{kind}"], count) for kind, count in surroundings.ignition_sources]
        return stated, tuple(row for row, _ in stated)
    unstated = rows["unstated"]
    itself = rows[f"source/{unstated.word}"]
    return [(itself, 1.0)], (unstated, itself)
