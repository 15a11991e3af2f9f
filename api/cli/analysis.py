"""Commands that compute: nearest, grid."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import AnswerFormat, FormatOption, get_console, open_store
from geo.errors import OutOfRangeError
from layers.errors import FormatError

__all__ = ["grid", "nearest"]


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
    from api.queries import parse_pairs, parse_where
    from layers.catalog import get_layer
    from layers.nearest import find_nearest
    from layers.tables import check_table_path, write_table

    console = get_console(context)
    target = get_layer(layer)
    given: dict[str, list[str]] = {}
    for text in where or []:
        for name, value in parse_pairs([text]).items():
            given.setdefault(name, []).append(value)
    check_table_path(out)
    if out.exists() and file.exists() and out.samefile(file):
        raise FormatError(
            f"{out} is the file that is read: name another one to write",
            zh=f"{out} 就是输入文件，请另写一个输出文件名",
        )
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
    res: Annotated[
        str, typer.Option("--res", metavar="N|N..M", help="H3 resolution, 0 to 15, or several · 分辨率")
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="Parquet, CSV, GeoPackage or GeoJSON; for N..M one file each, NAME-resN · 输出文件"
        ),
    ],
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Compute a grid per square kilometre on H3 cells, store it and write it to a file · 风险网格."""
    from api.actions import run_grid

    console = get_console(context)
    files = _files_by_resolution(res, out)
    with open_store() as store, console.progress(metric) as progress:
        runs = [
            {
                **run_grid(store, metric=metric, resolution=resolution, out=path, progress=progress),
                "file": str(path),
            }
            for resolution, path in files.items()
        ]
    if format is AnswerFormat.JSON:
        console.answer_json({"grids": runs} if ".." in res else runs[0])
        return
    for run in runs:
        typer.echo(
            console.pick(
                f"已写入 {run['file']}：{run['cells']} 个单元，{run['facilities']} 个设施，总分 {run['mass']:g}",
                f"{run['file']}: {run['cells']} cells, {run['facilities']} facilities, total score {run['mass']:g}",
            )
        )


def _files_by_resolution(text: str, out: Path) -> dict[int, Path]:
    """Return the file of each resolution: ``out`` itself for one, ``NAME-resN`` beside it for several."""
    first, dots, last = text.partition("..")
    if not dots:
        return {_parse_resolution(first): out}
    low, high = _parse_resolution(first), _parse_resolution(last)
    if low > high:
        raise OutOfRangeError(
            f"--res {text}: the first resolution is above the last",
            zh=f"--res {text}：起始分辨率大于终止分辨率",
        )
    return {one: out.with_name(f"{out.stem}-res{one}{out.suffix}") for one in range(low, high + 1)}


def _parse_resolution(text: str) -> int:
    if not text.isdecimal() or int(text) > 15:
        raise OutOfRangeError(
            f"--res {text} is no H3 resolution (0 to 15)", zh=f"--res {text} 不是 H3 分辨率（0–15）"
        )
    return int(text)
