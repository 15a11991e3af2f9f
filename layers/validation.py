"""Pictures and files of a validation: predicted over observed for every trial set, in the packaged font."""

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geo.hazard.validation.evaluation import Comparison, SetResult, Validation
from geo.text import Text
from layers.documents.figures import draw_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

__all__ = ["draw_agreement", "validation_json", "values_csv", "write_values"]

_MARKERS = "osD^vP*Xp<>h"
_COLOURS = ("#1f5f99", "#c2571a", "#2e7d32", "#7b3f98", "#b3261e", "#5d4a3a", "#0d7d86", "#8a6d00")
_MOST_IN_LEGEND = 12
_OBSERVED = Text("观测值", "observed")
_PREDICTED = Text("预测值", "predicted")
_FACTOR_TWO = Text("两倍范围", "factor of two")
_NOT_DRAWN = Text(
    "{count} 个点无预测或为零，未画出", "{count} points without a prediction, or 0, are not drawn"
)
_BELOW = Text("空心：低于检出限", "hollow: below the detection limit")


def draw_agreement(result: SetResult, language: str) -> str:
    """Return an SVG picture of predicted over observed values, both axes logarithmic.

    The lines mark equality and the factor of two; every trial has a mark of its own. The same result gives the same
    text: letters are drawn as the outlines of the packaged font.

    Parameters
    ----------
    result : SetResult
    language : str
        ``zh`` or ``en``.

    Raises
    ------
    NotAvailableError
        If the fonts have not been built.
    """

    def draw(figure: "Figure", font: "FontProperties") -> None:
        axes = figure.add_subplot()
        drawn = _draw_points(axes, result.comparisons)
        _draw_frame(axes, drawn)
        _write_words(axes, result, drawn, language, font)

    return draw_svg(draw, 5.6, 4.6)


def _can_be_drawn(each: Comparison) -> bool:
    return math.isfinite(each.predicted) and each.predicted > 0 and each.observation.value > 0


def _draw_points(axes: "Axes", comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Draw one mark a comparison; return those that logarithmic axes can show."""
    drawn = [each for each in comparisons if _can_be_drawn(each)]
    for index, trial in enumerate(dict.fromkeys(each.trial for each in drawn)):
        colour = _COLOURS[index % len(_COLOURS)]
        for hollow in (False, True):
            points = [each for each in drawn if each.trial == trial and each.observation.censored is hollow]
            if points:
                axes.scatter(
                    [each.observation.value for each in points],
                    [each.predicted for each in points],
                    marker=_MARKERS[index % len(_MARKERS)],
                    s=26,
                    facecolors="none" if hollow else colour,
                    edgecolors=colour,
                    linewidths=0.8,
                    alpha=0.85,
                    label=None if hollow else trial,
                )
    return drawn


def _draw_frame(axes: "Axes", drawn: Sequence[Comparison]) -> None:
    """Set equal logarithmic axes around the points and draw the lines of agreement."""
    values = [value for each in drawn for value in (each.observation.value, each.predicted)] or [0.1, 10.0]
    least, most = min(values) / 2, max(values) * 2
    axes.set(xscale="log", yscale="log", xlim=(least, most), ylim=(least, most), aspect="equal")
    for factor, style in ((1.0, "-"), (2.0, "--"), (0.5, "--")):
        axes.plot(
            [least, most], [least * factor, most * factor], style, color="#55636d", linewidth=0.8, zorder=0
        )
    axes.grid(visible=True, color="#e3e9ed", linewidth=0.6)
    axes.set_axisbelow(True)


def _write_words(
    axes: "Axes", result: SetResult, drawn: Sequence[Comparison], language: str, font: "FontProperties"
) -> None:
    def say(text: Text) -> str:
        return text.zh if language == "zh" else text.en

    units = {each.unit for each in result.comparisons}
    unit = f" [{units.pop()}]" if len(units) == 1 else ""
    axes.set_xlabel(say(_OBSERVED) + unit, fontproperties=font)
    axes.set_ylabel(say(_PREDICTED) + unit, fontproperties=font)
    axes.set_title(f"{say(result.trials.title)} · {result.model}", fontproperties=font)
    missing = len(result.comparisons) - len(drawn)
    notes = [f"- -  {say(_FACTOR_TWO)}"]
    notes += [say(_NOT_DRAWN).format(count=missing)] if missing else []
    notes += [say(_BELOW)] if any(each.observation.censored for each in drawn) else []
    axes.text(0.98, 0.02, "\n".join(notes), transform=axes.transAxes, ha="right", fontproperties=font)
    if 1 < len({each.trial for each in drawn}) <= _MOST_IN_LEGEND:
        axes.legend(prop=font, loc="upper left", framealpha=0.9)
    for label in (*axes.get_xticklabels(which="both"), *axes.get_yticklabels(which="both")):
        label.set_fontproperties(font)


def validation_json(validation: Validation) -> str:
    """Return a validation as JSON text, the same for the same numbers."""
    return json.dumps(validation.to_dict(), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def values_csv(validation: Validation) -> str:
    """Return all comparisons as CSV text, one a row; what a row lacks is empty."""
    rows = [
        {"set": result.key, **value} for result in validation.sets for value in result.to_dict()["values"]
    ]
    for row in rows:
        row["refusal"] = row["refusal"] and row["refusal"]["en"]
    columns = dict.fromkeys(column for row in rows for column in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_values(validation: Validation, folder: Path, language: str) -> list[Path]:
    """Write ``validation.json``, ``values.csv`` and one ``<set>.svg`` each into a folder, which is made.

    Returns
    -------
    list of Path
        What was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"validation.json": validation_json(validation), "values.csv": values_csv(validation)}
    texts |= {f"{each.key}.svg": draw_agreement(each, language) for each in validation.sets}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in texts]
