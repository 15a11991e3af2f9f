"""Map picture of an assessed plant as SVG: contours of individual risk, boundary, equipment, targets, scale, north."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.hazard.distance import Target
from geo.hazard.stamp import SitePlane
from geo.text import Text
from layers.documents.clean_text import clean_text
from layers.documents.figures import draw_svg
from layers.plants.distances import PlantAssessment

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

__all__ = ["draw_risk_map"]

_STYLES = ((0, (1, 1.5)), (0, (4, 1.5, 1, 1.5)), (0, (5, 2)), (0, (8, 2)), "solid")
"""Dashes of the levels, the lowest first: told apart in grey print too."""
_INK = "#5b3f73"
_MARGIN = 1.12
_MOST_NAMES = 12
_LETTER, _LINE = 0.05, 0.06
"""Width of a letter and height of a line on the picture, as a share of its half side."""
_WORDS = {
    "boundary": Text("厂界", "plant boundary"),
    "equipment": Text("设备", "equipment"),
    "targets": Text("防护目标", "protection targets"),
    "north": Text("北", "N"),
    "per_year": Text("次/年", "per year"),
}


def draw_risk_map(assessed: PlantAssessment, language: str) -> str:
    """Return the map; north is up, on the azimuthal-equidistant plane of the site.

    Parameters
    ----------
    assessed : PlantAssessment
    language : str
        ``zh`` or ``en``.
    """

    def draw(figure: "Figure", font: "FontProperties") -> None:
        axes = figure.add_subplot()
        plane = assessed.assessment.plane
        reach_m = _reach_m(assessed, plane)
        _draw_contours(axes, assessed, plane, language)
        _draw_plant(axes, assessed, plane, language)
        _draw_targets(axes, assessed.targets, plane, reach_m, font, language)
        _draw_scale(axes, reach_m, font, language)
        axes.set(xlim=(-reach_m, reach_m), ylim=(-reach_m, reach_m), aspect="equal", xticks=[], yticks=[])
        axes.legend(prop=font, loc="upper left", framealpha=0.9)

    return draw_svg(draw, 6.4, 6.4)


def _name_level(risk_per_year: float) -> str:
    """Return a level in the notation of diagrams, which raises the exponent: the font has no raised minus."""
    mantissa, exponent = f"{risk_per_year:.0e}".split("e")
    return rf"${mantissa}\times10^{{{int(exponent)}}}$"


def _say(key: str, language: str) -> str:
    return _WORDS[key].zh if language == "zh" else _WORDS[key].en


def _reach_m(assessed: PlantAssessment, plane: SitePlane) -> float:
    found = assessed.assessment
    areas = [*found.contours.values(), *(zone.area for zone in found.zones)]
    shapes = [found.plant.boundary, *(area for area in areas if not area.is_empty)]
    flat = _flatten(shapes, plane)
    return float(np.abs(shapely.total_bounds(flat)).max()) * _MARGIN


def _flatten(shapes: Iterable[shapely.Geometry], plane: SitePlane) -> list[shapely.Geometry]:
    return [shapely.transform(shape, plane.to_plane) for shape in shapes]


def _draw_contours(axes: "Axes", assessed: PlantAssessment, plane: SitePlane, language: str) -> None:
    found = assessed.assessment
    lines = [
        (f"{_name_level(level)} {_say('per_year', language)}", found.contours[level])
        for level in sorted(found.contours)
    ]
    lines += [
        (f"{zone.pressure_limit.number:g} Pa", zone.area)
        for zone in found.zones
        if zone.pressure_limit is not None and zone.criterion is None and zone.column == found.zones[0].column
    ]
    for number, (label, area) in enumerate(lines):
        style = _STYLES[number % len(_STYLES)]
        for part, ring in enumerate(_rings(_flatten([area], plane)[0])):
            axes.plot(
                ring[:, 0],
                ring[:, 1],
                color=_INK,
                linestyle=style,
                linewidth=1.3,
                label=label if part == 0 else None,
            )


def _rings(area: shapely.Geometry) -> list[np.ndarray]:
    return [
        shapely.get_coordinates(ring)
        for polygon in shapely.get_parts(area)
        for ring in (polygon.exterior, *polygon.interiors)
        if not polygon.is_empty
    ]


def _draw_plant(axes: "Axes", assessed: PlantAssessment, plane: SitePlane, language: str) -> None:
    plant = assessed.assessment.plant
    for ring in _rings(_flatten([plant.boundary], plane)[0]):
        axes.plot(ring[:, 0], ring[:, 1], color="#1c2426", linewidth=1.4, label=_say("boundary", language))
    places = np.array([(item.lon, item.lat) for unit in plant.units for item in unit.equipment])
    x_m, y_m = plane.to_plane(places).T
    axes.scatter(x_m, y_m, marker="s", s=14, color="#1c2426", label=_say("equipment", language), zorder=3)


def _draw_targets(
    axes: "Axes",
    targets: tuple[Target, ...],
    plane: SitePlane,
    reach_m: float,
    font: "FontProperties",
    language: str,
) -> None:
    places = [shapely.get_coordinates(shapely.point_on_surface(target.geometry))[0] for target in targets]
    shown = plane.to_plane(np.array(places)) if places else np.empty((0, 2))
    near = np.flatnonzero(np.abs(shown).max(axis=1, initial=0.0) < reach_m)
    if not near.size:
        return
    x_m, y_m = shown[near].T
    axes.scatter(x_m, y_m, marker="o", s=16, color="#2f7d4f", label=_say("targets", language), zorder=3)
    closest = near[np.argsort(np.hypot(*shown[near].T), kind="stable")]
    names = {index: clean_text(targets[index].name or targets[index].id)[:12] for index in closest.tolist()}
    for index in _readable(names, shown, reach_m):
        axes.annotate(
            names[index],
            shown[index],
            xytext=(4, 3),
            textcoords="offset points",
            fontproperties=font,
            parse_math=False,
            bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
        )


def _readable(names: Mapping[int, str], places_m: np.ndarray, reach_m: float) -> list[int]:
    """Return whose names can be read, the first of them going first: inside of the frame, and not over another name."""
    taken: list[shapely.Polygon] = []
    shown: list[int] = []
    for index, name in names.items():
        x_m, y_m = places_m[index]
        width, height = (share * reach_m for share in (_LETTER * len(name), _LINE))
        box = shapely.box(x_m, y_m, x_m + width, y_m + height)
        inside = x_m + width < reach_m and y_m + height < reach_m
        if inside and not shapely.intersects(box, taken).any():
            taken.append(box)
            shown.append(index)
    return shown[:_MOST_NAMES]


def _draw_scale(axes: "Axes", reach_m: float, font: "FontProperties", language: str) -> None:
    length_m = _round_length_m(reach_m / 2)
    left, low = -0.94 * reach_m, -0.94 * reach_m
    axes.plot([left, left + length_m], [low, low], color="#1c2426", linewidth=3, solid_capstyle="butt")
    words = f"{length_m:g} m" if length_m < 1000 else f"{length_m / 1000:g} km"
    axes.text(left, low + 0.02 * reach_m, words, fontproperties=font, va="bottom")
    axes.annotate(
        _say("north", language),
        (0.92 * reach_m, -0.70 * reach_m),
        xytext=(0.92 * reach_m, -0.92 * reach_m),
        ha="center",
        fontproperties=font,
        arrowprops={"arrowstyle": "-|>", "color": "#1c2426"},
    )


def _round_length_m(length_m: float) -> float:
    """Return 1, 2 or 5 times a power of ten, at most this long."""
    power = 10.0 ** np.floor(np.log10(length_m))
    return float(max(step * power for step in (1, 2, 5) if step * power <= length_m))
