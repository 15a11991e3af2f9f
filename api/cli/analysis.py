"""Commands that measure: nearest."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import AnswerFormat, FormatOption, get_console, open_store
from api.cli.reading import CrsOption, EncodingOption, SourceLayerOption
from layers.errors import FormatError

__all__ = ["nearest"]


def nearest(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="File whose rows are measured from · 输入文件")],
    layer: Annotated[str, typer.Option(help="Layer to measure to · 目标图层")],
    out: Annotated[Path, typer.Option(help="CSV, Parquet, GeoPackage or GeoJSON · 输出文件")],
    crs: CrsOption = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=VALUE", help="Only these targets · 目标筛选条件")
    ] = None,
    within: Annotated[
        float | None, typer.Option(metavar="M", help="Look no farther, in metres · 最大距离")
    ] = None,
    source_layer: SourceLayerOption = None,
    encoding: EncodingOption = None,
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
