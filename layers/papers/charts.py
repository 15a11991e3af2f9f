"""Charts of the white paper: conclusions by area or layer, and findings at each audit, as SVG."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from layers.documents.figures import draw_svg
from layers.papers.blocks import say
from layers.papers.wording import CONCLUSION_WORDS, LIST_WORDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.ticker import MaxNLocator

__all__ = ["draw_shares", "draw_trend"]

_EDGE = "#3c4246"
_FILLS = {
    "fail": ("#c4161c", ""),
    "undecidable": ("#f4efe6", "////"),
    "conditional": ("#f2c200", ".."),
    "pass": ("#2a6fb5", ""),
    "unchecked": ("#ffffff", ""),
}
"""Fill and hatching, told apart in grey print too."""
_LINES = {
    "fail": ("#c4161c", "-", "o"),
    "legacy": ("#e8780c", "--", "s"),
    "undecidable": ("#6b7276", ":", "D"),
    "conditional": ("#8a6d00", "-.", "^"),
}
_WIDTH_IN = 6.7
_BAR_IN = 0.28
_AXES_IN = 1.1
_MOST_BARS = 30


def draw_shares(rows: Sequence[tuple[str, Mapping[str, Any]]], language: str) -> str | None:
    """Return facilities by conclusion as stacked bars; None where there are more rows than can be read.

    Parameters
    ----------
    rows : sequence of (str, mapping)
        Name and figures, as :func:`layers.register.figures.area_figures` gives them.
    language : str
        ``zh`` or ``en``.
    """
    if not 0 < len(rows) <= _MOST_BARS:
        return None
    names = [name for name, _ in rows]

    def draw(figure: "Figure", font: "FontProperties") -> None:
        axes = figure.add_subplot()
        starts = [0] * len(rows)
        places = range(len(rows))
        for word, (fill, hatch) in _FILLS.items():
            numbers = [one["conclusions"][word] for _, one in rows]
            label = say(CONCLUSION_WORDS[word], language)
            axes.barh(
                places,
                numbers,
                left=starts,
                color=fill,
                hatch=hatch,
                edgecolor=_EDGE,
                linewidth=0.6,
                label=label,
            )
            starts = [start + number for start, number in zip(starts, numbers, strict=True)]
        axes.set_yticks(list(places), names, fontproperties=font)
        axes.invert_yaxis()
        axes.set_xlim(0, max(1, 1.03 * max(starts)))  # else the frame cuts the edge of the longest bar
        axes.xaxis.set_major_locator(_whole_numbers())
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(prop=font, loc="outside lower center", ncols=5, frameon=False)

    return draw_svg(draw, _WIDTH_IN, _AXES_IN + _BAR_IN * len(rows))


def draw_trend(audits: Sequence[Mapping[str, Any]], language: str) -> str:
    """Return findings at each audit as lines, the oldest to the left.

    Parameters
    ----------
    audits : sequence of mapping
        As :func:`layers.register.trend.list_trend` gives them.
    language : str
        ``zh`` or ``en``.
    """
    places = range(len(audits))

    def draw(figure: "Figure", font: "FontProperties") -> None:
        axes = figure.add_subplot()
        for word, (colour, dash, marker) in _LINES.items():
            numbers = [audit["findings"][word] for audit in audits]
            label = say(LIST_WORDS[word], language)
            axes.plot(
                places, numbers, dash, color=colour, marker=marker, markersize=4, linewidth=1.6, label=label
            )
        axes.set_xticks(
            list(places), [audit["checked_on"] for audit in audits], fontproperties=font, rotation=30
        )
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(_whole_numbers())
        axes.grid(visible=True, axis="y", color="#e3e9ed", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(prop=font, loc="outside lower center", ncols=4, frameon=False)

    return draw_svg(draw, _WIDTH_IN, 3.2)


def _whole_numbers() -> "MaxNLocator":
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(integer=True)
