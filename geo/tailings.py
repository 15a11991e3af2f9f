"""Tailings ponds: design grade, minimum freeboard, monitored items, and how far the tailings may run when a dam breaks.

Every number carries its standing; what a result rests on is listed in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.ellipsoid import FloatArray
from geo.errors import OutOfRangeError
from geo.standing import Standing
from geo.terrain import Feet, FlowPath, PathEnd

__all__ = [
    "FREEBOARD",
    "GRADE_LIMITS",
    "ITEMS",
    "MONITORING",
    "PHREATIC_DEPTH",
    "RELATIONS",
    "DesignGrade",
    "Freeboard",
    "Grade",
    "GradeLimit",
    "Requirement",
    "RunOut",
    "RunOutBand",
    "RunOutRelation",
    "combine_grades",
    "design_grade",
    "lay_run_out",
    "missing_monitoring",
    "people_in_band",
    "phreatic_depth_m",
    "run_out",
]


class Grade(IntEnum):
    """Design grade (等别) of a pond; the lower the number, the higher the grade."""

    I = 1  # noqa: E741  # the grades' own names
    II = 2
    III = 3
    IV = 4
    V = 5


@dataclass(frozen=True)
class GradeLimit:
    """From which capacity or height on a pond has a grade; the limits belong to it.

    Attributes
    ----------
    standing : Standing
        Of the lower limit and of the one above it, whichever is the less sure.
    """

    grade: Grade
    capacity_m3: float
    height_m: float
    standing: Standing


GRADE_LIMITS: Final = (
    GradeLimit(Grade.I, 5e8, 200.0, Standing.RECALLED),
    GradeLimit(Grade.II, 1e8, 100.0, Standing.RECALLED),
    GradeLimit(Grade.III, 1e7, 60.0, Standing.VERIFIED),
    GradeLimit(Grade.IV, 1e6, 30.0, Standing.VERIFIED),
    GradeLimit(Grade.V, 0.0, 0.0, Standing.VERIFIED),
)
"""GB 50863-2013 table 3.3.1, highest grade first. Limits of III to V as read for AQ 2006-2005, unchanged since; the
lower limits of II were read there too, its upper ones are those of I and recalled."""


@dataclass(frozen=True)
class DesignGrade:
    """The grade of a pond and what it rests on.

    Attributes
    ----------
    grade : Grade or None
        None for a disused pit or hollow without a dam, which has no grade.
    by_capacity, by_height : GradeLimit or None
        The rows that each quantity falls under.
    standing : Standing
        The less sure of both rows'.
    """

    grade: Grade | None
    by_capacity: GradeLimit | None
    by_height: GradeLimit | None
    standing: Standing


def design_grade(
    capacity_m3: float, dam_height_m: float, *, in_pit_without_dam: bool = False, raised: bool = False
) -> DesignGrade:
    """Return the design grade of a pond for one period of use (GB 50863-2013, 3.3.1).

    Of two grades that differ by one the higher counts, of two that differ by more the higher lowered by one.

    Parameters
    ----------
    capacity_m3 : float
        Full capacity (全库容); of a pit or hollow with a dam the capacity behind the dam. [m³]
    dam_height_m : float
        [m]
    in_pit_without_dam : bool
        A disused open pit or hollow with no dam round it has no grade.
    raised : bool
        By one after argument, where a failure would gravely harm a town, works, trunk railway or expressway; grade I
        stays.

    Raises
    ------
    OutOfRangeError
        If capacity or height is negative or not finite.

    Examples
    --------
    >>> design_grade(8e6, 70.0).grade.name
    'III'
    """
    for name, value in (("capacity", capacity_m3), ("dam height", dam_height_m)):
        if not (np.isfinite(value) and value >= 0):
            raise OutOfRangeError(f"{name} {value} of a pond is not 0 or more")
    if in_pit_without_dam:
        return DesignGrade(None, None, None, Standing.VERIFIED)
    by_capacity = next(limit for limit in GRADE_LIMITS if capacity_m3 >= limit.capacity_m3)
    by_height = next(limit for limit in GRADE_LIMITS if dam_height_m >= limit.height_m)
    grade = combine_grades(by_capacity.grade, by_height.grade)
    if raised:
        grade = Grade(max(grade - 1, Grade.I))
    recalled = Standing.RECALLED in {by_capacity.standing, by_height.standing}
    return DesignGrade(grade, by_capacity, by_height, Standing.RECALLED if recalled else Standing.VERIFIED)


def combine_grades(one: Grade, other: Grade) -> Grade:
    """Return the grade that two grades, by capacity and by height, leave together."""
    higher = min(one, other)
    return Grade(higher + 1) if abs(one - other) > 1 else higher


@dataclass(frozen=True)
class Freeboard:
    """Least safety freeboard and dry beach of a dam class.

    Attributes
    ----------
    freeboard_m, beach_upstream_m, beach_other_m : float
        Of upstream dams; the other beach is that of downstream and centre-line dams. [m]
    standing : Standing
    """

    freeboard_m: float
    beach_upstream_m: float
    beach_other_m: float
    standing: Standing = Standing.RECALLED


FREEBOARD: Final[Mapping[Grade, Freeboard]] = {
    Grade.I: Freeboard(1.5, 150.0, 100.0),
    Grade.II: Freeboard(1.0, 100.0, 70.0),
    Grade.III: Freeboard(0.7, 70.0, 50.0),
    Grade.IV: Freeboard(0.5, 50.0, 35.0),
    Grade.V: Freeboard(0.4, 40.0, 25.0),
}
"""GB 50863-2013 tables 4.2.1 and 4.2.2 by dam class, which is the pond's grade; recalled. Classes III and lower may
shorten the beach by up to 30 % after proof, seismic sites need more (both verified)."""

_SHORTENED_SHARE = 0.7
"""What is left of the beach after the 30 % of GB 50863-2013, 4.2. [1]"""


def least_beach_m(grade: Grade, method: str) -> tuple[float, float]:
    """Return the least dry beach of a dam: as the table asks, and as far as a proof may shorten it. [m].

    Parameters
    ----------
    grade : Grade
        Dam class.
    method : str
        ``upstream``, ``centreline`` or ``downstream``.

    Raises
    ------
    OutOfRangeError
        If the tables have no beach for dams raised that way.

    Examples
    --------
    >>> least_beach_m(Grade.III, "upstream")
    (70.0, 49.0)
    """
    if method not in {"upstream", "centreline", "downstream"}:
        raise OutOfRangeError(
            f"the tables have no dry beach for method {method!r}: upstream, centreline or downstream dams have one",
            zh=f"筑坝方式“{method}”在表中没有最小干滩长度：仅有上游式、中线式、下游式",
        )
    row = FREEBOARD[grade]
    beach_m = row.beach_upstream_m if method == "upstream" else row.beach_other_m
    return beach_m, round(_SHORTENED_SHARE * beach_m, 6) if grade >= Grade.III else beach_m


PHREATIC_DEPTH: Final = ((30.0, 2.0), (60.0, 4.0), (100.0, 6.0), (150.0, 8.0))
"""Least depth of the phreatic line by height of the heap, both in m; interpolated between (verified of GB 51108, the
numbers recalled). Lower heaps keep 2 m, higher ones 8 m to 10 m."""

_PHREATIC_DEPTH_AT_MOST_M = 10.0
"""Upper end of the range of GB 51108 for heaps higher than the table's. [m]"""


def phreatic_depth_m(heap_height_m: float) -> tuple[float, float]:
    """Return the least depth of the phreatic line of a dam: at least, and at most where the table gives a range. [m].

    Raises
    ------
    OutOfRangeError
        If the height is negative or no number.
    """
    if not heap_height_m >= 0.0:
        raise OutOfRangeError(
            f"a heap of {heap_height_m} m has no phreatic line: state a height of 0 m or more",
            zh=f"堆积坝高 {heap_height_m} m 无效：应为不小于 0 的数",
        )
    heights_m, depths_m = zip(*PHREATIC_DEPTH, strict=True)
    least_m = float(np.interp(heap_height_m, heights_m, depths_m))
    return least_m, least_m if heap_height_m < heights_m[-1] else _PHREATIC_DEPTH_AT_MOST_M


@dataclass(frozen=True)
class Requirement:
    """An item that a pond has to monitor.

    Attributes
    ----------
    item, zh, en : str
        Word in the data, names.
    of_dry : bool
        Dry stacks have to as well, not only wet ponds.
    """

    item: str
    zh: str
    en: str
    of_dry: bool = False


ITEMS: Final[Mapping[str, Requirement]] = {
    requirement.item: requirement
    for requirement in (
        Requirement("pond_level", "库水位", "pond level"),
        Requirement("rainfall", "降雨量", "rainfall", of_dry=True),
        Requirement("beach_length", "干滩长度", "dry-beach length"),
        Requirement("phreatic_line", "浸润线埋深", "depth of the phreatic line"),
        Requirement("displacement", "坝体位移", "dam displacement", of_dry=True),
        Requirement("beach_crest", "滩顶高程", "beach-crest elevation"),
        Requirement("freeboard", "安全超高", "safety freeboard"),
        Requirement("video", "视频监控", "video"),
        Requirement("beach_slope", "干滩坡度", "beach slope"),
        Requirement("basin_displacement", "库区滑坡体位移", "landslide displacement in the basin"),
    )
}
"""What is monitored on ponds, by the word in the data."""

MONITORING: Final[Mapping[str, tuple[Requirement, ...]]] = {
    "gb_39496": tuple(ITEMS[item] for item in ("beach_slope", "basin_displacement")),
    "yunnan": tuple(
        ITEMS[item]
        for item in (
            "pond_level",
            "rainfall",
            "beach_length",
            "phreatic_line",
            "displacement",
            "beach_crest",
            "freeboard",
            "video",
        )
    ),
    "kunming": tuple(ITEMS[item] for item in ("displacement", "phreatic_line", "pond_level", "video")),
}
"""Items by who asks for them: GB 39496-2020 5.5.2 (what wet ponds need in addition, verified), the plans of Yunnan and
of Kunming (seed). Pore pressure, seepage and turbidity of grades I to III are asked for "if needed" and not listed."""


def missing_monitoring(pond: Mapping[str, Any], demanded_by: str) -> tuple[Requirement, ...] | None:
    """Return which required items a pond lacks.

    Parameters
    ----------
    pond : mapping
        ``monitoring`` (list of items) and ``method``; of a ``dry_stack`` only the items of dry stacks are asked.
    demanded_by : str
        Key of :data:`MONITORING`.

    Returns
    -------
    tuple of Requirement or None
        None where it is unknown what is monitored, or whether a lacking item is asked of this pond at all.
    """
    monitored, method = pond.get("monitoring"), pond.get("method")
    if not isinstance(monitored, list | tuple):
        return None
    lacking = tuple(item for item in MONITORING[demanded_by] if item.item not in monitored)
    if pd.isna(method):
        return lacking if all(item.of_dry for item in lacking) else None
    return tuple(item for item in lacking if item.of_dry) if method == "dry_stack" else lacking


@dataclass(frozen=True)
class RunOutRelation:
    """A published relation for how much is released and how far it runs.

    Attributes
    ----------
    name, source : str
    released_hm3 : callable
        Of the volume stored. [10⁶ m³ = hm³]
    run_out_km : callable
        Of height, volume stored and volume released. [m, hm³, hm³ -> km]
    standing : Standing
        Of the run-out, the less sure part of all of them.
    """

    name: str
    source: str
    released_hm3: Callable[[float], float]
    run_out_km: Callable[[float, float, float], float]
    standing: Standing = Standing.RECALLED


def rico_released_hm3(stored_hm3: float) -> float:
    """Return the volume released after Rico et al. (2008), VF = 0.354 VT^1.01, in 10⁶ m³; read in a secondary source.

    Volumes in m³ would give 41 % instead of 36 % of a store of 7.5 million m³: hence the unit in the names.

    Examples
    --------
    >>> round(rico_released_hm3(7.5) / 7.5, 2)
    0.36
    """
    return float(0.354 * stored_hm3**1.01)


def rico_run_out_km(height_m: float, _stored_hm3: float, released_hm3: float) -> float:
    """Return the run-out after Rico et al. (2008), Dmax = 1.61 (H VF)^0.66, in km; recalled."""
    return float(1.61 * (height_m * released_hm3) ** 0.66)


def larrauri_released_hm3(stored_hm3: float) -> float:
    """Return the volume released after Larrauri and Lall (2018), VF = 0.332 VT^0.95, in 10⁶ m³; secondary source."""
    return float(0.332 * stored_hm3**0.95)


def larrauri_run_out_km(height_m: float, stored_hm3: float, released_hm3: float) -> float:
    """Return the run-out after Larrauri and Lall (2018), Dmax = 3.04 (H VF / VT VF)^0.545, in km; recalled."""
    return float(3.04 * (height_m * released_hm3 / stored_hm3 * released_hm3) ** 0.545)


RELATIONS: Final = (
    RunOutRelation(
        "Rico et al. 2008",
        "Journal of Hazardous Materials 154 (2008) 79-87",
        rico_released_hm3,
        rico_run_out_km,
    ),
    RunOutRelation(
        "Larrauri and Lall 2018",
        "Environments 5 (2018) 28",
        larrauri_released_hm3,
        larrauri_run_out_km,
    ),
)
"""The relations that give a run-out."""


@dataclass(frozen=True)
class RunOut:
    """How far the tailings may run: a band, never one length. Screening only.

    Attributes
    ----------
    estimates_km : mapping of str to float
        What each relation gives. [km]
    low_km, central_km, high_km : float
        The least estimate divided by the scatter, the geometric mean of the estimates, the largest times the scatter.
    scatter : float
        Factor by which broken dams scatter about the relations.
    standing : Standing
    """

    estimates_km: Mapping[str, float]
    low_km: float
    central_km: float
    high_km: float
    scatter: float
    standing: Standing


def run_out(capacity_m3: float, dam_height_m: float, scatter: float) -> RunOut:
    """Return the band of run-outs of a pond.

    Parameters
    ----------
    capacity_m3, dam_height_m : float
        More than 0. [m³, m]
    scatter : float
        3 to 10 after the published cases.

    Raises
    ------
    OutOfRangeError
        If capacity or height is not more than 0, or the scatter is below 1.
    """
    if not (capacity_m3 > 0 and dam_height_m > 0 and scatter >= 1):
        raise OutOfRangeError(
            f"run-out of {capacity_m3} m³ behind {dam_height_m} m with scatter {scatter}: volume and height must be "
            "more than 0, the scatter at least 1"
        )
    stored_hm3 = capacity_m3 / 1e6
    estimates_km = {
        relation.name: relation.run_out_km(dam_height_m, stored_hm3, relation.released_hm3(stored_hm3))
        for relation in RELATIONS
    }
    lengths_km = np.array(list(estimates_km.values()))
    return RunOut(
        estimates_km,
        float(lengths_km.min() / scatter),
        float(np.exp(np.log(lengths_km).mean())),
        float(lengths_km.max() * scatter),
        scatter,
        Standing.RECALLED,
    )


@dataclass(frozen=True)
class RunOutBand:
    """A band of run-outs laid along the valley.

    Attributes
    ----------
    run_out : RunOut
    path : FlowPath
        Up to the farthest end of the band, as far as the raster goes.
    half_width_m : float
        What lies so near to the path counts; an assumption of the caller's, the relations know no width. [m]
    """

    run_out: RunOut
    path: FlowPath
    half_width_m: float

    @property
    def reaches_end(self) -> bool:
        """Whether the path is as long as the farthest run-out; else the band is cut where the raster ends."""
        return self.path.end is PathEnd.LENGTH

    @property
    def ends_m(self) -> tuple[float, float, float]:
        """Low, central and high run-out, in metres."""
        run = self.run_out
        return run.low_km * 1000.0, run.central_km * 1000.0, run.high_km * 1000.0

    def lines(self) -> tuple[shapely.Geometry, shapely.Geometry, shapely.Geometry]:
        """Return the paths up to the low, central and high run-out, EPSG:4490."""
        low, central, high = (self.path.cut(end_m) for end_m in self.ends_m)
        return low, central, high

    def reach(self, targets: gpd.GeoSeries) -> pd.DataFrame:
        """Return where the targets lie in the band.

        Parameters
        ----------
        targets : GeoSeries, EPSG:4490

        Returns
        -------
        DataFrame
            Same index. ``mileage_m`` of the nearest part along the path and ``lateral_m`` beside it (NaN outside the
            band), ``zone``: ``low`` where even the least run-out gets there, then ``central`` and ``high``, None
            outside.
        """
        rows: list[tuple[float, float, str | None]] = [(np.nan, np.nan, None)] * len(targets)
        near = targets.sindex.query(self.path.box(self.half_width_m))
        for row, feet in zip(near, self.path.feet(targets.iloc[near], self.half_width_m), strict=True):
            rows[row] = self._first(feet)
        columns = zip(*rows, strict=True) if rows else ((), (), ())
        mileage_m, lateral_m, zone = (list(column) for column in columns)
        return pd.DataFrame(
            {
                "mileage_m": np.array(mileage_m, dtype=float),
                "lateral_m": np.array(lateral_m, dtype=float),
                "zone": pd.Series(zone, index=targets.index, dtype=object),
            },
            index=targets.index,
        )

    def _first(self, feet: Feet) -> tuple[float, float, str | None]:
        """Return mileage, offset and zone of the first part ahead."""
        ahead = feet.mileage_m >= 0
        if not ahead.any():
            return np.nan, np.nan, None
        first = np.flatnonzero(ahead)[np.argmin(feet.mileage_m[ahead])]
        mileage_m = float(feet.mileage_m[first])
        zones = ("low", "central", "high")
        zone = next(
            (name for name, end_m in zip(zones, self.ends_m, strict=True) if mileage_m <= end_m), None
        )
        return mileage_m, float(feet.lateral_m[first]), zone


def lay_run_out(run: RunOut, trace: Callable[[float], FlowPath], half_width_m: float) -> RunOutBand:
    """Return a band of run-outs laid along a flow path.

    Parameters
    ----------
    run : RunOut
    trace : callable
        Gives the flow path from the dam toe of a length. [m]
    half_width_m : float
        [m]
    """
    return RunOutBand(run, trace(run.high_km * 1000.0), half_width_m)


def people_in_band(zones: "pd.Series[Any]", people: FloatArray) -> dict[str, tuple[float, int]]:
    """Return for each zone the people known there and the number of targets of which it is unknown.

    Parameters
    ----------
    zones : Series
        As from :meth:`RunOutBand.reach`.
    people : ndarray of float
        NaN where unknown.
    """
    counted = {}
    for zone in ("low", "central", "high"):
        here = people[(zones == zone).to_numpy()]
        counted[zone] = (float(np.nansum(here)), int(np.isnan(here).sum()))
    return counted
