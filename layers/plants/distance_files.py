"""Files of an assessed plant: contours, risk raster, F-N curve, table and the answer itself.

The same assessment gives the same bytes.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio import Affine
from rasterio.io import MemoryFile
from rasterio.shutil import copy as copy_raster

from geo.crs import local_crs
from geo.hazard.criteria import class_names
from geo.hazard.risk_field import RiskField
from geo.hazard.scenario import OUTCOME_NAMES
from geo.hazard.stamp import SitePlane
from geo.hazard.units import spell_unit
from geo.standing import Standing
from geo.text import Text
from layers.documents.figures import draw_svg
from layers.documents.whole_files import write_whole
from layers.documents.workbooks import Sheet, fill_workbook
from layers.geojson import CRS_MEMBER
from layers.plants.distance_map import draw_risk_map
from layers.plants.distances import PlantAssessment
from layers.words import VERDICTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

__all__ = ["draw_fn_curve", "draw_risk_raster", "write_accumulation", "write_assessment"]

_CELL_M = 10.0
_MAX_CELLS = 4_000
"""Along a side of the raster; a wider area gets larger cells."""
_LEAST_RISK = 1e-9
"""Risk below it is left out of the raster's extent. [1/a]"""


def write_assessment(
    assessed: PlantAssessment,
    result: Mapping[str, Any],
    folder: Path,
    language: str = "zh",
    raster: bytes | None = None,
) -> list[Path]:
    """Write all files of an assessment into a folder and return them.

    ``distance.json`` (the answer), ``contours.geojson`` and ``zones.geojson``, ``risk.tif`` (Cloud-Optimized GeoTIFF,
    individual risk per year) and ``fn.svg`` where there is a risk, ``map.svg`` and ``distance.xlsx``.

    Parameters
    ----------
    assessed : PlantAssessment
    result : mapping
        The same as published by :func:`layers.plants.distances.describe_assessment`.
    folder : Path
        Made if it is not there.
    language : str
        ``zh`` or ``en``, of diagram and table.
    raster : bytes, optional
        From :func:`draw_risk_raster`; ``risk.tif`` is left out without it.
    """
    texts = {
        "distance.json": json.dumps(result, ensure_ascii=False, allow_nan=False, indent=2) + "\n",
        "contours.geojson": _contours_text(result),
        "zones.geojson": _zones_text(result),
        "map.svg": draw_risk_map(assessed, language),
    }
    if result["societal"] is not None:
        texts["fn.svg"] = draw_fn_curve(result["societal"], language)
    files: dict[str, bytes] = {name: text.encode("utf-8") for name, text in texts.items()}
    files["distance.xlsx"] = _fill_table(result, language)
    if raster is not None:
        files["risk.tif"] = raster
    return _write_files(folder, files)


def write_accumulation(together: Mapping[str, Any], folder: Path, raster: bytes | None = None) -> list[Path]:
    """Write the files of several plants together into a folder and return them.

    ``together.json`` (the answer), ``together.geojson`` (contours) and ``together.tif`` (Cloud-Optimized GeoTIFF,
    individual risk per year).

    Parameters
    ----------
    together : mapping
        As published by :func:`layers.plants.accumulation.describe_accumulation`.
    folder : Path
        Made if it is not there.
    raster : bytes, optional
        From :func:`draw_risk_raster`; ``together.tif`` is left out without it.
    """
    head = {"type": "FeatureCollection", "crs": CRS_MEMBER, "plants": together["plants"]}
    contours = {**head, "features": _contour_features(together)}
    files = {
        f"together.{ending}": (
            json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
        ).encode()
        for ending, content in (("json", together), ("geojson", contours))
    }
    return _write_files(folder, files if raster is None else files | {"together.tif": raster})


def _write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_whole(folder / name, content)
    return [folder / name for name in sorted(files)]


def _collection(features: list[dict[str, Any]], result: Mapping[str, Any]) -> str:
    head = {
        "type": "FeatureCollection",
        "crs": CRS_MEMBER,
        "plant": result["plant"],
        "digest": result["digest"],
    }
    return json.dumps({**head, "features": features}, ensure_ascii=False, allow_nan=False) + "\n"


def _contours_text(result: Mapping[str, Any]) -> str:
    return _collection(_contour_features(result), result)


def _contour_features(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "id": f"{contour['risk_per_year']:.0e}",
            "properties": {"risk_per_year": contour["risk_per_year"]},
            "geometry": contour["geometry"],
        }
        for contour in result["contours"]
    ]


def _zones_text(result: Mapping[str, Any]) -> str:
    features = [
        {
            "type": "Feature",
            "id": f"{zone['column']}/{'+'.join(zone['target_classes'])}",
            "properties": {name: value for name, value in zone.items() if name != "geometry"},
            "geometry": zone["geometry"],
        }
        for zone in result["zones"]
    ]
    return _collection(features, result)


def draw_risk_raster(field: RiskField | None, plane: SitePlane) -> bytes | None:
    """Return the individual risk per year on square cells of a plane, sampled at their centres.

    Parameters
    ----------
    field : RiskField or None
        Of a plant, or of several.
    plane : SitePlane
        That it lies in.

    Returns
    -------
    bytes or None
        Cloud-Optimized GeoTIFF, float32; None where no risk is computed.
    """
    if field is None or not field.placements:
        return None
    reach_m = _reach_m(field)
    cell_m = max(_CELL_M, 2 * reach_m / _MAX_CELLS)
    side = int(np.ceil(reach_m / cell_m))
    centres_m = (np.arange(-side, side) + 0.5) * cell_m
    x_m, y_m = np.meshgrid(centres_m, -centres_m)
    risk = field.risk_at(np.column_stack([x_m.ravel(), y_m.ravel()])).reshape(x_m.shape)
    profile = {
        "driver": "GTiff",
        "width": 2 * side,
        "height": 2 * side,
        "count": 1,
        "dtype": "float32",
        "crs": local_crs((plane.lon, plane.lat, plane.lon, plane.lat)).to_wkt(),
        "transform": Affine(cell_m, 0.0, -side * cell_m, 0.0, -cell_m, side * cell_m),
    }
    with MemoryFile() as plain, MemoryFile() as finished:
        with plain.open(**profile) as target:
            target.write(risk.astype(np.float32), 1)
            target.set_band_description(1, "individual risk per year")
        with plain.open() as source, rasterio.Env(GDAL_NUM_THREADS="1"):
            copy_raster(
                source, finished.name, driver="COG", compress="DEFLATE", overview_resampling="average"
            )
        return bytes(finished.read())


def _reach_m(field: RiskField) -> float:
    """Return how far from the middle the raster reaches: all ground where the risk counts."""
    rows, columns = np.nonzero(field.risk_per_year > _LEAST_RISK)
    if not rows.size:
        return _CELL_M
    ground = field.ground
    return float(max(np.abs(ground.y_m[rows]).max(), np.abs(ground.x_m[columns]).max())) + _CELL_M


_WORDS = {
    "deaths": Text("死亡人数 N", "deaths N"),
    "frequency": Text("N 人及以上死亡的频率 F（次/年）", "frequency F of N or more deaths (per year)"),
    "upper": Text("不可接受线", "unacceptable above"),
    "lower": Text("可接受线", "acceptable below"),
    "curve": Text("本企业", "this plant"),
}


def draw_fn_curve(societal: Mapping[str, Any], language: str) -> str:
    """Return the F-N curve between the two lines of the criterion as SVG.

    Parameters
    ----------
    societal : mapping
        As published.
    language : str
        ``zh`` or ``en``.
    """
    say = _speaker(language)

    def draw(figure: "Figure", font: "FontProperties") -> None:
        axes = figure.add_subplot()
        _draw_lines(axes, societal, say)
        curve = [point for point in societal["curve"] if point["deaths"] >= 1.0]
        if curve:
            deaths = [1.0, *(point["deaths"] for point in curve)]
            frequency = [curve[0]["frequency_per_year"], *(point["frequency_per_year"] for point in curve)]
            axes.step(deaths, frequency, where="pre", color="#0d5c57", linewidth=1.8, label=say("curve"))
        axes.set(xscale="log", yscale="log", xlim=(1, 1000), ylim=(1e-9, 1e-2))
        axes.grid(visible=True, which="both", color="#e3e9ed", linewidth=0.5)
        axes.set_xlabel(say("deaths"), fontproperties=font)
        axes.set_ylabel(say("frequency"), fontproperties=font)
        axes.legend(prop=font, loc="upper right")

    return draw_svg(draw, 5.6, 4.2)


def _draw_lines(axes: "Axes", societal: Mapping[str, Any], say: Callable[[str], str]) -> None:
    deaths = np.array([1.0, 1000.0])
    for name, colour in (("upper", "#8a1f1f"), ("lower", "#2f6b3a")):
        axes.plot(
            deaths, societal[f"{name}_per_year"] / deaths, "--", color=colour, linewidth=1.2, label=say(name)
        )


def _speaker(language: str) -> Callable[[str], str]:
    return lambda key: _WORDS[key].zh if language == "zh" else _WORDS[key].en


# The table


_HEADERS = {
    "zones": Text("外部安全防护距离", "External safety distance"),
    "targets": Text("防护目标", "Protection targets"),
    "directions": Text("各方位距离", "Distance by direction"),
    "effects": Text("致死致伤距离", "How far accidents reach"),
    "domino": Text("多米诺效应", "Domino effects"),
    "awaiting": Text("待确认参数", "Parameters awaiting confirmation"),
    "equipment": Text("设备", "Equipment"),
    "effect": Text("后果", "Effect"),
    "threshold": Text("阈值", "Threshold"),
    "from_equipment": Text("距设备（m）", "From the equipment (m)"),
    "from_boundary": Text("超出厂界（m）", "Beyond the boundary (m)"),
    "beyond": Text("超出模型范围", "Beyond the models"),
    "scenario": Text("情景", "Scenario"),
    "outcome": Text("事件", "Event"),
    "probability": Text("事件概率", "Probability of the event"),
    "stability": Text("稳定度", "Stability"),
    "wind": Text("风速（m/s）", "Wind (m/s)"),
    "knocked": Text("受影响设备", "Knocked over"),
    "frequency": Text("频率（次/年）", "Frequency (per year)"),
    "classes": Text("防护目标类别", "Classes of targets"),
    "column": Text("基准", "Criterion for"),
    "criterion": Text("个人风险基准（次/年）", "Individual risk criterion (per year)"),
    "pressure": Text("冲击波超压限值（Pa）", "Overpressure limit (Pa)"),
    "greatest": Text("距厂界最大距离（m）", "Greatest distance from the boundary (m)"),
    "low": Text("90% 区间下限（m）", "90 % band from (m)"),
    "high": Text("90% 区间上限（m）", "90 % band to (m)"),
    "azimuth": Text("方位角（°）", "Azimuth (deg)"),
    "target": Text("目标", "Target"),
    "rule": Text("规则", "Rule"),
    "verdict": Text("判定", "Verdict"),
    "found": Text("计算值", "Found"),
    "limit": Text("限值", "Limit"),
    "unit": Text("单位", "Unit"),
    "distance": Text("距厂界（m）", "Distance from the boundary (m)"),
    "margin": Text("余量（m）", "Margin (m)"),
    "doubt": Text("不确定度（m）", "Doubt (m)"),
    "explanation": Text("说明", "Explanation"),
    "new": Text("新建、改建、扩建", "new, rebuilt, expanded"),
    "in_service": Text("在役", "in service"),
    "parameter": Text("参数", "Parameter"),
    "value": Text("数值", "Value"),
    "standard": Text("标准", "Standard"),
    "clause": Text("条款", "Clause"),
    "source": Text("来源", "Source"),
    "standing": Text("来源状况", "Standing"),
    "note": Text("备注", "Note"),
    "overridden_by": Text("替换人", "Replaced by"),
    "reason": Text("替换理由", "Reason"),
}


def _fill_table(result: Mapping[str, Any], language: str) -> bytes:
    def say(key: str) -> str:
        return _HEADERS[key].zh if language == "zh" else _HEADERS[key].en

    names = {key: name.zh if language == "zh" else name.en for key, name in class_names().items()}
    return fill_workbook(
        (
            Sheet(say("zones"), [say(key) for key in _ZONE_COLUMNS], _zone_rows(result, say, names)),
            Sheet(say("targets"), [say(key) for key in _TARGET_COLUMNS], _target_rows(result, language)),
            Sheet(
                say("directions"),
                [say("azimuth"), *(_zone_title(zone, say, names) for zone in result["zones"])],
                _direction_rows(result),
            ),
            Sheet(say("effects"), [say(key) for key in _EFFECT_COLUMNS], _effect_rows(result, language)),
            Sheet(say("domino"), [say(key) for key in _DOMINO_COLUMNS], _domino_rows(result, language)),
            Sheet(say("awaiting"), [say(key) for key in _AWAITING_COLUMNS], _awaiting_rows(result, language)),
        )
    )


_ZONE_COLUMNS = ("column", "classes", "criterion", "pressure", "greatest", "low", "high")
_TARGET_COLUMNS = (
    *("target", "rule", "verdict", "found", "limit", "unit"),
    *("distance", "margin", "doubt", "explanation"),
)
_EFFECT_COLUMNS = (
    *("equipment", "effect", "threshold", "unit", "from_equipment", "from_boundary", "beyond"),
    *("scenario", "outcome", "probability", "stability", "wind"),
)
_DOMINO_COLUMNS = ("equipment", "knocked", "scenario", "outcome", "threshold", "unit", "frequency")
_AWAITING_COLUMNS = (
    *("parameter", "value", "unit", "standard", "clause", "source", "standing"),
    *("overridden_by", "reason", "note"),
)


def _zone_title(zone: Mapping[str, Any], say: Callable[[str], str], names: Mapping[str, str]) -> str:
    return f"{say(zone['column'])}: " + ", ".join(names[each] for each in zone["target_classes"])


def _zone_rows(
    result: Mapping[str, Any], say: Callable[[str], str], names: Mapping[str, str]
) -> list[list[object]]:
    return [
        [
            say(zone["column"]),
            ", ".join(names[each] for each in zone["target_classes"]),
            zone["criterion_per_year"],
            zone["pressure_limit_pa"],
            zone["greatest_m"],
            *((zone["band"] or {}).get(name) for name in ("low_m", "high_m")),
        ]
        for zone in result["zones"]
    ]


def _target_rows(result: Mapping[str, Any], language: str) -> list[list[object]]:
    return [
        [
            None if finding["target"] is None else finding["target"]["name"] or finding["target"]["id"],
            finding["title"][language],
            getattr(VERDICTS[finding["verdict"]], language),
            *(finding[name] for name in ("found", "limit", "unit", "distance_m", "margin_m", "doubt_m")),
            finding["explanation"][language],
        ]
        for finding in result["findings"]
    ]


def _direction_rows(result: Mapping[str, Any]) -> list[list[object]]:
    zones = result["zones"]
    if not zones:
        return []
    return [
        [directions[0]["azimuth_deg"], *(direction["distance_m"] for direction in directions)]
        for directions in zip(*(zone["directions"] for zone in zones), strict=True)
    ]


def _effect_rows(result: Mapping[str, Any], language: str) -> list[list[object]]:
    return [
        [
            effect["equipment"],
            effect["name"][language],
            effect["value"],
            "LFL" if effect["quantity"] == "flammable" else spell_unit(effect["unit"]),
            *(effect[name] for name in ("distance_m", "from_boundary_m")),
            "×" if effect["beyond"] else None,
            effect["scenario"],
            getattr(OUTCOME_NAMES[effect["outcome"]], language),
            effect["probability"],
            *((effect["weather"] or {}).get(name) for name in ("stability", "wind_m_s")),
        ]
        for effect in result["effects"]
    ]


def _domino_rows(result: Mapping[str, Any], language: str) -> list[list[object]]:
    return [
        [
            *(one[name] for name in ("source", "target", "scenario")),
            getattr(OUTCOME_NAMES[one["outcome"]], language),
            *(one["threshold"], spell_unit(one["unit"]), one["frequency_per_year"]),
        ]
        for one in result["domino"]["escalations"]
    ]


def _awaiting_rows(result: Mapping[str, Any], language: str) -> list[list[object]]:
    clause, source, note = (
        ("clause_zh", "source_zh", "note_zh") if language == "zh" else ("clause", "source", "note")
    )
    return [
        [
            f"{row['table']}/{row['key']}",
            *(row["value"], spell_unit(row["unit"])),
            *(row[name] for name in ("standard", clause, source)),
            getattr(Standing(row["standing"]).text, language),
            *(row[name] for name in ("overridden_by", "reason", note)),
        ]
        for row in result["awaiting_confirmation"]
    ]
