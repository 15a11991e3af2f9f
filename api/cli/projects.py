"""Commands on single projects and lines: the largest that still passes, and the classes of a pipeline."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.console import AnswerFormat, Console, FormatOption, get_console, open_store
from api.cli.options import (
    AccuracyOption,
    AdvisoryOption,
    CrsOption,
    DayOption,
    OutOption,
    check_folder,
    load_applied_rules,
    read_day,
    write_answer,
)
from geo.text import say_metres
from layers.words import VERDICTS

__all__ = ["largest", "pipelines"]


def largest(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="One project, in any format that can be imported · 项目文件")],
    field: Annotated[str, typer.Argument(help="Number of the project · 数值字段")],
    least: Annotated[float, typer.Option("--from", help="Least value to consider · 最小值")],
    most: Annotated[float, typer.Option("--to", help="Greatest value to consider · 最大值")],
    tolerance: Annotated[float, typer.Option(help="How close a search comes · 搜索精度")] = 1.0,
    on: DayOption = None,
    with_advisory: AdvisoryOption = False,
    accuracy: AccuracyOption = None,
    crs: CrsOption = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Find the greatest value with which a project still passes where it is · 可通过的最大规模."""
    from api.actions.siting import find_largest

    console = get_console(context)
    with open_store() as store, console.progress(file.name) as progress:
        answer = find_largest(
            store,
            file,
            {"crs": crs, "accuracy_m": accuracy},
            attribute=field,
            between=(least, most),
            tolerance=tolerance,
            on=read_day(on),
            pack=load_applied_rules(with_advisory),
            progress=progress,
        )
    if format is AnswerFormat.JSON:
        console.answer_json(answer)
        return
    words = console.pick("字段,最大值,含该值,其上不通过的规则", "field,greatest,included,rules beyond it")
    included = console.pick("是", "yes") if answer["included"] else console.pick("否", "no")
    row = [field, answer["value"], included, ", ".join(answer["rules"]) or None]
    console.answer_table(console.pick("可通过的最大规模", "Largest that passes"), words.split(","), [row])
    if answer["value"] is not None and not answer["bounded"]:
        console.say("范围内都可通过", "all of the range passes")
    if answer["because"] is not None:
        typer.echo(console.pick(answer["because"]["zh"], answer["because"]["en"]))


def pipelines(
    context: typer.Context,
    pipeline: Annotated[
        str,
        typer.Argument(metavar="ID|FILE", help="Stored pipeline, or a file of pipelines · 管道编号或文件"),
    ],
    accuracy: AccuracyOption = None,
    crs: CrsOption = None,
    out: OutOption = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Find area classes and high-consequence areas along pipelines, by mileage · 地区等级与高后果区识别.

    What is found for a stored pipeline is kept, so that the map can draw it.
    """
    from api.actions.pipelines import classify_pipelines
    from layers.siting.pipelines import classify_stored

    console = get_console(context)
    check_folder(out)
    with open_store() as store, console.progress(pipeline) as progress:
        if Path(pipeline).is_file():
            answer = classify_pipelines(store, Path(pipeline), {"crs": crs, "accuracy_m": accuracy}, progress)
        else:
            answer = {"pipelines": [classify_stored(store, pipeline, progress)]}
    write_answer(out, answer)
    if format is AnswerFormat.JSON:
        console.answer_json(answer)
    else:
        for one in answer["pipelines"]:
            _show_segments(console, one)


def _show_segments(console: Console, answer: dict[str, Any]) -> None:
    line = answer["pipeline"]
    words = console.pick(
        "起点 m,终点 m,地区等级,高后果区,另一文本,可判定,原因,需要",
        "start m,end m,area class,HCA,other copy,decided,reasons,needs",
    )
    rows = (_describe_segment(console, segment) for segment in answer["segments"])
    console.answer_table(
        f"{line['name'] or line['id']} · {say_metres(answer['length_m'])}", words.split(","), rows
    )


def _describe_segment(console: Console, segment: dict[str, Any]) -> list[object]:
    from geo.rules.wording import name_need
    from layers.siting.vocabulary import LABELS

    unknown = VERDICTS["insufficient_data"]
    words = {
        "none": console.pick("无", "none"),
        "insufficient_data": console.pick(unknown.zh, unknown.en),
    }
    classes = [segment[name] for name in ("area_class", "hca_grade", "hca_grade_other")]
    reasons = [console.pick(reason["text"]["zh"], reason["text"]["en"]) for reason in segment["reasons"]]
    needs = [name_need(need, LABELS) for need in segment["needs"]]
    return [
        segment["start_m"],
        segment["end_m"],
        *(words.get(word, word) for word in classes),
        console.pick("是", "yes") if segment["decided"] else console.pick("否", "no"),
        " ".join(reasons) or None,
        console.pick("、".join(need.zh for need in needs), ", ".join(need.en for need in needs)) or None,
    ]
