"""Objects on their way to partitions: a file for each row group that is read, a record batch in it for each partition.

A partition reads its batches of all files and nothing else of them. Files are Arrow's own format, mapped into memory,
not GeoParquet: there are as many batches as row groups times partitions.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geo.distance.pieces import IntArray
from geo.grids.cells import Cells

__all__ = ["read_scattered", "write_scattered"]

_GEOMETRY = "geometry"


def write_scattered(frame: gpd.GeoDataFrame, row: IntArray, partition: Cells, path: Path) -> list[str]:
    """Write objects partition by partition, each as often as partitions need it; the file is whole or not there.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
    row, partition : ndarray, shape (n,)
        Positions of objects, and the partition that each goes to.
    path : pathlib.Path

    Returns
    -------
    list of str
        Names of the partitions: hexadecimal, ascending, in the order of the batches.
    """
    order = np.argsort(partition, kind="stable")
    names, first = np.unique(partition[order], return_index=True)
    table = pa.Table.from_pandas(pd.DataFrame(frame.drop(columns=_GEOMETRY)), preserve_index=False)
    table = table.append_column(_GEOMETRY, pa.array(shapely.to_wkb(frame.geometry.to_numpy()), pa.binary()))
    table = table.take(pa.array(row[order])).combine_chunks()
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with pa.OSFile(str(part), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        for begin, end in zip(first, np.append(first, len(order))[1:], strict=True):
            writer.write_batch(table.slice(begin, end - begin).to_batches()[0])
    os.replace(part, path)
    return [f"{cell:x}" for cell in names.tolist()]


def read_scattered(places: Sequence[tuple[Path, int]]) -> gpd.GeoDataFrame:
    """Return the objects of a partition: of so many files the batches of these numbers, in this order."""
    tables = []
    for path, number in places:
        with pa.memory_map(str(path)) as file:
            tables.append(pa.Table.from_batches([pa.ipc.open_file(file).get_batch(number)]))
    # Whole numbers in one file may have gaps in another, where they are floats.
    table = pa.concat_tables(tables, promote_options="permissive")
    geometries = shapely.from_wkb(table[_GEOMETRY].to_numpy(zero_copy_only=False))
    columns = table.drop_columns([_GEOMETRY]).to_pandas()
    return gpd.GeoDataFrame(columns, geometry=geometries, crs="EPSG:4490")
