"""Commands that make the database, fill it and take out of it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.console import AnswerFormat, Console, FormatOption, Language, get_console, open_store
from api.cli.options import (
    AccuracyOption,
    CrsOption,
    EncodingOption,
    MapOption,
    SetOption,
    SourceLayerOption,
    check_folder,
    read_reading,
)

if TYPE_CHECKING:
    from layers.exchange.importing import ImportReport

__all__ = ["areas", "export", "import_", "init", "sample"]

_SHOWN_REJECTIONS = 20

LayerArgument = Annotated[str, typer.Argument(help="Layer, such as tailings_ponds · 图层")]


def init(context: typer.Context, format: FormatOption = AnswerFormat.TABLE) -> None:
    """Make the database, or bring its tables to this version · 建库或升级."""
    from api.settings import load_settings
    from layers.store import Store, upgrade

    console = get_console(context)
    url = load_settings().database_url.get_secret_value()
    upgrade(url)
    with Store.open(url) as store:
        shown = store.url_display
    if format is AnswerFormat.JSON:
        console.answer_json({"database": shown})
    else:
        typer.echo(console.pick(f"数据库已就绪：{shown}", f"database ready: {shown}"))


def sample(context: typer.Context, format: FormatOption = AnswerFormat.TABLE) -> None:
    """Load the samples: the real Jinsha valley, and illustrative facilities on it · 载入样例数据."""
    from layers.samples import load_samples

    console = get_console(context)
    with open_store() as store, console.progress(console.pick("载入样例", "samples")) as progress:
        reports = load_samples(store, progress)
    if format is AnswerFormat.JSON:
        console.answer_json({"files": reports})
        return
    columns = console.pick("图层,文件,新增,更新,未变", "layer,file,inserted,superseded,unchanged").split(",")
    names = ("layer", "file", "inserted", "superseded", "unchanged")
    rows = ([report[name] for name in names] for report in reports)
    console.answer_table(console.pick("样例数据", "Samples"), columns, rows)


def areas(
    context: typer.Context,
    province: Annotated[str, typer.Argument(help="Division code of a province · 省级区划代码")] = "530000",
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Load the divisions of a province, down to counties, from Tianditu (extra `admin`) · 载入天地图行政区划."""
    from layers.admin import load_admin_areas

    console = get_console(context)
    with open_store() as store:
        result = load_admin_areas(store, province)
    if format is AnswerFormat.JSON:
        console.answer_json(asdict(result))
        return
    said = {"n": result.inserted, "m": result.superseded, "k": result.unchanged}
    typer.echo(
        console.pick(
            "新增 {n} 个行政区，更新 {m}，未变 {k}", "areas: {n} new, {m} changed, {k} as they were"
        ).format(**said)
    )


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="File to import · 文件")],
    layer: Annotated[str, typer.Option(help="Layer to import into · 目标图层")],
    source_layer: SourceLayerOption = None,
    map: MapOption = None,
    set: SetOption = None,
    accuracy: AccuracyOption = None,
    crs: CrsOption = None,
    encoding: EncodingOption = None,
    helmert: Annotated[
        str | None,
        typer.Option(
            metavar="DX,DY,DZ,RX,RY,RZ,PPM,M",
            help="Seven parameters to CGCS2000 (m, arc seconds, position vector) and accuracy · 七参数及精度",
        ),
    ] = None,
    datum_grid: Annotated[
        str | None,
        typer.Option(metavar="FILE=M", help="Grid of shifts to CGCS2000 and accuracy · 格网及精度"),
    ] = None,
    control_points: Annotated[
        Path | None,
        typer.Option(help="Table of x, y and easting, northing (lon, lat) for a drawing · 图纸控制点表"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check all, write nothing · 只检查不写入")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing when a row is rejected · 有错即不写入")
    ] = False,
    rejected: Annotated[
        Path | None, typer.Option(metavar="FILE.xlsx", help="Write rejected rows here, to correct · 待更正表")
    ] = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Import a file into a layer · 导入."""
    from api.actions.files import ImportOptions, import_into
    from api.queries import parse_datum_grid, parse_helmert
    from layers.catalog import get_layer
    from layers.exchange.exporting import write_corrected_sheet

    console = get_console(context)
    reading = read_reading(source_layer, map, set, accuracy, crs, encoding)
    if helmert is not None:
        reading["helmert"] = parse_helmert(helmert)
    if datum_grid is not None:
        reading["grid"] = parse_datum_grid(datum_grid)
    reading["control_points"] = control_points
    options = ImportOptions(get_layer(layer).slug, reading, dry_run=dry_run, strict=strict)
    check_folder(rejected)
    with open_store() as store, console.progress(file.name) as progress:
        report = import_into(store, file, options, progress)
    if rejected is not None and report.rejected:
        write_corrected_sheet(report, rejected)
    if format is AnswerFormat.JSON:
        console.answer_json(report.to_dict())
    else:
        _show_report(console, report)
    if not report.accepted:
        raise typer.Exit(2)


def export(
    context: typer.Context,
    layer: LayerArgument,
    file: Annotated[Path, typer.Argument(help="File to write; its ending is the format · 输出文件")],
    where: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=VALUE", help="Only these features · 筛选条件")
    ] = None,
    bbox: Annotated[str | None, typer.Option(metavar="W,S,E,N", help="Only in this rectangle · 范围")] = None,
    at: Annotated[str | None, typer.Option(metavar="DATE", help="State on a day · 时点")] = None,
    crs: Annotated[str, typer.Option(help="Coordinate system of the file · 坐标系")] = "EPSG:4490",
    headers: Annotated[Language, typer.Option(help="Language of headers · 表头语言")] = Language.EN,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Export a layer to a file · 导出."""
    from api.actions.files import ExportOptions, export_file
    from api.queries import parse_bounds, parse_moment, parse_pairs, parse_where
    from layers.catalog import get_layer

    console = get_console(context)
    chosen = get_layer(layer)
    options = ExportOptions(
        layer=chosen.slug,
        where=parse_where(chosen, {name: [value] for name, value in parse_pairs(where or []).items()}),
        bounds=parse_bounds(bbox),
        at=None if at is None else parse_moment(at),
        crs=crs,
        header_language=headers.value,
    )
    with open_store() as store, console.progress(file.name) as progress:
        report = export_file(store, file, options, progress)
    if format is AnswerFormat.JSON:
        console.answer_json(report)
    else:
        typer.echo(
            console.pick(f"已写入 {file}：{report['rows']} 个要素", f"{file}: {report['rows']} features")
        )


def _show_report(console: Console, report: "ImportReport") -> None:
    words = console.pick(
        "读取,接受,新增,更新,未变,拒绝", "read,accepted,inserted,superseded,unchanged,rejected"
    )
    counts = (
        report.rows_read,
        report.accepted,
        report.inserted,
        report.superseded,
        report.unchanged,
        report.rejected_rows,
    )
    title = f"{report.file} → {report.layer} ({report.crs})"
    console.answer_table(
        title, words.split(","), [counts], "\n".join(console.pick(report.notes_zh, report.notes))
    )
    if report.rejected:
        _show_rejections(console, report)


def _show_rejections(console: Console, report: "ImportReport") -> None:
    words = console.pick("行,列,值,原因", "row,column,value,reason").split(",")
    shown = report.rejected[:_SHOWN_REJECTIONS]
    rows = [(one.row, one.column, one.value, console.pick(one.reason_zh, one.reason)) for one in shown]
    more = len(report.rejected) - len(shown)
    note = console.pick(f"另有 {more} 处；--rejected 可写出全部", f"and {more} more; --rejected writes all")
    console.answer_table(console.pick("被拒绝的行", "Rejected rows"), words, rows, note if more > 0 else "")
