"""Commands that measure: nearest, and what lies around a place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.console import AnswerFormat, Console, FormatOption, get_console, open_store
from api.cli.options import CrsOption, EncodingOption, LimitOption, SourceLayerOption, check_folder
from layers.errors import FormatError

if TYPE_CHECKING:
    from layers.nearby.around import Around

__all__ = ["around", "nearest"]


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
    from layers.documents.tables import check_table_path, write_table
    from layers.nearby.nearest import find_nearest

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


def around(
    context: typer.Context,
    place: Annotated[
        str, typer.Argument(metavar="LON,LAT|LAYER/ID", help="Coordinate, or a stored feature · 坐标或要素")
    ],
    radius: Annotated[float, typer.Option(metavar="M", help="How far to look, in metres · 半径")],
    layer: Annotated[list[str] | None, typer.Option(help="Only these layers · 图层")] = None,
    at: Annotated[str | None, typer.Option(metavar="DAY", help="State of a former day · 数据日期")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="OUT.xlsx|.csv", help="Write the whole list · 输出文件")
    ] = None,
    limit: LimitOption = 50,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """List everything within a radius of a place: exact distances, doubts, people · 周边查询."""
    from api.queries import parse_moment, parse_place
    from layers.nearby.around import find_around

    console = get_console(context)
    check_folder(out)
    moment = None if at is None else parse_moment(at)
    with open_store() as store:
        found = find_around(store, parse_place(store, place, moment), radius, layers=layer, at=moment)
    if out is not None:
        _write_around(found, out, console.language.value, at)
    if format is AnswerFormat.JSON:
        features = [{name: value for name, value in vars(one).items()} for one in found.neighbours]
        counts = [
            {"layer": slug, "within": within, "undecided": undecided, "perhaps": perhaps}
            for slug, (within, undecided, perhaps) in found.counts().items()
        ]
        people = [vars(one) for one in found.people()]
        console.answer_json({"radius_m": radius, "counts": counts, "people": people, "features": features})
    else:
        _show_around(console, found, limit)


def _write_around(found: "Around", out: Path, language: str, day: str | None) -> None:
    from layers.documents.whole_files import write_whole
    from layers.nearby.sheet import fill_around_csv, fill_around_workbook

    match out.suffix.lower():
        case ".xlsx":
            write_whole(out, fill_around_workbook(found, language, day))
        case ".csv":
            write_whole(out, fill_around_csv(found, language))
        case _:
            raise FormatError(
                f"{out.name}: the list is written as .xlsx or .csv",
                zh=f"{out.name}：清单可写为 .xlsx 或 .csv",
            )


def _show_around(console: Console, found: "Around", limit: int) -> None:
    from layers.catalog import get_layer

    words = console.pick(
        "图层,编号,名称,距离 m,不确定度 m,在范围内", "layer,id,name,distance m,doubt m,within"
    )
    rows = (
        [
            console.pick(get_layer(one.layer).zh, get_layer(one.layer).en),
            one.id,
            one.name,
            f"{one.distance_m:.3f}",
            one.doubt_m,
            ("✓" if one.decided else "?") if one.within else "(?)",
        ]
        for one in found.neighbours[:limit]
    )
    total = len(found.neighbours)
    note = console.pick(
        f"共 {total} 个；? 精度不足以确定，(?) 量得在范围外但可能在内",
        f"{total} in all; ?: undecided at its accuracy, (?): measured beyond, may be within",
    )
    console.answer_table(console.pick("周边", "Around"), words.split(","), rows, note)
