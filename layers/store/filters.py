"""Conditions of rules as conditions of a query: both follow the same three-valued logic."""

import ast
import operator
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, false, not_, null, or_, true

from geo.rules.expression import Condition

__all__ = ["may_meet"]


def may_meet(table: Table, condition: Condition) -> ColumnElement[bool]:
    """Return the condition for all rows that meet a condition of a rule, or may meet it.

    Rows of which it is false are left out; that is all: what cannot be said in a query is taken as unknown.
    """
    return _truth(condition.tree, table).is_not(false())


def _truth(node: ast.expr, table: Table) -> ColumnElement[Any]:
    match node:
        case ast.BoolOp(op=op, values=values):
            join = and_ if isinstance(op, ast.And) else or_
            return join(*(_truth(value, table) for value in values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not_(_truth(operand, table))
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[right]):
            return _compare(table, name, op, ast.literal_eval(right))
        case _:
            return _UNKNOWN


_UNKNOWN: ColumnElement[Any] = null()

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], ColumnElement[Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda column, values: column.in_(values),
    ast.NotIn: lambda column, values: column.not_in(values),
}


def _compare(table: Table, name: str, op: ast.cmpop, value: Any) -> ColumnElement[Any]:
    column = table.c.get(name)
    if isinstance(op, ast.Is | ast.IsNot):
        if column is None:  # a field that the layer lacks is missing in every row
            return true() if isinstance(op, ast.Is) else false()
        return column.is_(None) if isinstance(op, ast.Is) else column.is_not(None)
    if column is None or not _fits(column, value):
        return _UNKNOWN
    return _COMPARISONS[type(op)](column, value)


def _fits(column: ColumnElement[Any], value: Any) -> bool:
    """Tell whether the database compares a column with a value as the rules do."""
    kind = column.type.python_type
    values = value if isinstance(value, list) else [value]
    if kind is str:
        return all(isinstance(one, str) for one in values)
    if kind is bool:
        return all(isinstance(one, bool) for one in values)
    return kind in {int, float} and all(
        isinstance(one, int | float) and not isinstance(one, bool) for one in values
    )
