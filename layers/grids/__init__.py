"""Grids over stored layers: metrics, runs, explanations, files.

A metric (:mod:`layers.grids.registry`) says which objects count and how much they weigh; :func:`compute_grids` shares
them out over cells and adds them up; :func:`store_grids` keeps cells and runs, whose ids follow from what went into
them; :func:`explain_stored_cell` takes a cell apart again; :func:`diff_grids` compares two runs.
"""

from layers.grids.computing import Grid, GridRequest, compute_grids, fill_area, find_area
from layers.grids.estimating import GridEstimate, estimate_grid
from layers.grids.explaining import explain_stored_cell, parse_cell
from layers.grids.files import GRID_FORMATS, check_grid_path, write_grid
from layers.grids.registry import Metric, find_metric, read_metrics
from layers.grids.storing import (
    StoredGrid,
    count_cells,
    diff_grids,
    drop_grids,
    enter_grid,
    find_grid,
    list_grids,
    read_cells,
    read_empty_cells,
    store_grids,
)

__all__ = [
    "GRID_FORMATS",
    "Grid",
    "GridEstimate",
    "GridRequest",
    "Metric",
    "StoredGrid",
    "check_grid_path",
    "compute_grids",
    "count_cells",
    "diff_grids",
    "drop_grids",
    "enter_grid",
    "estimate_grid",
    "explain_stored_cell",
    "fill_area",
    "find_area",
    "find_grid",
    "find_metric",
    "list_grids",
    "parse_cell",
    "read_cells",
    "read_empty_cells",
    "read_metrics",
    "store_grids",
    "write_grid",
]
