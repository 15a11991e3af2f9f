"""Every constant of grids and of tailings says beside it why it is what it is; those of tailings name their source.

The numbers of grids are choices of computing and facts of geometry: a reason is enough, in words below, beside or above
them. Those of tailings are knowledge: a standard, a paper or a year has to stand there, or in the function's docstring.
"""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import geo
from tests.geo.hazard.test_constants import (
    EXPLAINED,
    FREE,
    above,
    comments_of,
    is_plain,
    numbers_of,
    string_of,
)

FOLDER = Path(geo.__file__).parent
GRIDS = sorted(path.relative_to(FOLDER).as_posix() for path in (FOLDER / "grids").glob("*.py"))
TAILINGS = sorted(path.name for path in FOLDER.glob("tailings*.py"))

SHAPES = {0.25, 0.75, 0.125}
"""Fractions of shapes and series, no knowledge like whole numbers."""


def list_constants(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and words of each constant of a module, or of a class, that holds a number which is no knowledge."""
    tree, comments = ast.parse(source), comments_of(source)
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]:
        for statement, following in pairwise([*scope.body, None]):
            if isinstance(statement, ast.Assign | ast.AnnAssign) and holds_number(statement):
                yield statement.lineno, f"{string_of(following)} {words_at(statement, comments)}"


def holds_number(statement: ast.stmt) -> bool:
    return any(abs(number.value) not in FREE and not is_level(statement) for number in numbers_of(statement))


def is_level(statement: ast.stmt) -> bool:
    """Whether this is a member of an enumeration: the first, the second, the third."""
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Constant) and isinstance(value.value, int) and value.value <= 5


def words_at(node: ast.AST, comments: dict[int, str]) -> str:
    lines = range(node.lineno, node.end_lineno + 1)
    return " ".join([*(comments.get(line, "") for line in lines), *above(node.lineno, comments)])


def list_formulas(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, words and docstring for each simple statement in a function with a number which is no shape."""
    tree, comments = ast.parse(source), comments_of(source)
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.Expr | ast.AnnAssign):
                found = [one.value for one in numbers_of(node)]
                if any(not is_plain(value) and not is_shape(value) for value in found):
                    yield node.lineno, words_at(node, comments), ast.get_docstring(function) or ""


def is_shape(value: float) -> bool:
    return float(value).is_integer() or value in FREE | SHAPES


@pytest.mark.parametrize("module", GRIDS)
def test_constants_of_grids_say_why(module: str) -> None:
    source = (FOLDER / module).read_text(encoding="utf-8")
    every = [*list_constants(source), *(formula[:2] for formula in list_formulas(source))]
    found = [line for line, words in every if not words.strip()]
    assert not found, f"{module}: say beside the numbers in these lines why they are what they are: {found}"


@pytest.mark.parametrize("module", TAILINGS)
def test_constants_of_tailings_name_their_source(module: str) -> None:
    source = (FOLDER / module).read_text(encoding="utf-8")
    formulas = [(line, f"{words} {docstring}") for line, words, docstring in list_formulas(source)]
    every = [*list_constants(source), *formulas]
    assert every
    found = [line for line, words in every if not EXPLAINED.search(words)]
    assert not found, f"{module}: name the source of the numbers in these lines beside them: {found}"


def test_a_number_without_words_is_found() -> None:
    assert list(list_constants("_SHARE = 0.7\n\n_OTHER = 1")) == [(1, " ")]
    assert list(list_formulas("def f(x):\n    y = 2.6 * x\n    return y / 4")) == [(2, "", "")]
    assert [words.strip() for _, words in list_constants('_SHARE = 0.7\n"""Of the beach."""')] == [
        "Of the beach."
    ]
