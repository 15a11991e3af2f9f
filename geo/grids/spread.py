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
from scipy.spatial import KDTree

from geo.distance.pieces import IntArray
from geo.ellipsoid import MEAN_RADIUS_M, FloatArray, to_cartesian_m
from geo.errors import OutOfRangeError
from geo.grids.cells import cell_area_km2, cell_centres, find_neighbours, get_edge_m
from geo.grids.overlay import Pieces, join_pieces
from geo.grids.shares import MAX_SHARES, Progress, Shares, merge_pieces

__all__ = ["FARTHEST_CORNER", "MAX_BANDWIDTH_M", "NEAREST_RING", "spread_shares"]

MAX_BANDWIDTH_M = 500_000.0
"""Widest bandwidth. [m] Up to it distances taken from chords are within 1e-6 of the geodesic ones."""

NEAREST_RING = 1.08
"""The cells of the k-th ring around a cell have their centres at least 1.08 k average edges from its own, at all
resolutions and around pentagons. [1]"""

FARTHEST_CORNER = 1.4
"""A point lies at most 1.4 average edges from the centre of its cell. [1]"""

_PAIRS_PER_STEP = 2_000_000


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
            f"bandwidth {bandwidth_m} m outside (0, {MAX_BANDWIDTH_M:,.0f}]",
            zh=f"带宽 {bandwidth_m} m 超出 (0, {MAX_BANDWIDTH_M:,.0f}]",
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
    expected = int(len(shares) * (1.0 + np.pi * bandwidth_m**2 / (2.6 * get_edge_m(shares.resolution) ** 2)))
    if expected > limit:
        raise OutOfRangeError(
            f"a bandwidth of {bandwidth_m:,.0f} m at resolution {shares.resolution} would give about {expected:,} "
            f"shares of objects in cells, more than {limit:,}; use a coarser resolution or a narrower bandwidth",
            zh=f"分辨率 {shares.resolution}、带宽 {bandwidth_m:,.0f} m 约产生 {expected:,} 个对象份额，"
            f"超过 {limit:,}；请用更粗的分辨率或更窄的带宽",
        )


def _spread(shares: Shares, chosen: IntArray, rings: int, bandwidth_m: float) -> Pieces:
    """Shares of some pieces in the cells around each, adding up to what the piece had."""
    own = np.unique(shares.cell[chosen])
    cells = np.unique(find_neighbours(own, rings)[1])
    centres, area_km2 = cell_centres(cells), cell_area_km2(cells)
    from_m, to_m = to_cartesian_m(*shares.lon_lat[chosen].T), to_cartesian_m(*centres.T)
    piece, cell = _find_pairs(from_m, to_m, bandwidth_m)
    weight = _weigh(to_m[:, cell] - from_m[:, piece], bandwidth_m) * area_km2[cell]
    # Where no centre is within reach, the piece's own cell takes all.
    alone = np.setdiff1d(np.arange(len(chosen)), piece[weight > 0.0])
    piece = np.concatenate([piece, alone])
    cell = np.concatenate([cell, np.searchsorted(cells, shares.cell[chosen][alone])])
    weight = np.concatenate([weight, np.ones(len(alone))])
    # In a fixed order, so that the sum of a piece's weights is the same whatever is computed along with it.
    order = np.lexsort((cell, piece))
    order = order[weight[order] > 0.0]
    piece, cell, weight = piece[order], cell[order], weight[order]
    total = np.bincount(piece, weights=weight, minlength=len(chosen))
    share = shares.share[chosen][piece] * (weight / total[piece])
    return Pieces(shares.row[chosen][piece], cells[cell], share, centres[cell])


def _find_pairs(from_m: FloatArray, to_m: FloatArray, bandwidth_m: float) -> tuple[IntArray, IntArray]:
    """Pairs of places nearer to each other than the bandwidth, and few more."""
    # A chord is shorter than its arc.
    found = KDTree(from_m.T).sparse_distance_matrix(
        KDTree(to_m.T), bandwidth_m * 1.000001, output_type="ndarray"
    )
    return found["i"].astype(np.int64), found["j"].astype(np.int64)


def _weigh(away_m: FloatArray, bandwidth_m: float) -> FloatArray:
    """Quartic kernel at the geodesic distance between points by the vector between them, shape (3, n)."""
    chord_m2 = away_m[0] ** 2 + away_m[1] ** 2 + away_m[2] ** 2
    # s² = c² (1 + c² / 12 R² + c⁴ / 90 R⁴): the arc over a chord, to 1e-6 at 500 km whatever the radius taken.
    bend = chord_m2 / MEAN_RADIUS_M**2
    distance_m2 = chord_m2 * (1.0 + bend / 12.0 + bend**2 / 90.0)
    return np.asarray(np.maximum(1.0 - distance_m2 / bandwidth_m**2, 0.0) ** 2)
