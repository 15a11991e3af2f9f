"""The metrics of the grids, read from TOML: what is counted, how much it weighs, by what right, in which colours.

``metrics.toml`` beside this file holds those of the product; a user's file of the same form adds metrics or replaces
some by name. Unknown keys, words, layers and fields are refused with file, line and key.
"""

import dataclasses
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from geo.grids import COLOURS
from geo.grids.classes import Method
from geo.text import Text
from layers.catalog import get_layer
from layers.errors import FormatError, LayersError, NotFoundError

__all__ = ["QUANTITIES", "ColourRule", "Metric", "ObjectFilter", "find_metric", "read_metrics"]

BUILT_IN = Path(__file__).with_name("metrics.toml")

QUANTITIES = {
    "count": "each object weighs 1",
    "field": "each object weighs the value of `field`",
    "length_km": "each line weighs its geodesic length",
    "area_km2": "each polygon weighs its ellipsoidal area",
    "score": "score of facilities, docs/scores.md",
    "hazard_r": "R of hazard units, GB 18218-2018",
    "violations": "decided findings `prohibited` of each subject",
    "legacy": "subjects with a finding `legacy_rectify`",
    "hca_length": "length of high-consequence areas of pipelines",
    "raster_sum": "cells of a stored raster weigh their value",
    "raster_mean": "mean of a stored raster times area",
    "people_in_distance": "people within the external safety distance",
    "people_in_run_out": "people in run-out bands of tailings ponds",
    "contour_risk": "risk of stored rasters, else between stored contours, times area",
    "contour_deaths": "individual risk times people",
    "composite": "weighted percentile ranks of other metrics",
}
"""Words for what an object weighs."""

_NEEDS_OBJECTS = frozenset(QUANTITIES) - {"raster_sum", "raster_mean", "composite"}
_PARAMETERS = {
    "raster_sum": {"raster"},
    "raster_mean": {"raster"},
    "people_in_distance": {"risk_per_year"},
    "people_in_run_out": {"scatter", "half_width_m"},
}
_TEXTS = ("zh", "en", "unit_zh", "unit_en", "formula_zh", "formula_en", "source", "version", "quantity")
_KEYS = frozenset({*_TEXTS, "rate", "objects", "field", "parameters", "classes", "weights"})
_METHODS = (*get_args(Method), "single")


@dataclass(frozen=True)
class ObjectFilter:
    """Features that count: a layer, and fields with the values that they must have (a list: any of them)."""

    layer: str
    where: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class ColourRule:
    """How values become colours.

    Attributes
    ----------
    method : str
        Of :func:`geo.grids.classify`, or ``single``: one colour for all that is over 0.
    limits : tuple of float or None
        With ``fixed``, where yellow, orange and red begin.
    colour : str or None
        With ``single``.
    of : str
        Column that is coloured.
    """

    method: str = "jenks"
    limits: tuple[float, ...] | None = None
    colour: str | None = None
    of: str = "density"


@dataclass(frozen=True)
class Metric:
    """What is put on the grid.

    Attributes
    ----------
    name : str
    label, unit, formula : Text
    source, version : str
    quantity : str
        Of :data:`QUANTITIES`: what an object weighs.
    objects : tuple of ObjectFilter
    field : str or None
        With the quantity ``field``.
    rate : bool
        The density is the value (an index, a mean); the mass is the value times the area, so that parents hold the mean
        of their children.
    parameters, weights : mapping
        Numbers of the quantity; weights of a composite by metric.
    classes : ColourRule
    """

    name: str
    label: Text
    unit: Text
    formula: Text
    source: str
    version: str
    quantity: str
    objects: tuple[ObjectFilter, ...] = ()
    field: str | None = None
    rate: bool = False
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    weights: Mapping[str, float] = dataclasses.field(default_factory=dict)
    classes: ColourRule = dataclasses.field(default_factory=ColourRule)

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers whose features count, each once."""
        return tuple(dict.fromkeys(one.layer for one in self.objects))

    def to_dict(self) -> dict[str, Any]:
        """Return the definition as JSON types, as runs keep it."""
        told = asdict(self)
        told["classes"]["limits"] = None if self.classes.limits is None else list(self.classes.limits)
        told["objects"] = [{"layer": one.layer, "where": dict(one.where)} for one in self.objects]
        return told

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Metric":
        """Return the metric of a definition as :meth:`to_dict` gives it."""
        limits = told["classes"]["limits"]
        return cls(
            **{
                **told,
                **{name: Text(**told[name]) for name in ("label", "unit", "formula")},
                "objects": tuple(ObjectFilter(**one) for one in told["objects"]),
                "classes": ColourRule(
                    **{**told["classes"], "limits": None if limits is None else tuple(limits)}
                ),
            }
        )


def read_metrics(files: Iterable[Path] = ()) -> dict[str, Metric]:
    """Return the metrics of the product and those of a user's files by name; later ones replace earlier ones.

    Raises
    ------
    FormatError
        If a file is no TOML, or something in it is unknown or does not fit; names file, line and key.
    """
    metrics: dict[str, Metric] = {}
    for path in (BUILT_IN, *files):
        metrics.update(_read_file(path))
    for metric in metrics.values():
        unknown = sorted(set(metric.weights) - set(metrics))
        if unknown:
            raise FormatError(
                f"metric {metric.name}: weights of unknown metrics: {', '.join(unknown)}",
                zh=f"指标 {metric.name}：权重中有未知指标：{'、'.join(unknown)}",
            )
    return metrics


def find_metric(metrics: Mapping[str, Metric], name: str) -> Metric:
    """Return a metric by name.

    Raises
    ------
    NotFoundError
        If there is none of that name; names those that there are.
    """
    try:
        return metrics[name]
    except KeyError:
        known = ", ".join(metrics)
        raise NotFoundError(
            f"there is no metric {name!r}; metrics are: {known}",
            zh=f"没有指标“{name}”；可用指标：{known}",
        ) from None


def _read_file(path: Path) -> dict[str, Metric]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as exc:
        raise FormatError(
            f"{path} cannot be read as TOML: {exc}", zh=f"{path} 不是可读的 TOML：{exc}"
        ) from exc
    reader = _Reader(path.name, text)
    version = content.pop("schema_version", None)
    if version != 1:
        raise reader.error("", "schema_version", f"schema_version must be 1, not {version!r}")
    return {name: reader.read(name, given) for name, given in content.items()}


@dataclass(frozen=True)
class _Reader:
    """Turns one table into a metric, naming file, line and key of whatever is wrong."""

    file: str
    text: str

    def error(self, table: str, key: str, reason: str) -> FormatError:
        place = f"{self.file}:{self._line_of(table, key)}"
        named = f"{table}.{key}" if table else key
        return FormatError(f"{place}: {named}: {reason}", zh=f"{place}：{named}：{reason}")

    def _line_of(self, table: str, key: str) -> int:
        lines = [line.strip() for line in self.text.splitlines()]
        start = next((n for n, line in enumerate(lines) if table and line.startswith(f"[{table}")), 0)
        found = next(
            (n for n, line in enumerate(lines[start:], start) if line.startswith((key, f"[{table}.{key}"))),
            start,
        )
        return found + 1

    def read(self, name: str, given: object) -> Metric:
        if not isinstance(given, dict):
            raise self.error("", name, "a metric is a table")
        for key in given.keys() - _KEYS:
            raise self.error(name, key, f"unknown key; keys are: {', '.join(sorted(_KEYS))}")
        for key in _TEXTS:
            if not isinstance(given.get(key), str) or not given[key]:
                raise self.error(name, key, "must be given, as text")
        quantity = given["quantity"]
        if quantity not in QUANTITIES:
            raise self.error(
                name, "quantity", f"unknown {quantity!r}; quantities are: {', '.join(QUANTITIES)}"
            )
        objects = self._objects(name, given.get("objects", []))
        if bool(objects) is not (quantity in _NEEDS_OBJECTS):
            raise self.error(name, "objects", f"the quantity {quantity!r} needs objects, or has none")
        return Metric(
            name=name,
            label=Text(given["zh"], given["en"]),
            unit=Text(given["unit_zh"], given["unit_en"]),
            formula=Text(given["formula_zh"], given["formula_en"]),
            source=given["source"],
            version=given["version"],
            quantity=quantity,
            objects=objects,
            field=self._field(name, given, objects),
            rate=bool(given.get("rate", False)),
            parameters=self._parameters(name, quantity, given.get("parameters", {})),
            weights=self._weights(name, quantity, given.get("weights", {})),
            classes=self._classes(name, given.get("classes", {})),
        )

    def _objects(self, name: str, given: Any) -> tuple[ObjectFilter, ...]:
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise self.error(name, "objects", "must be a list of tables")
        filters = []
        for one in given:
            if set(one) - {"layer", "where"} or not isinstance(one.get("where", {}), dict):
                raise self.error(name, "objects", "an object has the keys layer and where")
            try:
                layer = get_layer(str(one.get("layer")))
                filters.append(
                    ObjectFilter(
                        layer.slug, {layer.field(k).name: v for k, v in one.get("where", {}).items()}
                    )
                )
            except LayersError as exc:
                raise self.error(name, "objects", exc.message) from exc
        return tuple(filters)

    def _field(self, name: str, given: Mapping[str, Any], objects: Sequence[ObjectFilter]) -> str | None:
        wanted = given.get("field")
        if (wanted is None) is (given["quantity"] == "field"):
            raise self.error(name, "field", "belongs to the quantity 'field', and must be given there")
        for one in objects if wanted is not None else ():
            try:
                get_layer(one.layer).field(str(wanted))
            except LayersError as exc:
                raise self.error(name, "field", exc.message) from exc
        return wanted

    def _parameters(self, name: str, quantity: str, given: Any) -> dict[str, Any]:
        wanted = _PARAMETERS.get(quantity, set())
        if not isinstance(given, dict) or set(given) != wanted:
            raise self.error(name, "parameters", f"must be: {', '.join(sorted(wanted)) or 'none'}")
        for key in wanted - {"raster"}:
            self._check_number(name, key, given[key])
        return given

    def _weights(self, name: str, quantity: str, given: Any) -> dict[str, float]:
        if not isinstance(given, dict) or bool(given) is not (quantity == "composite"):
            raise self.error(name, "weights", "belong to the quantity 'composite', and must be given there")
        for key, value in given.items():
            self._check_number(name, key, value)
        if given and not any(given.values()):
            raise self.error(name, "weights", "one at least is over 0")
        return {key: float(value) for key, value in given.items()}

    def _check_number(self, name: str, key: str, value: object) -> None:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not (math.isfinite(value) and value >= 0)
        ):
            raise self.error(name, key, f"{value!r} is negative or no number")

    def _classes(self, name: str, given: Any) -> ColourRule:
        if not isinstance(given, dict) or set(given) - {"method", "limits", "colour", "of"}:
            raise self.error(name, "classes", "keys are: method, limits, colour, of")
        method, limits, colour = given.get("method", "jenks"), given.get("limits"), given.get("colour")
        if method not in _METHODS:
            raise self.error(
                name, "classes", f"unknown method {method!r}; methods are: {', '.join(_METHODS)}"
            )
        if (limits is None) is (method == "fixed") or (colour is None) is (method == "single"):
            raise self.error(name, "classes", "limits belong to 'fixed', a colour to 'single'")
        if colour is not None and colour not in COLOURS:
            raise self.error(name, "classes", f"unknown colour {colour!r}; colours are: {', '.join(COLOURS)}")
        if limits is not None and (
            not isinstance(limits, list) or len(limits) != 3 or sorted(set(limits)) != limits
        ):
            raise self.error(name, "classes", f"limits {limits} are not three ascending numbers")
        return ColourRule(
            method, None if limits is None else tuple(limits), colour, given.get("of", "density")
        )
