"""Commands that compute: setback, nearest, grid."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.actions import run_grid, run_setback
from api.cli.console import AnswerFormat, Console, FormatOption, get_console, open_store
from api.queries import parse_pairs, parse_where, today
from geo.errors import OutOfRangeError
from layers.catalog import get_layer
from layers.checks import SETBACK_LAYERS
from layers.errors import NotAvailableError
from layers.nearest import find_nearest
from layers.tables import check_table_path, write_table
from layers.words import VERDICTS

__all__ = ["grid", "nearest", "setback"]

_CONCLUSIONS = {
    "fail": ("不通过", "fails"),
    "undecidable": ("无法判定", "undecidable"),
    "conditional": ("有条件", "conditional"),
    "pass": ("通过", "passes"),
}
"""What a person reads of a facility, worst first."""


def setback(
    context: typer.Context,
    layer: Annotated[
        list[str] | None, typer.Option(help="Only facilities of this layer · 只检查此图层")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of the decision; default today · 检查日期"),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Rows of the table · 表格行数")] = 50,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Check all stored facilities against the river setback, and store the findings · 岸线退距检查."""
    console = get_console(context)
    layers = [get_layer(slug).slug for slug in layer or SETBACK_LAYERS]
    with open_store() as store, console.progress(console.pick("退距检查", "setback")) as progress:
        result = run_setback(store, on=on.date() if on else today(), layers=layers, progress=progress)
    if format is AnswerFormat.JSON:
        console.answer_json(result)
    else:
        _show_verdicts(console, result, limit)


def nearest(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="File whose rows are measured from · 输入文件")],
    layer: Annotated[str, typer.Option(help="Layer to measure to · 目标图层")],
    out: Annotated[Path, typer.Option(help="CSV, Parquet, GeoPackage or GeoJSON · 输出文件")],
    crs: Annotated[str | None, typer.Option(help="Coordinate system of the file · 坐标系")] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=VALUE", help="Only these targets · 目标筛选条件")
    ] = None,
    within: Annotated[
        float | None, typer.Option(metavar="M", help="Look no farther, in metres · 最大距离")
    ] = None,
    source_layer: Annotated[str | None, typer.Option(help="Layer or sheet of the file · 源图层")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of texts · 编码")] = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Write the nearest feature of a layer for every row of a file: exact distance and both ends · 最近距离."""
    console = get_console(context)
    target = get_layer(layer)
    given: dict[str, list[str]] = {}
    for text in where or []:
        for name, value in parse_pairs([text]).items():
            given.setdefault(name, []).append(value)
    check_table_path(out)
    with open_store() as store, console.progress(file.name) as progress:
        frame = find_nearest(
            store,
            file,
            target.slug,
            crs=crs,
            source_layer=source_layer,
            encoding=encoding,
            where=parse_where(target, given),
            within_m=within,
            progress=progress,
        )
        write_table(frame, out)
    found = int(frame["target_id"].notna().sum())
    if format is AnswerFormat.JSON:
        console.answer_json({"file": str(out), "rows": len(frame), "with_target": found})
    else:
        typer.echo(
            console.pick(
                f"已写入 {out}：{len(frame)} 行，其中 {found} 行找到目标",
                f"{out}: {len(frame)} rows, {found} with a target",
            )
        )


def grid(
    context: typer.Context,
    metric: Annotated[str, typer.Argument(help="facility_count: facilities by their score · 指标")],
    res: Annotated[str, typer.Option("--res", metavar="N", help="H3 resolution, 0 to 15 · 分辨率")],
    out: Annotated[Path, typer.Option(help="Parquet, CSV, GeoPackage or GeoJSON · 输出文件")],
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Compute a grid per square kilometre on H3 cells, store it and write it to a file · 风险网格."""
    console = get_console(context)
    with open_store() as store, console.progress(metric) as progress:
        run = run_grid(store, metric=metric, resolution=_parse_resolution(res), out=out, progress=progress)
    if format is AnswerFormat.JSON:
        console.answer_json({**run, "file": str(out)})
    else:
        typer.echo(
            console.pick(
                f"已写入 {out}：{run['cells']} 个单元，{run['facilities']} 个设施，总分 {run['mass']:g}",
                f"{out}: {run['cells']} cells, {run['facilities']} facilities, total score {run['mass']:g}",
            )
        )


def _parse_resolution(text: str) -> int:
    if ".." in text:
        raise NotAvailableError(
            f"--res {text}: only one resolution at a time is available",
            zh=f"--res {text}：目前一次只能计算一个分辨率",
        )
    if not text.isdecimal() or int(text) > 15:
        raise OutOfRangeError(
            f"--res {text} is no H3 resolution (0 to 15)", zh=f"--res {text} 不是 H3 分辨率（0–15）"
        )
    return int(text)


def _show_verdicts(console: Console, result: dict[str, Any], limit: int) -> None:
    proposals = result["proposals"]
    counts = Counter((proposal["conclusion"], proposal["verdict"]) for proposal in proposals)
    summary = [
        (console.pick(*words), console.pick(word.zh, word.en), counts[conclusion, verdict])
        for conclusion, words in _CONCLUSIONS.items()
        for verdict, word in VERDICTS.items()
        if counts[conclusion, verdict]
    ]
    title = console.pick(f"岸线退距检查 {result['checked_on']}", f"River setback on {result['checked_on']}")
    console.answer_table(
        title, console.pick("结论,规则结果,数量", "conclusion,verdict,facilities").split(","), summary
    )
    worst = sorted(proposals, key=_badness)
    words = console.pick(
        "图层,编号,名称,结论,规则结果,规则,距离 m,限值 m,余量 m,不确定度 m",
        "layer,id,name,conclusion,verdict,rule,distance m,limit m,margin m,doubt m",
    )
    note = console.pick(f"共 {len(proposals)} 个设施", f"{len(proposals)} facilities in all")
    rows = (_describe(console, proposal) for proposal in worst[:limit])
    console.answer_table(console.pick("设施", "Facilities"), words.split(","), rows, note)


def _badness(proposal: dict[str, Any]) -> tuple[int, int]:
    conclusions, verdicts = list(_CONCLUSIONS), list(VERDICTS)
    return conclusions.index(proposal["conclusion"]), verdicts.index(proposal["verdict"])


def _describe(console: Console, proposal: dict[str, Any]) -> list[object]:
    """Return the row of a facility with the finding that its verdict rests on."""
    finding = next((f for f in proposal["findings"] if f["verdict"] == proposal["verdict"]), None) or {}
    word = VERDICTS[proposal["verdict"]]
    who = [proposal[name] for name in ("layer", "id", "name")]
    outcome = [console.pick(*_CONCLUSIONS[proposal["conclusion"]]), console.pick(word.zh, word.en)]
    return (
        who
        + outcome
        + [finding.get(name) for name in ("rule", "distance_m", "limit_m", "margin_m", "doubt_m")]
    )
