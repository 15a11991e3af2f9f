"""Four-colour map of the risk points of an enterprise (四色风险点图): each colour with its letter, for grey print."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import local_crs
from geo.text import Text
from layers.documents.figures import draw_svg
from layers.papers.blocks import say
from layers.papers.wording import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

__all__ = ["draw_risk_points", "number_units"]

_LOOKS = {
    "red": ("#c4161c", "#ffffff", Text("红", "R")),
    "orange": ("#e8780c", "#ffffff", Text("橙", "O")),
    "yellow": ("#f2c200", "#332800", Text("黄", "Y")),
    "blue": ("#2a6fb5", "#ffffff", Text("蓝", "B")),
}
"""Fill, ink and letter of each colour."""
_UNKNOWN = ("#d4d6d8", "#3c4246", Text("？", "?"))
_UNGRADED = Text("未评定", "not graded")
_SITE = Text("厂界", "Site")
_SMALLEST_M = 60.0
_SIZE_IN = (6.7, 4.6)


def number_units(parts: Mapping[str, gpd.GeoDataFrame]) -> list[tuple[int, str, dict[Any, Any]]]:
    """Return what belongs to an enterprise with its number on the map and in the table, and its layer."""
    each = [(layer, row) for layer, frame in parts.items() for row in frame.to_dict("records")]
    return [(number, layer, row) for number, (layer, row) in enumerate(each, start=1)]


def draw_risk_points(
    own: gpd.GeoDataFrame, units: list[tuple[int, str, dict[Any, Any]]], language: str
) -> str | None:
    """Return the map, None where no risk point has a position.

    Parameters
    ----------
    own : GeoDataFrame
        The enterprise, EPSG:4490.
    units : list of (int, str, dict)
        As :func:`number_units` gives them.
    language : str
        ``zh`` or ``en``.
    """
    placed = [(number, row) for number, _, row in units if _has_place(row["geom"])]
    if not placed:
        return None
    grades = [str(row.get("colour_grade")) for _, row in placed]
    shapes = gpd.GeoSeries([row["geom"] for _, row in placed], crs="EPSG:4490")
    west, south, east, north = shapes.total_bounds.tolist()
    plane = local_crs((west, south, east, north))
    points = shapes.to_crs(plane)
    placed_own = own.loc[[_has_place(shape) for shape in own.geometry]]
    site = placed_own.geometry.to_crs(plane)

    def draw(figure: "Figure", font: "FontProperties") -> None:
        axes = figure.add_subplot()
        _draw_site(axes, site, language)
        for (number, _), shape, grade in zip(placed, points, grades, strict=True):
            _draw_unit(axes, font, number, shape, _LOOKS.get(grade, _UNKNOWN), language)
        _frame(axes, font, shapely.union_all([*points, *site.clip_by_rect(*_around(points))]))
        _add_legend(figure, font, grades, language)

    return draw_svg(draw, *_SIZE_IN)


def _has_place(shape: Any) -> bool:
    return not pd.isna(shape) and not shape.is_empty


def _around(points: gpd.GeoSeries) -> tuple[float, float, float, float]:
    """Return the ground that is drawn: of a large site what lies about its units. [m]."""
    west, south, east, north = points.total_bounds
    margin = max(east - west, north - south, _SMALLEST_M)
    return west - margin, south - margin, east + margin, north + margin


def _draw_site(axes: "Axes", site: gpd.GeoSeries, language: str) -> None:
    areas = site[site.geom_type.isin(["Polygon", "MultiPolygon"])]
    for area in shapely.get_parts(np.asarray(areas)):
        axes.plot(
            *area.exterior.xy, color="#3c4246", linewidth=1.2, linestyle="--", label=say(_SITE, language)
        )


def _draw_unit(
    axes: "Axes",
    font: "FontProperties",
    number: int,
    shape: shapely.Geometry,
    look: tuple[str, str, Text],
    language: str,
) -> None:
    fill, ink, letter = look
    for part in shapely.get_parts(shape):
        if shapely.get_dimensions(part) == 2:
            axes.fill(*part.exterior.xy, facecolor=fill, edgecolor="#1c2426", linewidth=0.6, zorder=2)
    place = shapely.point_on_surface(shape)
    box = {"boxstyle": "round,pad=0.25", "facecolor": fill, "edgecolor": "#1c2426", "linewidth": 0.6}
    axes.annotate(
        f"{number} {say(letter, language)}",
        (place.x, place.y),
        xytext=(0, 9),
        textcoords="offset points",
        ha="center",
        color=ink,
        fontproperties=font,
        bbox=box,
        zorder=3,
    )
    axes.plot(place.x, place.y, "o", markersize=3, color="#1c2426", zorder=4)


def _frame(axes: "Axes", font: "FontProperties", drawn: shapely.Geometry) -> None:
    west, south, east, north = shapely.bounds(drawn)
    half = max(east - west, north - south, _SMALLEST_M) * 0.6
    x, y = (west + east) / 2, (south + north) / 2
    axes.set(xlim=(x - half * 1.4, x + half * 1.4), ylim=(y - half, y + half), aspect="equal")
    axes.set_xticks([])
    axes.set_yticks([])
    bar_m = _round_length(half / 2)
    left, low = x - half * 1.3, y - half * 0.93
    axes.plot([left, left + bar_m], [low, low], color="#1c2426", linewidth=2, solid_capstyle="butt")
    axes.annotate(f"{bar_m:g} m", (left, low), xytext=(0, 4), textcoords="offset points", fontproperties=font)
    axes.annotate(
        "N\n↑",
        (0.97, 0.97),
        xycoords="axes fraction",
        ha="right",
        va="top",
        fontproperties=font,
    )


def _round_length(length_m: float) -> float:
    """Return the largest of 1, 2, 5, 10, … that is no longer. [m]."""
    lengths_m = (float(step * 10**power) for power in range(6) for step in (1, 2, 5))
    return max(each for each in lengths_m if each <= length_m)


def _add_legend(figure: "Figure", font: "FontProperties", grades: list[Any], language: str) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=fill, edgecolor="#1c2426", label=say(_in_legend(COLOURS[grade], letter), language))
        for grade, (fill, _, letter) in _LOOKS.items()
        if grade in grades
    ]
    if any(grade not in _LOOKS for grade in grades):
        label = f"{say(_UNKNOWN[2], language)} {say(_UNGRADED, language)}"
        handles.append(Patch(facecolor=_UNKNOWN[0], edgecolor="#1c2426", label=label))
    figure.legend(handles=handles, prop=font, loc="outside lower center", ncols=3, frameon=False)


def _in_legend(colour: Text, letter: Text) -> Text:
    """Return the word of a colour with its letter, which in Chinese is the word's own."""
    return Text(colour.zh, f"{letter.en} {colour.en}")
