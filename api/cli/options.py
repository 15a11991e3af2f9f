"""Options that several commands share, and what follows from them."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from layers.errors import FormatError

if TYPE_CHECKING:
    from geo.rules.rule import RulePack
    from layers.exchange.importing import ReadingOptions

__all__ = [
    "AccuracyOption",
    "AdvisoryOption",
    "CrsOption",
    "DayOption",
    "EncodingOption",
    "LimitOption",
    "MapOption",
    "OutOption",
    "SetOption",
    "SourceLayerOption",
    "StrictOption",
    "check_folder",
    "load_applied_rules",
    "read_day",
    "read_reading",
    "write_answer",
]

SourceLayerOption = Annotated[str | None, typer.Option(help="Layer or sheet of the file · 源图层")]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="FIELD=COLUMN", help="Column of a field · 字段对应的列"),
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Value for all rows · 固定值")
]
AccuracyOption = Annotated[
    float | None, typer.Option(metavar="M", help="Accuracy of position, 95 % radius in metres · 位置精度")
]
CrsOption = Annotated[
    str | None, typer.Option(help="Coordinate system of the file: EPSG:4490, GCJ-02, WKT … · 坐标系")
]
EncodingOption = Annotated[str | None, typer.Option(help="Encoding of texts: GB18030 … · 编码")]

StrictOption = Annotated[
    bool, typer.Option("--strict", help="End with 1 when something is prohibited · 有禁止项时退出码为 1")
]
AdvisoryOption = Annotated[
    bool,
    typer.Option(
        "--with-advisory", help="Count rules of recalled or disputed standing, too · 未核实的规则也计入结论"
    ),
]
DayOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Day of the decision; default today · 检查日期"),
]
LimitOption = Annotated[int, typer.Option(min=0, help="Rows of a table · 表格行数")]
OutOption = Annotated[Path | None, typer.Option(help="Write the whole answer as JSON · 输出文件")]


def read_reading(
    source_layer: str | None,
    map: list[str] | None,
    set: list[str] | None,
    accuracy_m: float | None,
    crs: str | None,
    encoding: str | None,
) -> "ReadingOptions":
    """Return how a file is read."""
    from api.queries import parse_pairs

    return {
        "source_layer": source_layer,
        "mapping": parse_pairs(map or []),
        "constants": parse_pairs(set or []),
        "accuracy_m": accuracy_m,
        "crs": crs,
        "encoding": encoding,
    }


def read_day(on: datetime | None) -> date:
    """Return the day of the decision: today in China where none is given."""
    from api.queries import today

    return on.date() if on else today()


def load_applied_rules(with_advisory: bool) -> "RulePack":
    """Return the rules of the product and of the packs that the settings name, as they count."""
    from api.settings import load_settings
    from layers.siting.checks import load_rules

    pack = load_rules(overlays=load_settings().rule_pack_paths)
    return pack.with_advisory() if with_advisory else pack


def check_folder(path: Path | None) -> None:
    """Refuse a file that cannot be written, before anything is computed.

    Raises
    ------
    FormatError
        If there is no folder for it.
    """
    if path is not None and not path.absolute().parent.is_dir():
        raise FormatError(f"there is no folder {path.parent}", zh=f"文件夹 {path.parent} 不存在")


def write_answer(out: Path | None, answer: object) -> None:
    """Write a whole answer as JSON, where the person wants a file of it."""
    if out is not None:
        out.write_text(json.dumps(answer, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
