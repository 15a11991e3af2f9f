r"""Shares spread over the cells around by a compact kernel that conserves them.

Each piece of an object acts as a point at its centre (a point object where it is, a line or polygon piece by piece),
so that what reaches over several cells is sampled in each of them. Its share goes to all cells whose centre lies within
the bandwidth :math:`h`, in proportion to

.. math:: w = A\,(1 - d^2 / h^2)^2

the quartic (biweight) kernel [1]_ at the geodesic distance :math:`d` to the centre of a cell of area :math:`A`, the
weights of a piece made to add up to one: nothing is lost at any edge. Where the bandwidth reaches no centre, the share
stays in its cell.

References
----------
.. [1] B. W. Silverman, Density Estimation for Statistics and Data Analysis (1986), equation (4.5).
"""

import numpy as np
import pandas as pd
from numba import njit

from geo.distance.pieces import IntArray
from geo.ellipsoid import MEAN_RADIUS_M, FloatArray, to_cartesian_m
from geo.errors import OutOfRangeError
from geo.grids.cells import Cells, cell_area_km2, cell_centres, find_neighbours, get_edge_m
from geo.grids.lattice import weigh_cells
from geo.grids.overlay import Pieces, join_pieces
from geo.grids.shares import MAX_SHARES, Shares, merge_pieces
from geo.progress import Progress
from geo.text import say_number

__all__ = ["FARTHEST_CORNER", "MAX_BANDWIDTH_M", "NEAREST_RING", "spread_shares"]

MAX_BANDWIDTH_M = 500_000.0
"""Widest bandwidth. [m] Up to it distances taken from chords are within 1e-6 of the geodesic ones."""

NEAREST_RING = 1.08
"""The cells of the k-th ring around a cell have their centres at least 1.08 k average edges from its own, at all
resolutions and around pentagons. [1]"""

FARTHEST_CORNER = 1.4
"""A point lies at most 1.4 average edges from the centre of its cell. [1]"""

_FINE = 7
"""From this resolution on weights take the areas of cells from their centres: within 4e-8."""

_PAIRS_PER_STEP = 2_000_000
"""So many pairs of piece and cell are held at a time."""


def spread_shares(
    shares: Shares, bandwidth_m: float, *, limit: int = MAX_SHARES, progress: Progress | None = None
) -> Shares:
    """Shares of objects in the cells around them.

    Parameters
    ----------
    shares : Shares
    bandwidth_m : float
        Distance at which the kernel ends, over 0, up to 500 km. [m]
    limit : int
        Refuse to start if there would be more shares than this.
    progress : callable, optional

    Returns
    -------
    Shares
        Adding up to 1 for each object as before; `lon_lat` are the centres of the cells. Each object's depend on it
        alone.

    Raises
    ------
    OutOfRangeError
        If the bandwidth is out of range, or so wide that the shares would be too many.
    """
    if not 0.0 < bandwidth_m <= MAX_BANDWIDTH_M:
        raise OutOfRangeError(
            f"bandwidth {bandwidth_m} m outside (0, {say_number(MAX_BANDWIDTH_M, 0)}]",
            zh=f"带宽 {bandwidth_m} m 超出 (0, {say_number(MAX_BANDWIDTH_M, 0)}]",
        )
    _refuse_too_many(shares, bandwidth_m, limit)
    edge_m = get_edge_m(shares.resolution)
    rings = int((bandwidth_m + FARTHEST_CORNER * edge_m) / (NEAREST_RING * edge_m))
    step = max(1, _PAIRS_PER_STEP // (3 * rings * (rings + 1) + 1))
    order = np.argsort(shares.cell, kind="stable")
    pieces = []
    for first in range(0, len(shares), step):
        pieces.append(_spread(shares, order[first : first + step], rings, bandwidth_m))
        if progress:
            progress(min(1.0, (first + step) / len(shares)), "spreading shares over the cells around")
    return merge_pieces(join_pieces(pieces), shares.residual, shares.resolution) if pieces else shares


def _refuse_too_many(shares: Shares, bandwidth_m: float, limit: int) -> None:
    # A hexagon has 2.6 squares of its edge: sqrt(27) / 2.
    cell_m2 = 2.6 * get_edge_m(shares.resolution) ** 2
    expected = int(len(shares) * (1.0 + np.pi * bandwidth_m**2 / cell_m2))
    if expected > limit:
        raise OutOfRangeError(
            f"a bandwidth of {say_number(bandwidth_m, 0)} m at resolution {shares.resolution} would give about "
            f"{say_number(expected)} shares of objects in cells, more than {say_number(limit)}; use a coarser "
            "resolution or a narrower bandwidth",
            zh=f"分辨率 {shares.resolution}、带宽 {say_number(bandwidth_m, 0)} m 约产生 {say_number(expected)} "
            f"个对象份额，超过 {say_number(limit)}；请用更粗的分辨率或更窄的带宽",
        )


def _spread(shares: Shares, chosen: IntArray, rings: int, bandwidth_m: float) -> Pieces:
    """Shares of some pieces in the cells around each, adding up to what the piece had."""
    own, code = np.unique(shares.cell[chosen], return_inverse=True)
    around, first = _find_around(own, rings)
    number, known = pd.factorize(around)
    centre = cell_centres(known)
    place = np.ascontiguousarray(to_cartesian_m(*shares.lon_lat[chosen].T).T)
    centre_m = np.ascontiguousarray(to_cartesian_m(*centre.T).T)
    count = _pair(place, code, first, number, centre_m, bandwidth_m, np.empty(0, np.int64), np.empty(0))
    near, kernel = np.empty(count.sum(), np.int64), np.empty(count.sum())
    _pair(place, code, first, number, centre_m, bandwidth_m, near, kernel)
    met, number = _number_met(near, len(known))
    piece = np.repeat(np.arange(len(chosen)), count)
    weight = kernel * _find_areas(known[met], centre[met], shares.resolution)[number]
    share = shares.share[chosen][piece] * (weight / np.bincount(piece, weight, len(chosen))[piece])
    spread = Pieces(shares.row[chosen][piece], known[met][number], share, centre[met][number])
    # Where no centre is within reach, the piece's own cell takes all.
    alone = chosen[count == 0]
    if not alone.size:
        return spread
    cell = shares.cell[alone]
    return join_pieces([spread, Pieces(shares.row[alone], cell, shares.share[alone], cell_centres(cell))])


def _find_areas(cells: Cells, lon_lat: FloatArray, resolution: int) -> FloatArray:
    """Areas of cells [km²], of most of them by their centres where that is as good."""
    if resolution < _FINE:
        return cell_area_km2(cells)
    area_km2 = weigh_cells(lon_lat, resolution)
    left = np.isnan(area_km2)
    area_km2[left] = cell_area_km2(cells[left])
    return area_km2


def _find_around(own: Cells, rings: int) -> tuple[Cells, IntArray]:
    """Cells around each cell, and where those of each begin.

    They stand in the order of their numbers, so that a piece's weights are added up the same way wherever it is
    computed.
    """
    owner, around = find_neighbours(own, rings)
    first = np.searchsorted(owner, np.arange(len(own) + 1))
    if len(own) and (np.diff(first) == first[1]).all():
        return np.sort(around.reshape(len(own), -1), axis=1).ravel(), first
    return around[np.lexsort((around, owner))], first


def _number_met(code: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Codes that occur, ascending, and the number of each occurrence among them."""
    is_met = np.zeros(count, dtype=bool)
    is_met[code] = True
    return np.flatnonzero(is_met), (np.cumsum(is_met) - 1)[code]


@njit(cache=True, nogil=True)
def _pair(
    place_m: FloatArray,
    code: IntArray,
    first: IntArray,
    number: IntArray,
    centre_m: FloatArray,
    bandwidth_m: float,
    near: IntArray,
    kernel: FloatArray,
) -> IntArray:  # pragma: no cover  # compiled
    """Write the cells within the bandwidth of each piece and the quartic kernel there; no room is to count only."""
    count, total = np.zeros(len(place_m), np.int64), 0
    for piece in range(len(place_m)):
        for position in range(first[code[piece]], first[code[piece] + 1]):
            cell = number[position]
            dx, dy = centre_m[cell, 0] - place_m[piece, 0], centre_m[cell, 1] - place_m[piece, 1]
            dz = centre_m[cell, 2] - place_m[piece, 2]
            chord_m2 = dx * dx + dy * dy + dz * dz
            # s² = c² (1 + c² / 12 R² + c⁴ / 90 R⁴): the arc over a chord, to 1e-6 at 500 km whatever the radius taken.
            bend = chord_m2 / (MEAN_RADIUS_M * MEAN_RADIUS_M)
            below = 1.0 - chord_m2 * (1.0 + bend / 12.0 + bend * bend / 90.0) / (bandwidth_m * bandwidth_m)
            if below * below > 0.0 and below > 0.0:
                if total < len(near):
                    near[total], kernel[total] = cell, below * below
                total += 1
                count[piece] += 1
    return count
