"""Overlaps with bent edges, drawn in parts only where they may meet the other polygon."""

import numpy as np
import pytest
import shapely

from geo.grids import find_shares
from geo.grids.cells import outline_cells
from geo.grids.overlaps import Arcs, gather_arcs, gather_outlines, measure_overlaps
from geo.grids.plane import read_rings


def make_shapes(across_deg: float) -> np.ndarray:
    """Ragged shapes of 15 vertices between 20° and 40° N, the same ones each time."""
    rng = np.random.default_rng(7)
    angle = np.linspace(0.0, 2.0 * np.pi, 15, endpoint=False)
    radius = across_deg * rng.uniform(0.3, 0.5, (60, 15))
    centre = np.column_stack([rng.uniform(98.0, 106.0, 60), rng.uniform(20.0, 40.0, 60)])
    return shapely.polygons(np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1) + centre[:, None])


@pytest.mark.parametrize("across_deg", [3e-4, 3e-3, 0.03, 0.3])
def test_edges_drawn_where_they_are_met_give_what_edges_drawn_everywhere_give(across_deg: float) -> None:
    shapes = make_shapes(across_deg)
    shares = find_shares(shapes, 7)
    cells, code = np.unique(shares.cell, return_inverse=True)
    mine = gather_outlines(read_rings(shapes).draw(np.full(len(shapes), 1e-4)))
    curves = outline_cells(cells)
    drawn = gather_outlines(curves.draw())
    straight = Arcs(drawn, np.zeros((len(drawn.edge), 2)), np.ones(len(drawn.edge), np.int64))
    none = np.zeros(len(code))
    area_m2, centre_m = measure_overlaps(mine, gather_arcs(curves), shares.row, code, none)
    expected_m2, expected_m = measure_overlaps(mine, straight, shares.row, code, none)
    assert curves.parts.max() > 3
    # Coordinates of 1e7 m are rounded to 2e-9 m, and some tens of them go into an overlap.
    np.testing.assert_array_less(np.abs(area_m2 - expected_m2), 1e-7 * np.sqrt(expected_m2) + 1e-9)
    whole = expected_m2 > 1.0
    np.testing.assert_allclose(centre_m[whole], expected_m[whole], rtol=0.0, atol=1e-3)
