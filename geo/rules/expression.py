"""Conditions of rules: a small part of Python's expression syntax over named columns, in three-valued logic.

Allowed: ``and or not``, ``== != < <= > >= in``, ``not in``, ``is None``, ``is not None``, names, numbers, texts
and lists of them. Nothing is executed: the text is parsed and walked.

A comparison with a missing value is *unknown*, and unknown spreads after Kleene: ``False and unknown`` is false,
``True and unknown`` is unknown. ``is None`` asks for missingness itself and is never unknown.
"""

import ast
import itertools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import RuleError
from geo.missing import is_missing

__all__ = ["FALSE", "TRUE", "UNKNOWN", "Condition", "Factors", "Truth", "implies", "parse_condition"]

Truth = NDArray[np.int8]
"""One of TRUE, UNKNOWN, FALSE per row; with these numbers *and* is the minimum, *or* the maximum, *not* the sign."""

TRUE, UNKNOWN, FALSE = np.int8(1), np.int8(0), np.int8(-1)

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, words: value in words,
    ast.NotIn: lambda value, words: value not in words,
}


class Factors:
    """Columns of a frame as numbers of the values that occur; each column is looked at once, when it is asked for.

    Parameters
    ----------
    frame : DataFrame
    rows : ndarray of int, optional
        Positions of the rows that count; all of them unless stated.
    """

    def __init__(self, frame: pd.DataFrame, rows: NDArray[np.int64] | None = None) -> None:
        self._frame, self._rows = frame, rows
        self._known: dict[str, tuple[NDArray[np.intp], list[Any]]] = {}

    def __len__(self) -> int:
        return len(self._frame) if self._rows is None else len(self._rows)

    def values(self, name: str) -> tuple[NDArray[np.intp], list[Any]]:
        """Return the number of each row's value, -1 where it is missing, and the values.

        A column that the frame lacks is missing in every row.
        """
        if name not in self._known:
            self._known[name] = self._factorize(name)
        return self._known[name]

    def _factorize(self, name: str) -> tuple[NDArray[np.intp], list[Any]]:
        if name not in self._frame.columns:
            return np.full(len(self), -1, dtype=np.intp), []
        column = self._frame[name].array
        if len(self) == 1:
            value = column[0 if self._rows is None else self._rows[0]]
            return (np.array([-1]), []) if is_missing(value) else (np.array([0]), [value])
        codes, values = pd.factorize(column if self._rows is None else column.take(self._rows))
        return codes, values.tolist()


@dataclass(frozen=True)
class Condition:
    """A parsed condition.

    Attributes
    ----------
    text : str
        As written in the rule.
    names : tuple of str
        Columns that it reads, in order of appearance.
    """

    text: str
    names: tuple[str, ...]
    _tree: ast.expr

    @property
    def tree(self) -> ast.expr:
        """The condition as it was parsed: ``and``, ``or``, ``not`` and comparisons of a name with a value."""
        return self._tree

    def evaluate(self, frame: pd.DataFrame | Factors) -> Truth:
        """Return the truth of the condition for each row of a frame.

        A column that the frame lacks is missing in every row.
        """
        return _truth(self._tree, frame if isinstance(frame, Factors) else Factors(frame))

    def missing_names(self, row: Mapping[str, object]) -> tuple[str, ...]:
        """Return the columns that the condition reads and that have no value in this row."""
        return tuple(name for name in self.names if is_missing(row.get(name)))


def parse_condition(text: str) -> Condition:
    """Return the condition that a text states.

    Raises
    ------
    RuleError
        If the text is not a condition of the allowed form.

    Examples
    --------
    >>> frame = pd.DataFrame({"role": ["tributary", None]})
    >>> parse_condition("role == 'tributary'").evaluate(frame).tolist()
    [1, 0]
    """
    try:
        tree = ast.parse(text, mode="eval").body
        _check(tree, text)
    except SyntaxError as exc:
        raise RuleError(f"condition {text!r} cannot be read: {exc.msg}") from exc
    except RecursionError as exc:
        raise RuleError(f"condition {text[:60]!r}… is nested too deep; split the rule") from exc
    names = dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return Condition(text, tuple(names), tree)


def implies(first: Condition, second: Condition) -> bool:
    """Tell whether it can be read off two conditions that whatever meets the first one meets the second.

    False does not say the contrary: equal comparisons and sets of words are recognised, arithmetic is not.

    Examples
    --------
    >>> implies(parse_condition("kind == 'a' and size > 3"), parse_condition("kind in ['a', 'b']"))
    True
    """
    return all(_follows(branch, second._tree) for branch in _branches(first._tree))


def _branches(node: ast.expr) -> list[list[ast.expr]]:
    """Return the alternatives of a condition, each as comparisons that all hold."""
    match node:
        case ast.BoolOp(op=ast.Or(), values=values):
            return [branch for value in values for branch in _branches(value)]
        case ast.BoolOp(op=ast.And(), values=values):
            return [list(itertools.chain(*parts)) for parts in itertools.product(*map(_branches, values))]
        case _:
            return [[node]]


def _follows(known: list[ast.expr], node: ast.expr) -> bool:
    match node:
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(_follows(known, value) for value in values)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_follows(known, value) for value in values)
        case _:
            return any(_is_narrower(one, node) for one in known)


def _is_narrower(first: ast.expr, second: ast.expr) -> bool:
    if ast.dump(first) == ast.dump(second):
        return True
    one, other = _words(first), _words(second)
    return one is not None and other is not None and one[0] == other[0] and one[1] <= other[1]


def _words(node: ast.expr) -> tuple[str, frozenset[Any]] | None:
    """Return the name and the values of ``name == value`` or ``name in [values]``; None for anything else."""
    match node:
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq()], comparators=[right]):
            return name, frozenset([ast.literal_eval(right)])
        case ast.Compare(left=ast.Name(id=name), ops=[ast.In()], comparators=[right]):
            return name, frozenset(ast.literal_eval(right))
        case _:
            return None


def _check(node: ast.expr, text: str) -> None:
    match node:
        case ast.BoolOp(values=values):
            for value in values:
                _check(value, text)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            _check(operand, text)
        case ast.Compare(left=ast.Name(), ops=[op], comparators=[right]) if _fits(op, right):
            return
        case _:
            raise RuleError(
                f"condition {text!r}: {ast.unparse(node)!r} is not allowed; "
                "write NAME OPERATOR VALUE, joined by and, or, not"
            )


def _fits(op: ast.cmpop, right: ast.expr) -> bool:
    if isinstance(op, ast.Is | ast.IsNot):
        return isinstance(right, ast.Constant) and right.value is None
    if isinstance(op, ast.In | ast.NotIn):
        return isinstance(right, ast.List) and all(_is_value(item) for item in right.elts)
    return type(op) in _COMPARISONS and _is_value(right)


def _is_value(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | int | float)


def _truth(node: ast.expr, factors: Factors) -> Truth:
    match node:
        case ast.BoolOp(op=op, values=values):
            combine = np.minimum if isinstance(op, ast.And) else np.maximum
            return combine.reduce([_truth(value, factors) for value in values])  # type: ignore[no-any-return]
        case ast.UnaryOp(operand=operand):
            return np.negative(_truth(operand, factors))
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[right]):
            return _compare(*factors.values(name), op, ast.literal_eval(right))
        case _:
            raise AssertionError(ast.dump(node))  # _check lets nothing else pass


def _compare(codes: NDArray[np.intp], values: list[Any], op: ast.cmpop, value: object) -> Truth:
    if isinstance(op, ast.Is | ast.IsNot):
        return np.where((codes < 0) == isinstance(op, ast.Is), TRUE, FALSE)
    compare = _COMPARISONS[type(op)]
    # Each value that occurs is compared once; the code of what is missing is -1, the last of them.
    truths = [*(TRUE if compare(item, value) else FALSE for item in values), UNKNOWN]
    return np.array(truths, dtype=np.int8)[codes]
