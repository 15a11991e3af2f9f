"""The map picture of a decision, as SVG: the plots, what lies around them, and the lines of evidence.

Drawn on a local plane about the middle of the view (true from there to a few millimetres per kilometre), north up.
Coordinates are rounded to a tenth of a picture unit, so that the same input gives the same text everywhere.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry import shape

from geo.crs import local_crs
from geo.rules.finding import Conclusion
from geo.text import Text, say_metres
from layers.catalog import get_layer
from layers.documents.clean_text import clean_text
from layers.letters.fonts import FONT_FAMILY
from layers.letters.wording import conclusion_of
from layers.words import CONCLUSIONS

__all__ = ["PICTURE_SIZE", "NumberedFinding", "draw_map"]

PICTURE_SIZE = (1600, 1120)
"""Width and height of the picture, in its own units."""

NumberedFinding = tuple[int, Mapping[str, Any]]
"""A published finding and its number in the table of checks."""

_FRAME = (70.0, 20.0, 1180.0, 1060.0)
"""Left, top, right, bottom of the map in the picture."""

_SMALLEST_VIEW_M = 800.0
_FARTHEST_LIMITS = 3.0
"""Evidence is drawn up to this many limits away; what is farther off stands in the table only."""

_WIDENING = 6.0
"""Evidence that reaches more than so many times as far as everything nearer does not widen the view: it leaves the map
with an arrow. What decides by a distance is in view however far."""

_POSITION_PLACES = 1


@dataclass(frozen=True)
class _Style:
    """How the features of a layer are drawn."""

    stroke: str
    fill: str = "none"
    width: float = 2.0
    dash: str | None = None


_STYLES: dict[str, _Style] = {
    "admin_areas": _Style("#8a8a8a", width=1.5, dash="12 5 2 5"),
    "zones": _Style("#2e7d32", "#c8e6c9", 1.5),
    "lakes": _Style("#1565c0", "#cfe5fa", 1.5),
    "rivers": _Style("#1e6fd0", "#cfe5fa", 3.0),
    "geohazards": _Style("#8d6e63", "#e6d9d3", 1.5),
    "mines": _Style("#795548", "#e9ded9", 1.5),
    "chemical_parks": _Style("#6a1b9a", "#ead9f0", 1.5),
    "park_zones": _Style("#8e24aa", "#f3e5f5", 1.0),
    "settlements": _Style("#ad8b00", "#fff4c2", 1.5),
    "buildings": _Style("#6d6d6d", "#d5d5d5", 1.0),
    "protection_targets": _Style("#c2185b", "#f8d0de", 1.5),
    "roads": _Style("#b8860b", width=2.0),
    "railways": _Style("#333333", width=2.5, dash="9 4"),
    "power_lines": _Style("#7b7b00", width=1.5, dash="3 4"),
    "pipelines": _Style("#a0522d", width=2.5, dash="14 4"),
    "pipeline_sites": _Style("#a0522d", "#e8c9b5", 1.5),
    "crossings": _Style("#455a64", "#cfd8dc", 1.5),
    "dams": _Style("#37474f", "#b0bec5", 2.5),
    "tailings_ponds": _Style("#bf6c00", "#f6dfc0", 1.5),
    "enterprises": _Style("#512da8", "#ded3f5", 1.5),
    "hazard_units": _Style("#512da8", "#ded3f5", 1.5),
    "hazard_sites": _Style("#b71c1c", "#f5d0d0", 1.5),
}
"""Layers that are drawn, from the lowest to the highest."""

_PLOT = _Style("#b3001b", "#f7b7c0", 4.0)
_EVIDENCE: dict[Conclusion, _Style] = {
    Conclusion.PASS: _Style("#1b7f3b", width=3.0),
    Conclusion.CONDITIONAL: _Style("#d97700", width=3.0),
    Conclusion.UNDECIDABLE: _Style("#6a1b9a", width=3.5, dash="10 6"),
    Conclusion.FAIL: _Style("#c4001d", width=4.0),
}

_WORDS = {
    "plot": Text("审查对象", "Plot under review"),
    "evidence": Text("依据线：", "Evidence: "),
    "legend": Text("图例", "Legend"),
    "north": Text("北", "N"),
    "crs": Text("坐标系：CGCS2000（EPSG:4490）", "CGCS2000 (EPSG:4490)"),
    "numbers": Text("线上编号同检查表序号", "Numbers: rows of the table"),
    "within": Text("位于其内或相接", "inside or touching"),
    "beyond": Text("▲ 依据线延伸至图外", "▲ evidence goes on beyond the map"),
}


def draw_map(
    plots: gpd.GeoDataFrame,
    findings: Sequence[NumberedFinding],
    surroundings: Mapping[str, gpd.GeoDataFrame],
    language: str,
    plot_label: Text = _WORDS["plot"],
) -> str:
    """Return the map picture as an SVG document.

    Parameters
    ----------
    plots : GeoDataFrame, EPSG:4490
        What is under review, with ``id`` and ``name``.
    findings : sequence of (number, published finding)
        Evidence near its limit is drawn and numbered, else the nearest; the same evidence of several rules once, worst
        colour on top. The extent is chosen by the plots and what is near them: evidence that goes far beyond has an
        arrow where it leaves the map.
    surroundings : mapping of slug to GeoDataFrame, EPSG:4490
        Layers without a style are left out.
    language : str
        ``zh`` or ``en``.
    plot_label : Text
        What the legend calls the plots.
    """
    shown = _select(findings)
    view = _View.around(plots, _widen_view(plots, shown))
    drawn = {
        slug: parts for slug in _STYLES if slug in surroundings and (parts := view.clip(surroundings[slug]))
    }
    evidence = _gather(shown, view)
    width, height = PICTURE_SIZE
    left, top, right, bottom = _FRAME
    pieces = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f"font-family={quoteattr(f'{FONT_FAMILY}, sans-serif')}>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<defs><clipPath id="map"><rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"/>'
        "</clipPath></defs>",
        f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" fill="#fbfaf6"/>',
        '<g clip-path="url(#map)">',
        *_graticule_lines(view),
        *(piece for slug, parts in drawn.items() for piece in _shapes(parts, _STYLES[slug])),
        *_shapes(view.clip(plots), _PLOT),
        *(piece for one in evidence for piece in one.lines()),
        *(piece for one in evidence for piece in one.arrow()),
        *_labels(plots, evidence, view, language),
        "</g>",
        f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" fill="none" stroke="#333333" '
        'stroke-width="2"/>',
        *_graticule_labels(view),
        *_north_arrow(language),
        *_legend(drawn, evidence, language, _named(plot_label, language)),
        *_scale_bar(view),
        "</svg>",
    ]
    return "\n".join(pieces) + "\n"


class _View:
    """The part of the ground that is shown, and how it gets onto the picture."""

    def __init__(self, bounds: tuple[float, float, float, float]) -> None:
        plane = local_crs(bounds)
        self._to_plane = pyproj.Transformer.from_crs("EPSG:4490", plane, always_xy=True)
        self._to_degrees = pyproj.Transformer.from_crs(plane, "EPSG:4490", always_xy=True)
        west, south, east, north = self._to_plane.transform_bounds(*bounds)
        left, top, right, bottom = _FRAME
        width, height = right - left, bottom - top
        self.unit_m = max(
            (east - west) * 1.3 / width, (north - south) * 1.3 / height, _SMALLEST_VIEW_M / width
        )
        """Metres per picture unit."""
        middle_x, middle_y = (west + east) / 2, (south + north) / 2
        self._left_m = middle_x - width / 2 * self.unit_m
        self._top_m = middle_y + height / 2 * self.unit_m
        self.bounds = self._to_degrees.transform_bounds(
            self._left_m, self._top_m - height * self.unit_m, self._left_m + width * self.unit_m, self._top_m
        )
        """West, south, east, north of the map. [°]"""

    @classmethod
    def around(cls, plots: gpd.GeoDataFrame, evidence: Sequence[shapely.Geometry]) -> "_View":
        """Return the view that holds the plots and some evidence."""
        shown = [*plots.geometry, *evidence]
        west, south, east, north = shapely.total_bounds(np.array(shown, dtype=object))
        return cls((float(west), float(south), float(east), float(north)))

    def place(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return picture coordinates of positions, shape (n, 2)."""
        x, y = self._to_plane.transform(lonlat[:, 0], lonlat[:, 1])
        left, top, *_ = _FRAME
        return np.column_stack(
            [left + (x - self._left_m) / self.unit_m, top + (self._top_m - y) / self.unit_m]
        )

    def clip(self, frame: gpd.GeoDataFrame) -> list[shapely.Geometry]:
        """Return what of a frame is in view, in picture coordinates."""
        geometries = shapely.force_2d(frame.geometry.to_numpy())
        there = geometries[shapely.intersects(geometries, shapely.box(*self.bounds))]
        west, south, east, north = self.bounds
        # Outlines are cut beyond the frame, where the cut cannot be seen.
        x, y = (east - west) / 10, (north - south) / 10
        cut = shapely.clip_by_rect(there, west - x, south - y, east + x, north + y)
        return [self.put(part) for part in shapely.get_parts(cut) if not part.is_empty]

    def put(self, geometry: shapely.Geometry) -> shapely.Geometry:
        """Return a geometry in picture coordinates."""
        return shapely.transform(geometry, self.place)


def _select(findings: Sequence[NumberedFinding]) -> list[NumberedFinding]:
    """Return the findings whose evidence is drawn: what lies near its limit, else the nearest there is."""
    there = [(number, finding) for number, finding in findings if finding["evidence"] is not None]
    near = [(number, finding) for number, finding in there if _is_near(finding)]
    nearest = sorted(there, key=lambda pair: (pair[1]["distance_m"] or 0.0, pair[0]))[:1]
    return near or nearest


def _widen_view(plots: gpd.GeoDataFrame, findings: Sequence[NumberedFinding]) -> Sequence[shapely.Geometry]:
    """Return the evidence that the view is to hold: what decides by a distance, and what is not far beyond the rest."""
    west, south, east, north = plots.total_bounds.tolist()
    plane = local_crs((west, south, east, north))
    there = gpd.GeoSeries(plots.geometry.to_numpy(), crs="EPSG:4490").to_crs(plane)
    evidence = gpd.GeoSeries([shape(finding["evidence"]) for _, finding in findings], crs="EPSG:4490")
    vertices = evidence.to_crs(plane).extract_unique_points()
    places = there.union_all()
    reach_m = [float(shapely.distance(places, shapely.get_parts(points)).max()) for points in vertices]
    west, south, east, north = there.total_bounds
    widest_m = max(_SMALLEST_VIEW_M, math.hypot(east - west, north - south)) / 2.0
    kept = []
    others = [not _decides(finding) for _, finding in findings]
    for row in sorted(range(len(findings)), key=lambda row: (others[row], reach_m[row], row)):
        if others[row] and reach_m[row] > _WIDENING * widest_m:
            break
        widest_m = max(widest_m, reach_m[row])
        kept.append(row)
    return list(evidence.iloc[kept])


def _decides(finding: Mapping[str, Any]) -> bool:
    """Tell whether a finding counts, is no pass, and is one of a distance from a limit."""
    counts = not finding["advisory"] and finding["limit_m"] is not None
    return bool(counts and conclusion_of(finding) is not Conclusion.PASS)


def _is_near(finding: Mapping[str, Any]) -> bool:
    distance_m, limit_m, doubt_m = (finding[name] or 0.0 for name in ("distance_m", "limit_m", "doubt_m"))
    return bool(distance_m <= max(_FARTHEST_LIMITS * limit_m, doubt_m, _SMALLEST_VIEW_M))


@dataclass
class _Evidence:
    """One line of evidence in picture coordinates, with the rows of the table that rest on it."""

    geometry: shapely.Geometry
    conclusion: Conclusion
    numbers: list[int]
    distance_m: float | None

    def lines(self) -> Iterable[str]:
        """Draw it, with its end points."""
        parts = list(shapely.get_parts(self.geometry))
        ends = [end for part in parts if isinstance(part, shapely.LineString) for end in part.boundary.geoms]
        return _shapes([*parts, *ends], _EVIDENCE[self.conclusion])

    @property
    def exit(self) -> shapely.Point | None:
        """Where it leaves the map for good; None where it stays on it."""
        frame = shapely.box(*_FRAME)
        if frame.covers(self.geometry):
            return None
        crossed = shapely.get_parts(shapely.intersection(self.geometry, frame.exterior))
        if not len(crossed):
            way = shapely.LineString([frame.centroid, shapely.point_on_surface(self.geometry)])
            crossed = shapely.get_parts(shapely.intersection(way, frame.exterior))
        last = max(
            crossed, key=lambda part: shapely.line_locate_point(_as_line(self.geometry), part.centroid)
        )
        return shapely.Point(last.centroid)

    def arrow(self) -> Iterable[str]:
        """Draw a mark at the frame where it goes on beyond the map."""
        if (leaves := self.exit) is not None:
            left, top, right, bottom = _FRAME
            x, y = leaves.x, leaves.y
            sides = {(-1, 0): x - left, (1, 0): right - x, (0, -1): y - top, (0, 1): bottom - y}
            (dx, dy) = min(sides, key=lambda side: abs(sides[side]))
            foot = [(x - 34 * dx + 15 * turn * dy, y - 34 * dy + 15 * turn * dx) for turn in (-1, 1)]
            colour = _EVIDENCE[self.conclusion].stroke
            yield from _shapes(
                [shapely.Polygon([(x - 4 * dx, y - 4 * dy), *foot])], _Style(colour, colour, 1.0)
            )

    def caption(self, language: str) -> str:
        """Return its numbers and the distance."""
        numbers = ", ".join(map(str, self.numbers))
        if self.distance_m is None:
            return f"[{numbers}]"
        within = _say("within", language)
        return f"[{numbers}] " + (say_metres(self.distance_m) if self.distance_m > 0 else within)


def _as_line(geometry: shapely.Geometry) -> shapely.LineString:
    """Return the points of a geometry as one line, for telling what comes last along it."""
    places = shapely.get_coordinates(geometry)
    return shapely.LineString(places if len(places) > 1 else [*places, *places])


def _gather(findings: Sequence[NumberedFinding], view: _View) -> list[_Evidence]:
    """Return the evidence once per geometry, the worst last so that it lies on top."""
    order = list(Conclusion)
    found: dict[str, _Evidence] = {}
    for number, finding in findings:
        geometry = shape(finding["evidence"])
        one = found.setdefault(
            geometry.wkt, _Evidence(view.put(geometry), Conclusion.PASS, [], finding["distance_m"])
        )
        one.conclusion = min(one.conclusion, conclusion_of(finding), key=order.index)
        one.numbers.append(number)
    return sorted(found.values(), key=lambda one: -order.index(one.conclusion))


def _shapes(parts: Iterable[shapely.Geometry], style: _Style) -> Iterable[str]:
    dash = "" if style.dash is None else f' stroke-dasharray="{style.dash}"'
    paint = f'stroke="{style.stroke}" stroke-width="{style.width:g}" stroke-linejoin="round"{dash}'
    for part in parts:
        if isinstance(part, shapely.Point):
            fill = style.stroke if style.fill == "none" else style.fill
            yield (
                f'<circle cx="{_n(part.x)}" cy="{_n(part.y)}" r="{3 + 1.5 * style.width:g}" fill="{fill}" {paint}/>'
            )
        elif isinstance(part, shapely.Polygon):
            rings = [part.exterior, *part.interiors]
            path = "".join(f"{_path(ring)}Z" for ring in rings)
            yield f'<path d="{path}" fill="{style.fill}" fill-opacity="0.75" fill-rule="evenodd" {paint}/>'
        else:
            yield f'<path d="{_path(part)}" fill="none" {paint}/>'


def _path(line: shapely.Geometry) -> str:
    places = shapely.get_coordinates(line)
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in places)


def _n(value: float) -> str:
    """Return a picture coordinate as text; never a negative zero."""
    return f"{round(float(value), _POSITION_PLACES) + 0.0:g}" if abs(value) < 1e5 else f"{float(value):.0f}"


def _labels(
    plots: gpd.GeoDataFrame, evidence: Sequence[_Evidence], view: _View, language: str
) -> Iterable[str]:
    """Write the names of plots and targets and the captions of evidence, each where nothing stands yet."""
    taken: list[tuple[float, float, float, float]] = []
    names = zip(plots["name"], plots["id"], plots.geometry.representative_point(), strict=True)
    for name, identity, point in names:
        label = clean_text(identity if name is None or name != name else name)
        yield from _write(label, view.put(point), _PLOT.stroke, 26, taken)
    for one in reversed(evidence):
        colour = _EVIDENCE[one.conclusion].stroke
        yield from _write(one.caption(language), one.exit or _middle(one.geometry), colour, 24, taken)


def _middle(geometry: shapely.Geometry) -> shapely.Geometry:
    if isinstance(geometry, shapely.LineString):
        return shapely.line_interpolate_point(geometry, 0.5, normalized=True)
    return shapely.point_on_surface(geometry)


def _write(
    text: str,
    place: shapely.Geometry,
    colour: str,
    size: float,
    taken: list[tuple[float, float, float, float]],
) -> Iterable[str]:
    """Write a text beside a place, moved down or up until it covers no other; none where there is no room."""
    left, top, right, bottom = _FRAME
    x, y = float(shapely.get_x(place)), float(shapely.get_y(place))
    width = sum(size if ord(character) > 0x2E7F else size * 0.58 for character in text)
    start = min(max(x - width / 2, left + 6), max(right - width - 6, left + 6))
    for step in range(16):
        base = y - 12 + (step + 1) // 2 * (size + 6) * (1 if step % 2 else -1)
        box = (start, base - size, start + width, base + size * 0.3)
        if box[1] > top and box[3] < bottom and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            yield (
                f'<text x="{_n(start)}" y="{_n(base)}" font-size="{size:g}" font-weight="700" fill="{colour}" '
                f'stroke="#ffffff" stroke-width="5" stroke-linejoin="round" paint-order="stroke">{escape(text)}</text>'
            )
            return


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _graticule_step_deg(view: _View) -> float:
    west, _south, east, _north = view.bounds
    return next(
        step
        for step in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
        if (east - west) / step <= 6
    )


def _graticule(view: _View) -> tuple[list[float], list[float], Callable[[float], str]]:
    """Return longitudes and latitudes of the lines, and how they are written."""
    step = _graticule_step_deg(view)
    west, south, east, north = view.bounds
    places = max(0, -math.floor(math.log10(step)))
    lons = [i * step for i in range(math.ceil(west / step), math.floor(east / step) + 1)]
    lats = [i * step for i in range(math.ceil(south / step), math.floor(north / step) + 1)]
    return lons, lats, lambda degrees: f"{degrees:.{places}f}°"


def _graticule_lines(view: _View) -> Iterable[str]:
    lons, lats, _ = _graticule(view)
    west, south, east, north = view.bounds
    ends = [[(lon, south - 1), (lon, north + 1)] for lon in lons] + [
        [(west - 1, lat), (east + 1, lat)] for lat in lats
    ]
    for pair in ends:
        line = shapely.segmentize(shapely.LineString(pair), 0.1)
        cut = shapely.clip_by_rect(view.put(line), 0, 0, *PICTURE_SIZE)
        if isinstance(cut, shapely.LineString) and not cut.is_empty:
            yield f'<path d="{_path(cut)}" fill="none" stroke="#d9d6cc" stroke-width="1"/>'


def _graticule_labels(view: _View) -> Iterable[str]:
    lons, lats, write = _graticule(view)
    west, south, _east, _north = view.bounds
    left, top, right, bottom = _FRAME
    grey = 'font-size="20" fill="#444444"'
    for lon in lons:
        ((x, _y),) = view.place(np.array([[lon, south]]))
        if left + 30 < x < right - 30:
            yield f'<text x="{_n(x)}" y="{_n(bottom + 26)}" text-anchor="middle" {grey}>{write(lon)}</text>'
    for lat in lats:
        ((_x, y),) = view.place(np.array([[west, lat]]))
        if top + 30 < y < bottom - 30:
            turn = f'transform="rotate(-90 {_n(left - 10)} {_n(y)})"'
            yield f'<text x="{_n(left - 10)}" y="{_n(y)}" text-anchor="middle" {turn} {grey}>{write(lat)}</text>'


def _north_arrow(language: str) -> Iterable[str]:
    x, y = _FRAME[2] + 60, _FRAME[1] + 30
    yield f'<path d="M{x} {y}L{x - 18} {y + 60}L{x} {y + 46}Z" fill="#222222" stroke="#222222" stroke-width="2"/>'
    yield f'<path d="M{x} {y}L{x + 18} {y + 60}L{x} {y + 46}Z" fill="#ffffff" stroke="#222222" stroke-width="2"/>'
    yield (
        f'<text x="{x}" y="{y + 92}" font-size="28" font-weight="700" text-anchor="middle">'
        f"{_say('north', language)}</text>"
    )


def _legend(
    drawn: Mapping[str, Sequence[shapely.Geometry]],
    evidence: Sequence[_Evidence],
    language: str,
    plot_label: str,
) -> Iterable[str]:
    x, y = _FRAME[2] + 30, _FRAME[1] + 185
    yield f'<text x="{x}" y="{y}" font-size="28" font-weight="700">{_say("legend", language)}</text>'
    seen = {one.conclusion for one in evidence}
    line = shapely.LineString([(0, 0), (50, 0)])
    box = shapely.box(0, -11, 50, 11)
    entries: list[tuple[shapely.Geometry, _Style, str]] = [(box, _PLOT, plot_label)]
    entries += [
        (line, _EVIDENCE[word], _say("evidence", language) + getattr(CONCLUSIONS[word], language))
        for word in Conclusion
        if word in seen
    ]
    entries += [
        (_sample(parts[0], line, box), _STYLES[slug], getattr(get_layer(slug), language))
        for slug, parts in drawn.items()
    ]
    # Many layers stand closer, so that the last one stays clear of the scale bar.
    step = min(44.0, (_FRAME[3] - 130 - y) / (len(entries) + 1))
    for number, (symbol, style, label) in enumerate(entries, start=1):
        at = y + number * step
        yield from _shapes([affinity.translate(symbol, x, at - 8)], style)
        yield f'<text x="{x + 62}" y="{_n(at)}" font-size="{_n(min(24.0, 0.7 * step))}">{escape(label)}</text>'
    at = y + (len(entries) + 1) * step
    if evidence:
        yield f'<text x="{x}" y="{_n(at)}" font-size="20" fill="#444444">{_say("numbers", language)}</text>'
    if any(one.exit is not None for one in evidence):
        beyond = _say("beyond", language)
        yield f'<text x="{x}" y="{_n(at + 26)}" font-size="20" fill="#444444">{beyond}</text>'
    yield f'<text x="{x}" y="{_n(_FRAME[3] - 10)}" font-size="20" fill="#444444">{_say("crs", language)}</text>'


def _sample(part: shapely.Geometry, line: shapely.Geometry, box: shapely.Geometry) -> shapely.Geometry:
    """Return the legend's symbol for a kind of geometry."""
    if isinstance(part, shapely.Point):
        return shapely.Point(25, 0)
    return box if isinstance(part, shapely.Polygon) else line


def _scale_bar(view: _View) -> Iterable[str]:
    x, y = _FRAME[2] + 30, _FRAME[3] - 62
    longest_m = 330 * view.unit_m
    size = 10.0 ** math.floor(math.log10(longest_m))
    length_m = next(size * factor for factor in (5, 2, 1) if size * factor <= longest_m)
    width = length_m / view.unit_m
    for part, colour in ((0, "#222222"), (1, "#ffffff")):
        yield (
            f'<rect x="{_n(x + part * width / 2)}" y="{y}" width="{_n(width / 2)}" height="10" fill="{colour}" '
            'stroke="#222222" stroke-width="1.5"/>'
        )
    for share in (0.0, 0.5, 1.0):
        yield (
            f'<text x="{_n(x + share * width)}" y="{y - 8}" font-size="20" '
            f'text-anchor="{"start" if share == 0 else "middle"}">{_metres(share * length_m)}</text>'
        )


def _metres(length_m: float) -> str:
    if length_m == 0:
        return "0"
    return f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"


def _say(word: str, language: str) -> str:
    return _named(_WORDS[word], language)


def _named(words: Text, language: str) -> str:
    return str(getattr(words, language))
