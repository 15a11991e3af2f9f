"""Report page of an assessed plant: one HTML file with its pictures inside, to be read, printed and kept."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from geo.hazard.criteria import class_names
from geo.hazard.scenario import OUTCOME_NAMES
from geo.hazard.units import spell_unit
from geo.standing import Standing
from geo.text import say_number
from layers.plants.distances import farthest_effects
from layers.words import VERDICTS
from web.catalogues import read_messages

__all__ = ["render_distance_report"]

_PREFIX = "distance."
"""Of the keys of the page's words."""

_TEMPLATES = Path(__file__).parent / "templates"


def render_distance_report(result: Mapping[str, Any], pictures: Mapping[str, str], language: str) -> str:
    """Return the page; it loads nothing from anywhere.

    Parameters
    ----------
    result : mapping
        As published by :func:`layers.plants.distances.describe_assessment`.
    pictures : mapping of str
        SVG texts ``map`` and, where there is a societal risk, ``fn``.
    language : str
        ``zh`` or ``en``.
    """
    messages = read_messages(language)
    words = {key.removeprefix(_PREFIX): text for key, text in messages.items() if key.startswith(_PREFIX)}
    return (
        _environment(language)
        .get_template("distance.html")
        .render(
            lang=language,
            r=result,
            farthest=farthest_effects(result["effects"]),
            t=words,
            conclusion=messages[f"conclusion.{result['conclusion']}"],
            standings={each.value: messages[f"standing.{each.value}"] for each in Standing},
            pictures={name: _data_url(pictures[name]) if name in pictures else "" for name in ("map", "fn")},
        )
    )


def _environment(language: str) -> Environment:
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    classes = class_names()
    environment.filters |= {
        "number": _number,
        "unit": spell_unit,
        "outcome_name": lambda word: getattr(OUTCOME_NAMES[word], language),
        "metres": lambda value: "—" if value is None else say_number(value, 1),
        "class_name": lambda key: getattr(classes[key], language),
        "verdict_name": lambda word: getattr(VERDICTS[word], language),
    }
    return environment


def _number(value: object) -> str:
    """Return a number as people write it; words stay words, missing values are a dash."""
    if value is None:
        return "—"
    if not isinstance(value, int | float):
        return str(value)
    if value == 0 or 0.01 <= abs(value) < 1e3:
        return f"{value:.4g}"
    if 1e3 <= abs(value) < 1e5:
        return say_number(value, 0)
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{float(mantissa):g}×10{str(int(exponent)).translate(_RAISED)}"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _data_url(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode('utf-8')).decode('ascii')}"
