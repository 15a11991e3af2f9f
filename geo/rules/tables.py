"""Distances by class and class, as fire and explosion codes print them, read from CSV beside the pack.

Each line is one cell of a printed table, and states:

``table``, ``edition``, ``standing``, ``source``
    Where the number stands and how sure it is. A rule reads the lines of its own edition and standing.
``target_layer``
    The layer of the other side; ``-`` where there is none yet, and no rule reads the line.
``subject.FIELD``, ``target.FIELD``
    The classes of both sides: words or whole numbers parted by ``|``, ``true`` or ``false``, or an interval such as
    ``(50,200]``; empty where any will do.
``distance_m``
    Metres to keep, ``1.5 x pole_height_m`` for a multiple of a field of the target, empty where the printed table has
    a number that is not known here: what falls under it cannot be judged without the printed table.
``bracket_m``, ``bracket_if``
    The number in brackets and the truth value that asks for it: ``target.small_place`` or
    ``not subject.vapour_recovery``.

Where a class is missing, or copies of a table disagree, several cells may apply: a pair that keeps the largest distance
keeps them all, one below the smallest breaks them all, and what lies between is open.

References
----------
.. [1] GB 50160, appendix A: distances start at the outer edge of equipment, the outermost axis of a building, the
   centre line of a railway, the edge of a road, the outer wall of a tank, the centre of a flare stack, the centre of
   an overhead line.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.missing import is_missing
from geo.rules.expression import FALSE, TRUE, UNKNOWN, Factors, Truth
from geo.rules.targets import floats
from geo.text import Text

__all__ = ["MEASURED_TO", "PARTS", "Cell", "Limits", "SpacingTable", "missing_fields", "read_table"]

PARTS = {
    "equipment_edge": Text("设备外缘", "outer edge of the equipment"),
    "tank_wall": Text("储罐外壁", "outer wall of the tank"),
    "store_wall": Text("仓库外墙", "outer wall of the store"),
    "building_axis": Text("建筑物最外侧轴线", "outermost axis of the building"),
    "railway_centre": Text("铁路中心线", "centre line of the railway"),
    "road_edge": Text("道路路边", "edge of the road"),
    "line_centre": Text("架空线中心", "centre of the overhead line"),
    "pipeline_centre": Text("管道中心", "centre of the pipeline"),
    "place_edge": Text("居住区边缘", "edge of the place"),
    "works_wall": Text("围墙", "wall of the works"),
    "site_boundary": Text("用地边界", "boundary of the site"),
    "point": Text("点位", "point"),
}
"""Names of the parts that are measured from and to."""

MEASURED_TO = {
    "buildings": "building_axis",
    "protection_targets": "place_edge",
    "settlements": "place_edge",
    "railways": "railway_centre",
    "roads": "road_edge",
    "power_lines": "line_centre",
    "pipelines": "pipeline_centre",
    "enterprises": "works_wall",
    "hazard_units": "equipment_edge",
}
"""Where distances to the features of a layer end."""

_COLUMNS = ("table", "edition", "target_layer", "distance_m", "bracket_m", "bracket_if", "standing", "source")
_FREE_TEXT = frozenset({"site_grade"})
"""Fields that hold any text: a word that no line knows counts as missing, it does not slip through the table."""
_INTERVAL = re.compile(r"([\[(])([\d.]*),([\d.]*)([\])])")
_MULTIPLE = re.compile(r"([\d.]+) x (\w+)")
_BRACKET = re.compile(r"(not )?(subject|target)\.(\w+)")

_Floats = NDArray[np.float64]
_Test = Callable[[object], bool]


@dataclass(frozen=True)
class Cell:
    """One number of a printed table.

    Attributes
    ----------
    table, edition, target_layer, standing, source : str
    subject, target : mapping of field to test
        Which classes of both sides it is for.
    target_words : tuple of str
        The classes of the target as the line states them.
    distance_m : float
        NaN where the number is not known. [m]
    times_field : str or None
        Field of the target that the distance is a multiple of.
    bracket_m : float or None
        The number in brackets. [m]
    bracket_if : (whether it is denied, side, field) or None
        The truth value that asks for it.
    """

    table: str
    edition: str
    target_layer: str
    subject: Mapping[str, _Test]
    target: Mapping[str, _Test]
    target_words: tuple[str, ...]
    distance_m: float
    times_field: str | None
    bracket_m: float | None
    bracket_if: tuple[bool, str, str] | None
    standing: str
    source: str

    def fields(self, side: str) -> list[str]:
        """Return the fields that the cell reads of a side (``subject`` or ``target``)."""
        classes = self.subject if side == "subject" else self.target
        bracket = [self.bracket_if[2]] if self.bracket_if and self.bracket_if[1] == side else []
        times = [self.times_field] if self.times_field and side == "target" else []
        return [*classes, *bracket, *times]


@dataclass(frozen=True)
class Limits:
    """What one subject has to keep from targets; arrays over these.

    Attributes
    ----------
    applies : ndarray of bool
        Whether a cell is, or may be, for the pair.
    least_m : ndarray of float
        Nearer than this breaks every cell that may apply; 0 where perhaps none does. [m]
    largest_m : ndarray of float
        From here on every cell that may apply is kept; infinite where a number is not known. [m]
    truths : ndarray, shape (cells, targets)
        Whether each cell is for each target.
    """

    applies: NDArray[np.bool_]
    least_m: _Floats
    largest_m: _Floats
    truths: Truth


@dataclass(frozen=True)
class SpacingTable:
    """Cells of one edition and standing, to the features of one layer.

    Attributes
    ----------
    name : str
        Name of the file.
    cells : tuple of Cell
    """

    name: str
    cells: tuple[Cell, ...]

    def select(self, edition: str, standing: str, target_layer: str) -> "SpacingTable":
        """Return the cells that a rule reads; the same table for the same lines."""
        return self._parts.get((edition, standing, target_layer)) or SpacingTable(self.name, ())

    def of_layer(self, layer: str) -> "SpacingTable":
        """Return the cells to the features of a layer, of every edition and standing."""
        return SpacingTable(self.name, tuple(cell for cell in self.cells if cell.target_layer == layer))

    @cached_property
    def _parts(self) -> dict[tuple[str, str, str], "SpacingTable"]:
        cells: dict[tuple[str, str, str], list[Cell]] = {}
        for cell in self.cells:
            cells.setdefault((cell.edition, cell.standing, cell.target_layer), []).append(cell)
        return {lines: SpacingTable(self.name, tuple(some)) for lines, some in cells.items()}

    def fields(self, side: str) -> list[str]:
        """Return the fields that any cell reads of a side."""
        return list(dict.fromkeys(name for cell in self.cells for name in cell.fields(side)))

    def readable(self, side: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame in which a free text that no cell knows is missing."""
        classes = [cell.subject if side == "subject" else cell.target for cell in self.cells]
        for name in _FREE_TEXT & set(self.fields(side)) & set(frame.columns):
            values = Factors(frame).values(name)
            known = np.stack([_truth(values, one[name]) == TRUE for one in classes if name in one]).any(
                axis=0
            )
            readable = np.asarray(known, dtype=bool)
            frame = frame.assign(**{name: frame[name].astype(object).where(readable, None)})
        return frame

    def truths(self, side: str, frame: pd.DataFrame | Factors) -> Truth:
        """Return whether each cell is for the class of each row, shape (cells, rows)."""
        factors = frame if isinstance(frame, Factors) else Factors(frame)
        classes = [cell.subject if side == "subject" else cell.target for cell in self.cells]
        every = np.full(len(factors), TRUE)
        known = {
            (name, test): _truth(factors.values(name), test) for one in classes for name, test in one.items()
        }
        return np.stack([reduce(np.minimum, [known[key] for key in one.items()], every) for one in classes])

    def limits(
        self,
        subject: pd.DataFrame | Factors,
        subject_truth: Truth,
        targets: pd.DataFrame,
        target_truths: Truth,
    ) -> Limits:
        """Return what one subject has to keep from targets.

        Parameters
        ----------
        subject : DataFrame or Factors
            One row.
        subject_truth : ndarray, shape (cells,)
        targets : DataFrame
        target_truths : ndarray, shape (cells, targets)
        """
        truths = np.minimum(subject_truth[:, None], target_truths)
        own, others = (one if isinstance(one, Factors) else Factors(one) for one in (subject, targets))
        ranges = [self._range_m(cell, own, others, targets) for cell in self.cells]
        may = truths != FALSE
        applies = may.any(axis=0)
        least_m = np.where(may, np.stack([low for low, _ in ranges]), np.inf).min(axis=0)
        largest_m = np.where(may, np.stack([high for _, high in ranges]), 0.0).max(axis=0)
        sure = (truths == TRUE).any(axis=0)
        return Limits(applies, np.where(sure, least_m, 0.0), largest_m, truths)

    def _range_m(
        self, cell: Cell, subject: Factors, others: Factors, targets: pd.DataFrame
    ) -> tuple[_Floats, _Floats]:
        """Return the smallest and the largest distance that a cell may ask for, for each target."""
        count = len(targets)
        if np.isnan(cell.distance_m):
            return np.zeros(count), np.full(count, np.inf)
        if cell.times_field is not None:
            times = cell.distance_m * floats(targets, cell.times_field)
            return np.nan_to_num(times), np.where(np.isnan(times), np.inf, times)
        main_m = np.full(count, cell.distance_m)
        if cell.bracket_m is None or cell.bracket_if is None:
            return main_m, main_m
        denied, side, name = cell.bracket_if
        values = (subject if side == "subject" else others).values(name)
        asked = np.broadcast_to(_truth(values, lambda value: bool(value) != denied), count)
        bracket_m = np.full(count, cell.bracket_m)
        low_m = np.where(asked == UNKNOWN, np.minimum(main_m, bracket_m), main_m)
        high_m = np.where(asked == UNKNOWN, np.maximum(main_m, bracket_m), main_m)
        return np.where(asked == TRUE, bracket_m, low_m), np.where(asked == TRUE, bracket_m, high_m)


def read_table(value: object) -> SpacingTable:
    """Return the table that a rule names: ``{ table = "gb50074.csv" }``, whose lines the pack hands over as ``rows``.

    Raises
    ------
    ValueError
        If it has another form, a column is unknown or missing, or a line cannot be read; names the line.
    """
    if not isinstance(value, dict) or set(value) != {"table", "rows"}:
        raise ValueError('must name a CSV file: { table = "…" }')
    cells = []
    for line, row in enumerate(value["rows"], start=2):
        try:
            cells.append(_read_cell(row))
        except ValueError as exc:
            raise ValueError(f"{value['table']}:{line}: {exc}") from exc
    return SpacingTable(str(value["table"]), tuple(cells))


def _read_cell(row: Mapping[str, str]) -> Cell:
    for name in row:
        if name not in _COLUMNS and not re.fullmatch(r"(subject|target)\.\w+", name):
            raise ValueError(f"unknown column {name!r}")
    texts = {name: row[name].strip() for name in _COLUMNS if name in row}
    missing = [name for name in _COLUMNS if name not in texts]
    if missing:
        raise ValueError(f"missing columns {missing}")
    times = _MULTIPLE.fullmatch(texts["distance_m"])
    bracket = _BRACKET.fullmatch(texts["bracket_if"])
    if bool(bracket) != bool(texts["bracket_m"]) or bool(texts["bracket_if"]) != bool(bracket):
        raise ValueError("a number in brackets and its condition come together")
    return Cell(
        **{name: texts[name] for name in ("table", "edition", "target_layer", "standing", "source")},
        subject=_read_classes(row, "subject"),
        target=_read_classes(row, "target"),
        target_words=tuple(text for name, text in row.items() if name.startswith("target.")),
        distance_m=float(times[1] if times else texts["distance_m"] or "nan"),
        times_field=times[2] if times else None,
        bracket_m=float(texts["bracket_m"]) if bracket else None,
        bracket_if=(bool(bracket[1]), bracket[2], bracket[3]) if bracket else None,
    )


def _read_classes(row: Mapping[str, str], side: str) -> dict[str, _Test]:
    stated = {
        name.partition(".")[2]: text.strip() for name, text in row.items() if name.startswith(f"{side}.")
    }
    return {name: _read_test(text) for name, text in stated.items() if text}


@cache
def _read_test(text: str) -> _Test:
    """Return the test that a class states; the same one for the same text."""
    interval = _INTERVAL.fullmatch(text)
    if interval is None:
        words = frozenset(text.split("|"))
        return lambda value: _word(value) in words
    opening, low, high, closing = interval.groups()
    lowest, highest = float(low or "-inf"), float(high or "inf")

    def holds(value: object) -> bool:
        number = float(value)  # type: ignore[arg-type]  # a column of numbers
        above = number >= lowest if opening == "[" else number > lowest
        return above and (number <= highest if closing == "]" else number < highest)

    return holds


def _word(value: object) -> str:
    """Return a class as the tables write it."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    return str(int(value)) if isinstance(value, float | np.floating) and value == int(value) else str(value)


def _truth(values: tuple[NDArray[np.intp], Sequence[Any]], test: _Test) -> Truth:
    """Return whether each value passes a test, from the numbers of the values; unknown where it is missing."""
    codes, unique = values
    passed = np.array([*(TRUE if test(value) else FALSE for value in unique), UNKNOWN], dtype=np.int8)
    return np.asarray(passed[codes])


def missing_fields(cells: Sequence[Cell], side: str, row: Mapping[str, object], truths: Truth) -> list[str]:
    """Return the fields of a side that are missing in a row and that cells which may apply read."""
    names = [
        name
        for cell, truth in zip(cells, truths, strict=True)
        if truth != FALSE
        for name in cell.fields(side)
    ]
    return [name for name in dict.fromkeys(names) if is_missing(row.get(name))]
