"""Features of a layer and subjects of rules, prepared once for measuring and asked again and again.

What was found out about them, the indexes among them, is kept with them, within limits.
"""

import hashlib
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.distance import Contenders, NearestResult, Side, TargetIndex, TargetPairs, find_longest_edge_deg
from geo.rules.expression import Condition, Factors, Truth

__all__ = ["Row", "Rows", "Shapes", "Targets", "digest", "floats"]

_MANY_TO_EACH = 8
"""Where there are so many targets to each subject, only those that contend are prepared for measuring."""

_REMEMBERED, _PREPARED = 512, 64
"""So many things found out about the features of a layer are kept, and so many groups of them prepared."""

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_T = TypeVar("_T")


class Row(Mapping[str, Any]):
    """One row of a frame as a mapping of column to value; a column is taken out when it is asked for."""

    __slots__ = ("_columns", "_row")

    def __init__(self, columns: "Rows", row: int | np.int64) -> None:
        self._columns, self._row = columns, row

    def __getitem__(self, name: str) -> Any:
        return self._columns.values(name)[self._row]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns.names)

    def __len__(self) -> int:
        return len(self._columns.names)


class Rows:
    """Rows of a frame as mappings of column to value; each column is taken out once.

    Parameters
    ----------
    frame : DataFrame

    Attributes
    ----------
    names : tuple of str
        Columns.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.names = tuple(str(name) for name in frame.columns)
        self._frame = frame
        self._values: dict[str, Any] = {}
        self._numbers: dict[str, _Floats] = {}

    def __getitem__(self, row: int | np.int64) -> Row:
        return Row(self, row)

    def values(self, name: str) -> Any:
        """Return the values of a column.

        Raises
        ------
        KeyError
            If there is no such column.
        """
        if name not in self._values:
            if name not in self.names:
                raise KeyError(name)
            column = self._frame[name]
            self._values[name] = column.to_numpy(dtype=object) if column.dtype == "str" else column.array
        return self._values[name]

    def numbers(self, name: str) -> _Floats:
        """Return a column as numbers, as :func:`floats` does."""
        if name not in self._numbers:
            self._numbers[name] = floats(self._frame, name)
        return self._numbers[name]


@dataclass(frozen=True)
class Owners:
    """To whom the features of a layer belong.

    Attributes
    ----------
    numbers : ndarray of int
        Position in ``names``, by feature.
    names : Index
    by_id : mapping of id to name
    """

    numbers: _Ints
    names: pd.Index
    by_id: Mapping[str, str]


class Targets:
    """Features of a layer, prepared once and measured to from any number of scenes.

    Parameters
    ----------
    frame : GeoDataFrame, EPSG:4490
    """

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        self.frame: gpd.GeoDataFrame = _numbered(frame)
        self.accuracy_m = floats(frame, "accuracy_m")
        self._geometries = self.frame.geometry.to_numpy()
        self._indexes: dict[bytes, TargetIndex] = {}
        self._contenders: dict[bytes, Contenders] = {}
        self._found: dict[Hashable, Any] = {}

    def remember(self, name: Hashable, find: Callable[[], _T]) -> _T:
        """Return what was found out about the features before; else find it out. Nobody may change it."""
        found = self._found.get(name, _NOTHING)
        if found is _NOTHING:
            found = find()
            _keep(self._found, name, found, _REMEMBERED)
        return found  # type: ignore[no-any-return]  # what the same name gave

    def truth(self, condition: Condition) -> Truth:
        """Return the truth of a condition for each feature."""

        def find() -> Truth:
            truth = condition.evaluate(self.factors)
            truth.flags.writeable = False
            return truth

        return self.remember(("truth", condition.text), find)

    def owners(self, field: str | None) -> Owners:
        """Return to whom each feature belongs: the value of a field, and nobody else where it is missing."""
        if not len(self.frame):
            return Owners(np.empty(0, dtype=np.int64), pd.Index([], dtype=object), {})
        names = self.frame["id"].map("#{}".format)
        if field in self.frame.columns:
            owner_names = self.frame[field]
            names = names.where(owner_names.isna(), owner_names.map("={}".format))
        codes, unique = pd.factorize(names)
        by_id = dict(zip(self.frame["id"], names, strict=True))
        return Owners(codes.astype(np.int64), pd.Index(unique), by_id)

    @cached_property
    def factors(self) -> Factors:
        """Values of the attributes."""
        return Factors(self.frame)

    @cached_property
    def rows(self) -> Rows:
        """Attributes of each feature."""
        return Rows(self.frame)

    @cached_property
    def _longest_edge_deg(self) -> float:
        return find_longest_edge_deg(self._geometries)

    def nearest(self, group: _Ints, subjects: Side) -> NearestResult:
        """Return the nearest of some of the features; positions are those in ``group``."""
        index, kept = self._index(group, subjects, None)
        near = index.nearest(subjects)
        return near if kept is None else replace(near, target=_look_up(kept, near.target))

    def within(self, group: _Ints, subjects: Side, within_m: float) -> TargetPairs:
        """Return those of some of the features within a distance; positions are those in ``group``."""
        index, kept = self._index(group, subjects, within_m)
        pairs = index.within(subjects, within_m)
        return pairs if kept is None else replace(pairs, target=kept[pairs.target])

    def _index(
        self, group: _Ints, subjects: Side, within_m: float | None
    ) -> tuple[TargetIndex, _Ints | None]:
        """Return an index that answers for some subjects, and what it holds of a group; None where that is all."""
        key = digest(group)
        index = self._indexes.get(key)
        if index is not None:
            return index, None
        if len(group) > _MANY_TO_EACH * subjects.count:
            contenders = self._contenders.get(key)
            if contenders is None:
                contenders = Contenders(self._geometries[group], self._longest_edge_deg)
                _keep(self._contenders, key, contenders, _PREPARED)
            shapes = subjects.geometries
            kept = contenders.nearest(shapes) if within_m is None else contenders.within(shapes, within_m)
            if kept is not None:
                return TargetIndex(self._geometries[group[kept]]), kept
        index = TargetIndex(self._geometries[group])
        _keep(self._indexes, key, index, _PREPARED)
        return index, None


class Shapes:
    """Geometries of subjects; what was prepared of them for measuring is kept.

    Parameters
    ----------
    frame : GeoDataFrame, EPSG:4490
    """

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        self._geometries = frame.geometry.to_numpy()
        self._sides: dict[bytes, Side] = {}
        self.accuracy_m = floats(frame, "accuracy_m")

    @cached_property
    def dimensions(self) -> NDArray[np.int32]:
        """0 for points, 1 for lines, 2 for areas."""
        return np.asarray(shapely.get_dimensions(self._geometries))

    def side(self, who: _Ints) -> Side:
        """Return some of the subjects as one side of a measurement."""
        key = who.tobytes()
        if key not in self._sides:
            _keep(self._sides, key, Side(self._geometries[who], "subject"), _PREPARED)
        return self._sides[key]


_NOTHING = object()


def _keep(known: dict[Any, Any], name: Hashable, found: object, at_most: int) -> None:
    """Keep what was found; all that was kept goes when it is too much."""
    if len(known) >= at_most:
        known.clear()
    known[name] = found


def _numbered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame with index 0, 1, 2, …; the same one where it has that."""
    index = frame.index
    is_numbered = isinstance(index, pd.RangeIndex) and (index.start, index.step) == (0, 1)
    return frame if is_numbered else frame.reset_index(drop=True)


def digest(*arrays: NDArray[Any]) -> bytes:
    """Return what tells arrays of other content apart; kept in memory only."""
    state = hashlib.blake2b(digest_size=16)
    for array in arrays:
        state.update(np.ascontiguousarray(array).data)
    return state.digest()


def floats(frame: pd.DataFrame, column: str) -> _Floats:
    """Return a column as numbers, NaN where missing; a column that is not there is missing in every row."""
    if column not in frame.columns:
        return np.full(len(frame), np.nan)
    values = frame[column]
    numbers = values if pd.api.types.is_numeric_dtype(values.dtype) else pd.to_numeric(values)
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def _look_up(kept: _Ints, target: _Ints) -> _Ints:
    return np.where(target < 0, -1, kept[target]) if len(kept) else target
