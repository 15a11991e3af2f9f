"""Commands on grids: compute one, take a cell apart, compare two."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.console import AnswerFormat, FormatOption, get_console, open_store

__all__ = ["grid", "grid_diff", "grid_drop", "grid_enter", "grid_explain"]

MetricsOption = Annotated[
    list[Path] | None, typer.Option("--metrics", help="Further metrics, a TOML file · 自定义指标文件")
]


def grid(
    context: typer.Context,
    metric: Annotated[str, typer.Argument(help="Such as facility_count, population, composite · 指标")],
    res: Annotated[
        str, typer.Option("--res", metavar="N|N..M", help="H3 resolution, 0 to 15, or several · 分辨率")
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="Parquet, CSV, GeoPackage, GeoJSON or GeoTIFF; for N..M one file each, NAME-resN; "
            "in partitions a folder · 输出文件"
        ),
    ],
    area: Annotated[
        str | None, typer.Option(metavar="NAME|ADCODE|W,S,E,N", help="Only cells centred here · 范围")
    ] = None,
    date: Annotated[str | None, typer.Option(metavar="D", help="State at the end of that day · 日期")] = None,
    bandwidth: Annotated[
        float | None, typer.Option(metavar="M", help="Spread objects by a kernel, in metres · 核密度带宽")
    ] = None,
    hotspots: Annotated[
        bool, typer.Option("--hotspots", help="Find hot and cold spots (Gi*) · 冷热点")
    ] = False,
    clusters: Annotated[
        bool, typer.Option("--clusters", help="Find clusters and outliers (local Moran) · 局部莫兰聚类")
    ] = False,
    metrics: MetricsOption = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="local|tcp://…",
            help="Compute in partitions on processes of this machine or a Dask cluster, into a folder · 分区并行计算",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes with --scheduler local · 进程数")] = 2,
    source: Annotated[
        Path | None,
        typer.Option(help="GeoParquet, a file or a folder, to count instead of what is stored · 数据文件"),
    ] = None,
    partition_res: Annotated[
        int | None, typer.Option(help="Resolution of the partitions; default 5 coarser · 分区分辨率")
    ] = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Compute a grid per square kilometre on H3 cells, store it and write it to a file · 风险网格.

    In partitions (--scheduler, --source) its cells stay in their folder, from which map and grid-explain read them.
    """
    from api.actions.grids import make_request, parse_resolutions, run_cluster_grid, run_grids
    from api.queries import parse_area, parse_moment

    console = get_console(context)
    resolutions, moment = parse_resolutions(res), None if date is None else parse_moment(date)
    with open_store() as store, console.progress(metric) as progress:
        request, known = make_request(
            metric,
            resolutions,
            area=None if area is None else parse_area(area, store),
            at=moment,
            bandwidth_m=bandwidth,
            hotspots=hotspots,
            clusters=clusters,
            metric_files=_metric_files(metrics),
        )
        if scheduler is None and source is None:
            runs = run_grids(store, request=request, metrics=known, out=out, progress=progress)
        else:
            runs = run_cluster_grid(
                store,
                request=request,
                metrics=known,
                out=out,
                scheduler=scheduler,
                workers=workers,
                source=source,
                partition_resolution=partition_res,
                progress=progress,
            )
    if format is AnswerFormat.JSON:
        console.answer_json({"grids": runs} if ".." in res else runs[0])
        return
    unit = request.metric.unit
    for run in runs:
        typer.echo(
            console.pick(
                f"已写入 {run['file']}：{run['cells']} 个单元，{run['objects']} 个对象"
                f"（其中 {run['unknown']} 个值未知），总量 {run['mass']:g} {'' if request.metric.rate else unit.zh}"
                f"\n  网格编号 {run['run']}",
                f"{run['file']}: {run['cells']} cells, {run['objects']} objects ({run['unknown']} of unknown value), "
                f"total {run['mass']:g} {'' if request.metric.rate else unit.en}\n  run {run['run']}",
            )
        )
    for left_out in runs[0]["left_out"]:
        typer.echo(console.pick(f"未计入：{left_out['zh']}", f"left out: {left_out['en']}"), err=True)


def grid_explain(
    context: typer.Context,
    cell: Annotated[str, typer.Argument(help="H3 index, such as 883c9a2d67fffff · 单元编号")],
    run: Annotated[
        str | None, typer.Option(help="Run or pyramid; by default the newest grid · 运行编号")
    ] = None,
    metrics: MetricsOption = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Show what a cell is made of: objects with their shares, adding up to it · 单元构成."""
    from layers.errors import NotAvailableError
    from layers.grids import explain_stored_cell, list_grids, parse_cell, read_metrics

    console = get_console(context)
    parse_cell(cell)
    with open_store() as store:
        if run is None:
            grids = list_grids(store)
            if not grids:
                raise NotAvailableError(
                    "no grid is stored: compute one with `riskmap grid`", zh="没有网格：请先运行 riskmap grid"
                )
            run = grids[0].pyramid
        told = explain_stored_cell(store, run, cell, read_metrics(_metric_files(metrics)))
    if format is AnswerFormat.JSON:
        console.answer_json(told)
        return
    lang = console.pick("zh", "en")
    for clause in told["clauses"]:
        typer.echo(clause[lang])
    for one in told["objects"]:
        typer.echo(_describe_object(one, lang, console.pick("未知", "unknown")))


def _describe_object(one: dict[str, Any], lang: str, unknown: str) -> str:
    mass = unknown if one["mass"] is None else f"{one['share']:.4f} x {one['weight']:g} = {one['mass']:g}"
    part = "" if one["part"] is None else f" ({one['part']:.1%})"
    lines = [f"  {one['layer']}/{one['id']} {one['name'] or ''}: {mass}{part}"]
    return "\n".join([*lines, *(f"    {clause[lang]}" for clause in one["clauses"])])


def grid_enter(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Of a grid in partitions, with _run.json · 分区网格文件夹")],
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Enter a grid in partitions that was computed elsewhere into the database · 登记分区网格."""
    from api.actions.grids import enter_grids

    console = get_console(context)
    with open_store() as store:
        runs = enter_grids(store, folder)
    if format is AnswerFormat.JSON:
        console.answer_json({"runs": runs})
    else:
        typer.echo(console.pick(f"已登记 {len(runs)} 个网格", f"{len(runs)} grids entered"))


def grid_diff(
    context: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help="Run of the earlier grid · 前一网格")],
    second: Annotated[str, typer.Argument(metavar="B", help="Run of the later grid · 后一网格")],
    out: Annotated[
        Path | None, typer.Option(help="Parquet, CSV, GeoPackage, GeoJSON or GeoTIFF · 输出文件")
    ] = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Show what changed from one grid to another of the same metric and resolution · 网格变化."""
    from layers.grids import check_grid_path, diff_grids, write_grid

    console = get_console(context)
    if out is not None:
        check_grid_path(out)
    with open_store() as store:
        frame = diff_grids(store, first, second)
    if out is not None:
        write_grid(frame, out)
    known = frame["mass"].dropna()
    told = {
        "cells": len(frame),
        "more": int((known > 0).sum()),
        "less": int((known < 0).sum()),
        "missing": int(frame["mass"].isna().sum()),
        "change": float(known.sum()),
        "file": None if out is None else str(out),
    }
    if format is AnswerFormat.JSON:
        console.answer_json(told)
    else:
        typer.echo(
            console.pick(
                "{cells} 个单元：{more} 个增加，{less} 个减少，{missing} 个无法比较；总变化 {change:g}",
                "{cells} cells: {more} more, {less} less, {missing} cannot be compared; change in all {change:g}",
            ).format(**told)
        )


def grid_drop(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="Run, or pyramid with all its runs · 运行编号")],
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Remove the cells of a stored grid for good; computed again, it has the same id · 删除网格."""
    from layers.grids import drop_grids

    console = get_console(context)
    with open_store() as store:
        runs = drop_grids(store, run)
    if format is AnswerFormat.JSON:
        console.answer_json({"runs": runs})
    else:
        typer.echo(console.pick(f"已删除 {len(runs)} 个网格", f"{len(runs)} grids removed"))


def _metric_files(given: list[Path] | None) -> list[Path]:
    """Return the files of metrics: those of the settings, then those of the command line."""
    from api.settings import load_settings

    return [*load_settings().metric_paths, *(given or [])]
