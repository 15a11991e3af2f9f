"""Every number in the code of the engine says beside it where it comes from, or that it is a choice of computing.

A number of a standard or a paper belongs into ``tables/*.csv``, where a row has its source and standing. What stays in
the code is explained where it stands: by the string below the assignment, a comment on its lines, or one right above.
The explanation names a source (a year, a standard, a paper) or says what kind of number it is: ``Numerical`` (a
tolerance, a step, a size: results do not depend on it beyond rounding or the resolution), ``Chosen`` (a convention of
this engine, no physics) or ``By definition`` (of a unit, a constant of nature, or a shape).
"""

import ast
import io
import math
import re
import tokenize
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import geo.hazard

FOLDER = Path(geo.hazard.__file__).parent
STORES = {"kernel.py", "kernel_files.py", "kernel_store.py"}
"""Keep numbers that were computed elsewhere: sizes of grids, files and memories, no physics."""

MODULES = sorted({path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.py")} - STORES)

EXPLAINED = re.compile(
    r"\b(1[89]|20)\d\d\b|\b(GB|AQ|ISO|API|EPA|NIST|CODATA|CPR|SFPE)\b|\b(numerical|chosen|by definition)\b",
    re.IGNORECASE,
)
FREE = {0, 1, 2, 0.5}
"""Numbers that are no knowledge, like whole numbers to `LARGEST_FREE` and powers of ten inside functions."""

LARGEST_FREE = 10


def unexplained(source: str) -> Iterator[tuple[int, float]]:
    """Yield line and value of every number of a module that nothing beside it explains."""
    tree, comments = ast.parse(source), comments_of(source)
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]:
        for statement, following in pairwise([*scope.body, None]):
            if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            yield from judge(statement, string_of(following), comments, constant=True)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in simple_statements(function):
                yield from judge(statement, "", comments, constant=False)
            for default in (*function.args.defaults, *function.args.kw_defaults):
                if default is not None:
                    yield from judge(default, ast.get_docstring(function) or "", comments, constant=True)


def judge(
    node: ast.AST, words: str, comments: dict[int, str], *, constant: bool
) -> Iterator[tuple[int, float]]:
    first, last = node.lineno, node.end_lineno
    near = [words, *(comments.get(line, "") for line in range(first, last + 1)), *above(first, comments)]
    if EXPLAINED.search(" ".join(near)):
        return
    for value in numbers_of(node):
        if not (abs(value.value) in FREE or (not constant and is_plain(value.value))):
            yield value.lineno, value.value


def above(line: int, comments: dict[int, str]) -> Iterator[str]:
    """Yield the comments right above a line."""
    while (line := line - 1) in comments:
        yield comments[line]


def is_plain(value: float) -> bool:
    """Whether a number inside a function is a small whole one or a power of ten: a shape, a unit, a guard."""
    if isinstance(value, int) and abs(value) <= LARGEST_FREE:
        return True
    if value in (1.5, 3.0, 4.0, 8.0, 360):  # of areas, volumes, cells and circles: 4 pi r^2
        return True
    return value > 0 and math.isclose(math.log10(value), round(math.log10(value)), abs_tol=1e-9)


def numbers_of(node: ast.AST) -> Iterator[ast.Constant]:
    """Yield the numbers of a node; not fractions, nor those that say how much is remembered or which day it is."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Pow) and is_whole(node):
        return
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"lru_cache", "date"}:
        return
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    ):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from numbers_of(child)


def is_whole(node: ast.BinOp) -> bool:
    """Whether both sides are whole numbers: 1 / 13, 2**30."""
    return all(
        isinstance(side, ast.Constant) and isinstance(side.value, int) for side in (node.left, node.right)
    )


def simple_statements(function: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a function that hold no other ones, and the heads of those that do."""
    for node in ast.iter_child_nodes(function):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.arguments):
            continue
        if isinstance(node, ast.stmt | ast.expr) and not hasattr(node, "body"):
            yield node
        else:
            yield from simple_statements(node)


def string_of(statement: ast.stmt | None) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return str(statement.value.value)
    return ""


def comments_of(source: str) -> dict[int, str]:
    """Return the comments by line."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


@pytest.mark.parametrize("module", MODULES)
def test_every_number_is_explained_beside_it(module) -> None:
    found = sorted(unexplained((FOLDER / module).read_text(encoding="utf-8")))
    told = "".join(f"\n  {FOLDER / module}:{line}: {value!r}" for line, value in found)
    assert not found, (
        f"move to a table, or say beside it where it comes from (see the top of this file):{told}"
    )


@pytest.mark.parametrize(
    "source",
    [
        "_FACTOR = 0.0048",
        '_FACTOR = 0.0048\n"""A factor."""',
        "_FACTOR = 7  # of something",
        "# A factor.\n_FACTOR = 0.0048",
        "class A:\n    factor: float = 1.3",
        "def f(x, rate=0.3):\n    return x",
        "def f(x):\n    return 0.0048 * x",
        "def f(x):\n    if x > 14.4:\n        return x",
        "def f(x):\n    for y in (11, x):\n        g(y)",
        "def f(x):\n    def g(y):\n        return 3.3 * y\n    return g(x)",
        "def f(x):\n    return lambda y: 1.7 * y",
        "_OTHER = 1  # Smith (1990)\n\n_FACTOR = 0.0048",
    ],
)
def test_number_without_a_source_is_found(source) -> None:
    assert list(unexplained(source))


@pytest.mark.parametrize(
    "source",
    [
        '_FACTOR = 0.0048\n"""Mackay and Matsugu (1973), equation 4."""',
        "_FACTOR = 0.0048  # CPR 14E, equation 3.24",
        "# Numerical: steps in time.\n_STEPS = 360",
        "_HALF, _NONE = 0.5, -1",
        "def f(x):\n    # Smith (1990), equation 2\n    return 0.0048 * x",
        "def f(x):\n    return 4 * x**3 / 1e6",
        "@lru_cache(maxsize=256)\ndef f(x):\n    return x",
        'def f(x, rate=0.3):\n    """Return the rate; 0.3 after Smith (1990)."""\n    return x',
    ],
)
def test_explained_and_plain_numbers_pass(source) -> None:
    assert not list(unexplained(source))
