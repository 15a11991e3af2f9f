"""Commands that take long: audit of the register, and where a project may go."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.console import AnswerFormat, Console, FormatOption, get_console, open_store
from api.cli.options import (
    AccuracyOption,
    AdvisoryOption,
    CrsOption,
    DayOption,
    LimitOption,
    OutOption,
    StrictOption,
    check_folder,
    load_applied_rules,
    read_day,
    write_answer,
)
from layers.words import VERDICTS

__all__ = ["audit", "where"]


def audit(
    context: typer.Context,
    layers: Annotated[
        list[str] | None, typer.Argument(metavar="[LAYER]…", help="By default the whole register · 图层")
    ] = None,
    on: DayOption = None,
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="DAY|data:DAY|rules:PACK|RUN",
            help="Only what flips from another day, state of the data, rules (rules:product), or audit · 比较",
        ),
    ] = None,
    with_advisory: AdvisoryOption = False,
    strict: StrictOption = False,
    limit: LimitOption = 50,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Apply all rules to all stored facilities, and store the findings; goes on where it was cut · 全量核查."""
    from api.actions.audits import compare_audits, parse_basis, run_audit
    from layers.catalog import get_layer
    from layers.siting.audits import AUDITED_LAYERS

    console = get_console(context)
    slugs = [get_layer(slug).slug for slug in layers or AUDITED_LAYERS]
    day, pack = read_day(on), load_applied_rules(with_advisory)
    with open_store() as store, console.progress(console.pick("全量核查", "audit")) as progress:
        if compare is None:
            answer = run_audit(store, on=day, layers=slugs, pack=pack, progress=progress)
        else:
            before = parse_basis(compare, on=day, pack=pack, own_paths=True)
            answer = compare_audits(store, before, on=day, layers=slugs, pack=pack, progress=progress)
    if format is AnswerFormat.JSON:
        console.answer_json(answer)
    else:
        _show_audit(console, answer, limit)
    if strict and _has_violation(answer):
        raise typer.Exit(1)


def where(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="One project, in any format that can be imported · 项目文件")],
    area: Annotated[str, typer.Option(metavar="NAME|ADCODE|W,S,E,N", help="Where to look · 区划代码或范围")],
    on: DayOption = None,
    res: Annotated[int, typer.Option(min=0, max=15, help="H3 resolution of the cells · 分辨率")] = 9,
    radius: Annotated[
        float | None, typer.Option(metavar="M", help="The project as a disc of this radius · 半径")
    ] = None,
    set_aside: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="Rule to leave out · 不计的规则")
    ] = None,
    set_aside_lacking: Annotated[
        bool, typer.Option("--set-aside-lacking", help="Leave out rules without data · 不计缺数据的规则")
    ] = False,
    accuracy: AccuracyOption = None,
    crs: CrsOption = None,
    with_advisory: AdvisoryOption = False,
    out: OutOption = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Find where in an area a project may go, and what stops it elsewhere · 反向选址."""
    from api.actions.siting import find_sites
    from api.queries import parse_area

    console = get_console(context)
    check_folder(out)
    with open_store() as store, console.progress(file.name) as progress:
        answer = find_sites(
            store,
            file,
            {"crs": crs, "accuracy_m": accuracy},
            area=parse_area(area, store),
            on=read_day(on),
            pack=load_applied_rules(with_advisory),
            resolution=res,
            radius_m=radius,
            set_aside=set_aside or [],
            set_aside_lacking=set_aside_lacking,
            progress=progress,
        )
    write_answer(out, answer)
    if format is AnswerFormat.JSON:
        console.answer_json(answer)
    else:
        _show_sites(console, answer)


def _has_violation(answer: Mapping[str, Any]) -> bool:
    if "flips" in answer:
        return any(flip["after"] == "prohibited" for flip in answer["flips"])
    return bool(answer["verdicts"].get("prohibited"))


def _show_audit(console: Console, answer: Mapping[str, Any], limit: int) -> None:
    if "verdicts" in answer:
        counts = answer["verdicts"]
        rows = [
            (console.pick(word.zh, word.en), counts[name])
            for name, word in VERDICTS.items()
            if name in counts
        ]
        title = f"{console.pick('全量核查', 'Audit')} {answer['checked_on']}"
        note = f"{answer['subjects']} · {console.pick('存量整改', 'to rectify')} {answer['legacy']} · {answer['run']}"
        console.answer_table(
            title, console.pick("规则结果,设施", "verdict,facilities").split(","), rows, note
        )
        _show_notes(console, answer["notes"])
    if "flips" in answer:
        _show_flips(console, answer["flips"], limit)


def _show_flips(console: Console, flips: list[dict[str, Any]], limit: int) -> None:
    words = console.pick("图层,编号,规则,原为,现为,原因", "layer,id,rule,before,after,reasons").split(",")
    rows = (
        [flip["layer"], flip["id"], flip["rule"], *_both_words(console, flip), ", ".join(flip["reasons"])]
        for flip in flips[:limit]
    )
    note = console.pick(f"共 {len(flips)} 项变化", f"{len(flips)} flips in all")
    console.answer_table(console.pick("变化", "Flips"), words, rows, note)


def _both_words(console: Console, flip: Mapping[str, Any]) -> list[str]:
    words = (VERDICTS[flip[name]] for name in ("before", "after"))
    return [console.pick(word.zh, word.en) for word in words]


def _show_sites(console: Console, answer: Mapping[str, Any]) -> None:
    title = f"{console.pick('反向选址', 'Where it may go')} {answer['checked_on']}"
    console.answer_table(title, [console.pick("区域", "region"), "km²"], list(answer["areas_km2"].items()))
    words = console.pick(
        "规则,条款,排除 km²,未定 km²,不计,需要", "rule,clause,excluded km²,undecided km²,left out,needs"
    )
    names = ("rule", console.pick("clause_zh", "clause"), "excluded_km2", "undecided_km2", "set_aside")
    rows = ([*(one[name] for name in names), ", ".join(one["needs"]) or None] for one in answer["rules"])
    console.answer_table(console.pick("规则", "Rules"), words.split(","), rows)
    _show_notes(console, answer["notes"])


def _show_notes(console: Console, notes: list[dict[str, str]]) -> None:
    for note in notes:
        typer.echo(console.pick(note["zh"], note["en"]))
