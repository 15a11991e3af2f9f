"""Objects with what they weigh, and where they lie."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import GeometryArray
from geo.ellipsoid import FloatArray
from geo.errors import OutOfRangeError
from geo.grids import Shares, cell_centres, find_shares
from geo.grids.overlay import Pieces
from geo.grids.shares import merge_pieces
from geo.text import Text
from layers.grids.scenes import Scene

__all__ = ["Objects", "describe_features", "distribute", "join_objects"]


@dataclass(frozen=True)
class Objects:
    """What a metric counts.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per object: ``layer``, ``id``, ``name``, ``weight`` (NaN: unknown), ``incomplete`` (the weight leans on
        a default or lacks a part), ``illustrative``, and the columns named in `sums` and `greatest`.
    shares : Shares
        In cells of the finest resolution.
    covered : Geometry
        Ground on which there are data: cells there that hold nothing hold no object, elsewhere they are missing.
    sums : tuple of str
        Further columns that cells add up by share; NaN where unknown.
    greatest : tuple of str
        Columns of which a cell keeps the greatest of its objects.
    clauses : mapping of int to tuple of Text
        By row, what the weight rests on: findings with rule and clause.
    left_out : tuple of Text
        What the metric should have held and does not, in words.
    signed : bool
        Weights may be below 0, as means of heights are; what is known is then a value, never "zero".
    geometries : ndarray of shapely geometries or None
        Where the objects lie, if they are yet to be shared out (:attr:`Scene.shares_out`).
    """

    table: pd.DataFrame
    shares: Shares
    covered: shapely.Geometry
    sums: tuple[str, ...] = ()
    greatest: tuple[str, ...] = ()
    clauses: Mapping[int, tuple[Text, ...]] = field(default_factory=dict)
    left_out: tuple[Text, ...] = ()
    signed: bool = False
    geometries: GeometryArray | None = None

    @property
    def weights(self) -> FloatArray:
        """Weights with 0 where they are unknown; :attr:`is_unknown` says where."""
        return np.asarray(np.nan_to_num(self.table["weight"].to_numpy(dtype=float), nan=0.0))

    @property
    def is_unknown(self) -> NDArray[np.bool_]:
        """Where the weight is unknown."""
        return np.asarray(np.isnan(self.table["weight"].to_numpy(dtype=float)))

    def with_shares(self, shares: Shares) -> "Objects":
        """Return the objects lying elsewhere, or only in part of where they lie."""
        return replace(self, shares=shares)

    def with_clauses(self, clauses: Mapping[int, tuple[Text, ...]]) -> "Objects":
        """Return the objects with what their weights rest on."""
        return replace(self, clauses=clauses)


def describe_features(
    layer: str, frame: gpd.GeoDataFrame, weight: Any, incomplete: Any = False
) -> pd.DataFrame:
    """Return the rows of features in the table of objects.

    Raises
    ------
    OutOfRangeError
        If a weight is negative or infinite.
    """
    table = pd.DataFrame(
        {
            "layer": layer,
            "id": frame["id"].to_numpy(dtype=object),
            "name": frame["name"].to_numpy(dtype=object),
            "weight": np.broadcast_to(np.asarray(weight, dtype=float), len(frame)),
            "incomplete": np.broadcast_to(np.asarray(incomplete, dtype=bool), len(frame)),
            "illustrative": (frame["source"] == "illustrative").to_numpy(dtype=bool),
        }
    )
    wrong = np.flatnonzero((table["weight"] < 0) | np.isinf(table["weight"]))
    if wrong.size:
        row = table.iloc[wrong[0]]
        raise OutOfRangeError(
            f"{layer}/{row['id']}: weight {row['weight']} is negative or infinite",
            zh=f"{layer}/{row['id']}：权重 {row['weight']} 为负或无穷",
        )
    return table


def join_objects(
    scene: Scene,
    tables: Iterable[pd.DataFrame],
    shapes: Iterable[GeometryArray],
    layers: Iterable[str],
    *,
    sums: tuple[str, ...] = (),
    greatest: tuple[str, ...] = (),
    left_out: tuple[Text, ...] = (),
) -> Objects:
    """Return objects that are shared out by their geometries, or yet to be."""
    table = pd.concat(list(tables), ignore_index=True)
    geometries = np.concatenate([np.asarray(part, dtype=object) for part in shapes])
    shared = geometries if scene.shares_out else geometries[:0]
    return Objects(
        table,
        find_shares(shared, scene.resolution, progress=scene.say),
        scene.covered(layers),
        sums,
        greatest,
        left_out=left_out,
        geometries=None if scene.shares_out else geometries,
    )


def distribute(row: Any, cell: Any, mass: Any, weights: FloatArray, resolution: int) -> Shares:
    """Return shares of objects whose mass lies in cells unevenly, such as people in the zone of a plant.

    Parameters
    ----------
    row, cell, mass : array_like, shape (n,)
        Object, cell and what it has there, pairs repeated or not. An object without mass has equal parts in its cells.
    weights : ndarray, shape (objects,)
        The mass of each object in all.
    resolution : int
    """
    row, cell, mass = np.asarray(row, np.int64), np.asarray(cell, np.uint64), np.asarray(mass, float)
    total = np.bincount(row, weights=mass, minlength=len(weights))
    count = np.bincount(row, minlength=len(weights))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total[row] > 0.0, mass / total[row], 1.0 / count[row])
    kept = share > 0.0
    pieces = Pieces(row[kept], cell[kept], share[kept], cell_centres(cell[kept]))
    return merge_pieces(pieces, np.zeros(len(weights)), resolution)
