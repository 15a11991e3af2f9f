"""What the checks found, in the symbols of vector tiles: the worst mark, and how many of several facilities it is.

A symbol or shape that stands for one facility has the property ``mark`` (`layers.register.marks.Mark.text`), absent
without findings. One that stands for several has the worst of theirs, and for each word of
`layers.register.conclusions.LISTS` the number of facilities whose worst finding stands in that list; the rest up to
``n`` has no finding.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.register.conclusions import LISTS
from layers.register.marks import Mark

__all__ = ["FacilityMarks"]

_Ints = NDArray[np.int64]


class FacilityMarks:
    """Marks of the facilities of a layer.

    Parameters
    ----------
    ids : sequence of str
        Of all facilities, in the order of their rows.
    found : mapping of str to Mark
        By id; facilities without findings are left out.
    """

    def __init__(self, ids: Sequence[str], found: Mapping[str, Mark]) -> None:
        marks = sorted(set(found.values()), key=lambda mark: mark.rank)
        places = {mark: place for place, mark in enumerate(marks)}
        without = len(marks)
        self._texts = (*(mark.text for mark in marks), None)
        self._lists = np.array([*(LISTS.index(mark.list) for mark in marks), len(LISTS)])
        self._places = np.array(
            [places[found[id]] if id in found else without for id in ids], dtype=np.min_scalar_type(without)
        )

    def tell(self, rows: _Ints) -> list[str | None]:
        """Return the mark of each of some facilities, by row."""
        return [self._texts[place] for place in self._places[rows]]

    def sum_up(self, rows: _Ints, symbols: _Ints, number: int) -> tuple[_Ints, dict[str, Sequence[Any]]]:
        """Return how bad each symbol is, 0 the worst, and its properties.

        Parameters
        ----------
        rows : ndarray
            Of the facilities that all symbols stand for.
        symbols : ndarray
            Which one each of them belongs to, from 0.
        number : int
            Of symbols.
        """
        places = self._places[rows].astype(np.int64)
        worst = np.full(number, len(self._texts) - 1)
        np.minimum.at(worst, symbols, places)
        kinds = len(LISTS) + 1
        counts = np.bincount(symbols * kinds + self._lists[places], minlength=number * kinds)
        by_list = counts.reshape(number, kinds)
        by_list[by_list.sum(axis=1) == 1] = 0  # the mark of one says it
        columns: dict[str, Sequence[Any]] = {"mark": [self._texts[place] for place in worst]}
        for place, name in enumerate(LISTS):
            columns[name] = [told or None for told in by_list[:, place].tolist()]
        return worst, columns
