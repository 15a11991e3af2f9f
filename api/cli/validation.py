"""Command that shows how good the models of the hazard engine are: ``riskmap validate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.console import AnswerFormat, Console, FormatOption, get_console

if TYPE_CHECKING:
    from geo.hazard.validation.evaluation import SetResult, Validation

__all__ = ["validate"]


def validate(
    context: typer.Context,
    sets: Annotated[
        list[str] | None, typer.Argument(metavar="[SET]…", help="Trial sets; by default all · 验证集")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write report page, plots, values and JSON here · 输出文件夹"),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 1 when a set fails · 有验证集不合格时退出码为 1")
    ] = False,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Compare the hazard models with field trials and published tables · 后果模型验证.

    Ends with 0 when all sets were computed, whether or not they pass: where a model fails is part of the answer. With
    --strict it ends with 1 when a set fails. Sets that rest on numbers awaiting confirmation are shown and not counted.
    """
    from geo.hazard.validation.evaluation import evaluate
    from layers.validation import validation_json, write_values

    console = get_console(context)
    with console.progress(console.pick("模型验证", "validation")) as progress:
        validation = evaluate(sets or None, progress)
    if out is not None:
        from web.validation import render_report

        language = console.language.value
        written = write_values(validation, out, language)
        report = out / "report.html"
        report.write_text(render_report(validation, language), encoding="utf-8", newline="\n")
        console.say(f"已写入 {out}：{len(written) + 1} 个文件", f"{len(written) + 1} files written to {out}")
    if format is AnswerFormat.JSON:
        typer.echo(validation_json(validation), nl=False)
    else:
        _show(console, validation)
    if strict and validation.failing:
        raise typer.Exit(1)


def _show(console: Console, validation: "Validation") -> None:
    words = console.pick(
        "验证集,模型,比较,FAC2,FB,MG,VG,NMSE,最大偏差,限值,结论",
        "set,model,pairs,FAC2,FB,MG,VG,NMSE,largest deviation,limits,verdict",
    )
    note = console.pick(
        f"计入 {validation.counted} 个比较；不合格：{'、'.join(_names(validation)) or '无'}",
        f"{validation.counted} comparisons count; failing: {', '.join(_names(validation)) or 'none'}",
    )
    rows = (_row(console, each) for each in validation.sets)
    console.answer_table(console.pick("模型验证", "Validation"), words.split(","), rows, note)


def _names(validation: "Validation") -> list[str]:
    return [each.key for each in validation.failing]


def _row(console: Console, result: "SetResult") -> list[object]:
    from geo.hazard.validation.evaluation import round_number

    verdict = console.pick("合格", "pass") if result.passes else console.pick("不合格", "fail")
    if result.fails:
        verdict += f": {', '.join(result.fails)}"
    if result.refused:
        verdict += console.pick(f"；{result.refused} 个无法计算", f"; {result.refused} refused")
    if result.trials.advisory:
        verdict = console.pick("仅供参考：", "advisory: ") + verdict
    measures = [round_number(value) for value in result.measures.values()]
    return [
        result.key,
        result.model,
        len(result.comparisons),
        *measures,
        result.limits.key,
        verdict,
    ]
