"""What a failure of a tailings pond may reach."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.console import AnswerFormat, Console, FormatOption, get_console, open_store
from api.cli.options import AccuracyOption, CrsOption, OutOption, check_folder, write_answer
from geo.text import say_number

__all__ = ["ponds"]

_ASKERS = {"gb_39496": ("GB 39496", "GB 39496"), "yunnan": ("云南", "Yunnan"), "kunming": ("昆明", "Kunming")}


def ponds(
    context: typer.Context,
    pond: Annotated[
        str, typer.Argument(metavar="ID|FILE", help="Stored pond, or a file of ponds · 尾矿库编号或文件")
    ],
    layer: Annotated[str, typer.Option(help="Layer of the stored pond · 所在图层")] = "tailings_ponds",
    accuracy: AccuracyOption = None,
    crs: CrsOption = None,
    out: OutOption = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Screen ponds: grade, who lies below, band of run-outs, people, monitoring lacking · 尾矿库溃坝初筛."""
    from api.actions.ponds import screen_file
    from layers.siting.ponds import screen_stored

    console = get_console(context)
    check_folder(out)
    with open_store() as store, console.progress(pond):
        if Path(pond).is_file():
            answer = screen_file(store, Path(pond), {"crs": crs, "accuracy_m": accuracy})
        else:
            answer = {"ponds": [screen_stored(store, layer, pond)]}
    write_answer(out, answer)
    if format is AnswerFormat.JSON:
        console.answer_json(answer)
        return
    for one in answer["ponds"]:
        _show_pond(console, one)


def _show_pond(console: Console, pond: dict[str, Any]) -> None:
    from geo.rules.wording import name_need
    from layers.siting.vocabulary import LABELS

    rows = [*_grade_rows(console, pond["grade"]), *_monitoring_rows(console, pond["monitoring"])]
    if pond["overhead"] is not None:
        rows.append(_overhead_row(console, pond["overhead"]))
    if pond["run_out"] is not None:
        rows += _run_out_rows(console, pond["run_out"])
    if pond["needs"]:
        needs = [name_need(need, LABELS) for need in pond["needs"]]
        rows.append(
            [
                console.pick("需要补充", "bring"),
                console.pick("、".join(n.zh for n in needs), ", ".join(n.en for n in needs)),
            ]
        )
    title = console.pick(
        "尾矿库溃坝初筛（估算，须做专题研究）", "Pond screening (estimates: a study has to show it)"
    )
    words = console.pick("项目,结果", "item,found")
    console.answer_table(f"{pond['name'] or pond['id']} · {title}", words.split(","), rows)


def _grade_rows(console: Console, grade: dict[str, Any]) -> list[list[Any]]:
    by = console.pick(
        f"{grade['design']}（按全库容 {grade['by_capacity']}，按坝高 {grade['by_height']}）",
        f"{grade['design']} ({grade['by_capacity']} by capacity, {grade['by_height']} by height)",
    )
    computed = None if grade["design"] is None else by
    return [
        [console.pick("设计等别", "design grade"), computed],
        [console.pick("登记的等别", "stated grade"), grade["stated"]],
    ]


def _monitoring_rows(console: Console, monitoring: dict[str, Any]) -> list[list[Any]]:
    return [
        [
            console.pick(f"缺少的监测项目（{zh}）", f"not monitored ({en})"),
            None
            if monitoring[asker] is None
            else ", ".join(console.pick(item["zh"], item["en"]) for item in monitoring[asker])
            or console.pick("无", "none"),
        ]
        for asker, (zh, en) in _ASKERS.items()
    ]


def _overhead_row(console: Console, overhead: dict[str, Any]) -> list[Any]:
    said = console.pick("沿下泄路径", "along the flow path")
    width = f"{said} {say_number(overhead['limit_m'], 0)} m, ±{say_number(overhead['half_width_m'], 0)} m"
    found = ", ".join(
        f"{target['name'] or target['id']}{'' if target['certain'] else '?'} ({say_number(target['mileage_m'], 0)} m)"
        for target in overhead["targets"]
    )
    return [
        f"{console.pick('头顶库', 'overhead')}: {width}",
        found or console.pick("入库数据中无", "none stored"),
    ]


def _run_out_rows(console: Console, run: dict[str, Any]) -> list[list[Any]]:
    from layers.catalog import get_layer

    estimates = ", ".join(
        f"{one['relation']}: {say_number(one['run_out_m'] / 1000, 1)} km" for one in run["estimates"]
    )
    band = " – ".join(say_number(run[end] / 1000, 1) for end in ("low_m", "central_m", "high_m"))
    cut = "" if run["reaches_end"] else console.pick("，超出高程栅格", ", beyond the elevation raster")
    rows: list[list[Any]] = [
        [
            console.pick("溃坝流动距离（近 – 中 – 远）", "run-out (low – middle – high)"),
            f"{band} km (×/÷ {run['scatter']:g}, ±{say_number(run['half_width_m'], 0)} m)",
        ],
        [console.pick("关系式", "relations"), estimates],
        [console.pick("可追踪路径", "path followed"), f"{say_number(run['path_m'] / 1000, 1)} km{cut}"],
    ]
    for layer, there in run["targets"].items():
        described = get_layer(layer)
        people = "; ".join(
            f"{getattr(described.field(field), console.pick('zh', 'en'))} "
            + " / ".join(
                f"{say_number(zone['known'])}{'+' if zone['unknown'] else ''}" for zone in zones.values()
            )
            for field, zones in there["people"].items()
        )
        name = console.pick(described.zh, described.en)
        found = "; ".join(filter(None, [str(len(there["features"])), people]))
        rows.append([console.pick(f"带内：{name}", f"in the band: {name}"), found])
    return rows
