"""Commands that check by rules, and verify what was written: check, layout, setback, verify."""

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.console import AnswerFormat, Console, FormatOption, Language, get_console, open_store
from api.cli.options import (
    AccuracyOption,
    AdvisoryOption,
    CrsOption,
    DayOption,
    EncodingOption,
    LimitOption,
    MapOption,
    SetOption,
    SourceLayerOption,
    StrictOption,
    check_folder,
    load_applied_rules,
    read_day,
    read_reading,
)
from layers.words import CONCLUSIONS, VERDICTS

if TYPE_CHECKING:
    from layers.bundles import BundleReport

__all__ = ["check", "layout", "setback", "verify"]

_NAMED_NEEDS = 8
"""Attributes that are asked for in one sentence at most."""


def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Plots, in any format that can be imported · 地块文件")],
    on: DayOption = None,
    source_layer: SourceLayerOption = None,
    map: MapOption = None,
    set: SetOption = None,
    accuracy: AccuracyOption = None,
    crs: CrsOption = None,
    encoding: EncodingOption = None,
    letter: Annotated[
        Path | None,
        typer.Option(metavar="F", help="Write the opinion letter: .docx, .pdf, or .xlsx (annex) · 意见书"),
    ] = None,
    letter_lang: Annotated[Language, typer.Option(help="Language of the letter · 意见书语言")] = Language.ZH,
    template: Annotated[
        Path | None, typer.Option(help="Own Word template of the letter · 意见书 Word 模板")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(metavar="F.zip", help="Write the evidence bundle · 证据包")
    ] = None,
    with_advisory: AdvisoryOption = False,
    strict: StrictOption = False,
    limit: LimitOption = 50,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Check the plots of a file by all rules against the stored layers; nothing is stored · 选址检查.

    Ends with 2 when a row of the file cannot be read: it was not checked.
    """
    from api.actions.checks import check_file, write_check_bundle, write_check_letter
    from api.settings import load_settings
    from layers.letters import check_letter_path

    console = get_console(context)
    reading = read_reading(source_layer, map, set, accuracy, crs, encoding)
    if letter is not None:
        check_letter_path(letter)
    check_folder(letter)
    check_folder(bundle)
    settings, day, pack = load_settings(), read_day(on), load_applied_rules(with_advisory)
    with open_store() as store, console.progress(file.name) as progress:
        checked = check_file(store, file, reading, on=day, pack=pack, progress=progress)
        if letter is not None:
            write_check_letter(store, checked, letter, language=letter_lang.value, template=template)
        if bundle is not None:
            own, key = settings.rule_pack_paths, settings.signing_key_file
            write_check_bundle(store, checked, bundle, overlays=own, signing_key=key)
    result = checked.result
    if format is AnswerFormat.JSON:
        console.answer_json(result)
    else:
        _show_check(console, console.pick("选址检查", "Siting check"), result, limit)
        _show_reading(console, result, limit)
        _show_lacking(console, result["proposals"])
    if result["rejected"]:
        raise typer.Exit(2)
    if strict and _has_violation(result):
        raise typer.Exit(1)


def layout(
    context: typer.Context,
    park: Annotated[str, typer.Argument(help="Id of the park in the layer chemical_parks · 园区编号")],
    on: DayOption = None,
    with_advisory: AdvisoryOption = False,
    strict: StrictOption = False,
    limit: LimitOption = 50,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Check the layout of a stored park: spacing, zones, control rooms, wind, height · 园区布局检查."""
    from api.actions.checks import check_layout

    console = get_console(context)
    with open_store() as store, console.progress(park) as progress:
        result = check_layout(store, park, on=read_day(on), with_advisory=with_advisory, progress=progress)
    if format is AnswerFormat.JSON:
        console.answer_json(result)
    else:
        title = f"{console.pick('布局检查', 'Layout check')} {result['park']['name'] or park}"
        _show_check(console, title, result, limit)
    if strict and _has_violation(result):
        raise typer.Exit(1)


def verify(
    context: typer.Context,
    bundle: Annotated[Path, typer.Argument(help="Evidence bundle · 证据包")],
    public_key: Annotated[
        Path | None, typer.Option(help="Ed25519 public key (PEM) it must be signed with · 公钥")
    ] = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Recompute an evidence bundle offline: says "same", or names each difference and ends with 1 · 核验证据包."""
    # Late, as the other parts that few commands need.
    from layers.bundles import verify_bundle

    console = get_console(context)
    report = verify_bundle(bundle, public_key)
    if format is AnswerFormat.JSON:
        console.answer_json(report.to_dict())
    else:
        _show_verification(console, report)
    if not report.same:
        raise typer.Exit(1)


def setback(
    context: typer.Context,
    layer: Annotated[
        list[str] | None, typer.Option(help="Only facilities of this layer · 只检查此图层")
    ] = None,
    on: DayOption = None,
    with_advisory: AdvisoryOption = False,
    limit: LimitOption = 50,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Check all stored facilities against the river setback, and store the findings · 岸线退距检查."""
    from api.actions.checks import run_setback
    from layers.siting.checks import SETBACK_LAYERS, choose_subject_layers

    console = get_console(context)
    layers = choose_subject_layers(layer or SETBACK_LAYERS)
    with open_store() as store, console.progress(console.pick("退距检查", "setback")) as progress:
        result = run_setback(
            store,
            on=read_day(on),
            layers=layers,
            with_advisory=with_advisory,
            progress=progress,
        )
    if format is AnswerFormat.JSON:
        console.answer_json(result)
    else:
        _show_verdicts(console, console.pick("岸线退距检查", "River setback"), result, limit)


def _show_verdicts(console: Console, title: str, result: dict[str, Any], limit: int) -> None:
    proposals = result["proposals"]
    counts = Counter((proposal["conclusion"], proposal["verdict"]) for proposal in proposals)
    summary = [
        (console.pick(said.zh, said.en), console.pick(word.zh, word.en), counts[conclusion, verdict])
        for conclusion, said in CONCLUSIONS.items()
        for verdict, word in VERDICTS.items()
        if counts[conclusion, verdict]
    ]
    console.answer_table(
        f"{title} {result['checked_on']}",
        console.pick("结论,规则结果,数量", "conclusion,verdict,facilities").split(","),
        summary,
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
    conclusions, verdicts = list(CONCLUSIONS), list(VERDICTS)
    return conclusions.index(proposal["conclusion"]), verdicts.index(proposal["verdict"])


def _describe(console: Console, proposal: dict[str, Any]) -> list[object]:
    """Return the row of a facility with the finding that its verdict rests on."""
    finding: dict[str, Any] = min(
        (f for f in proposal["findings"] if f["verdict"] == proposal["verdict"] and not f["advisory"]),
        key=lambda f: math.inf if f["margin_m"] is None else f["margin_m"],
        default={},
    )
    word, said = VERDICTS[proposal["verdict"]], CONCLUSIONS[proposal["conclusion"]]
    who = [proposal[name] for name in ("layer", "id", "name")]
    outcome = [console.pick(said.zh, said.en), console.pick(word.zh, word.en)]
    return (
        who
        + outcome
        + [finding.get(name) for name in ("rule", "distance_m", "limit_m", "margin_m", "doubt_m")]
    )


def _has_violation(result: dict[str, Any]) -> bool:
    """Tell whether a rule that counts prohibits something, decided or not."""
    return any(proposal["verdict"] == "prohibited" for proposal in result["proposals"])


def _is_to_heed(finding: dict[str, Any]) -> bool:
    """Tell whether a finding bans or asks something, or might if what is not decided were."""
    passes = ("no_ban", "not_in_force")
    return finding["verdict"] not in passes or not (finding["decided"] or finding["if_crossed"] in passes)


def _show_check(console: Console, title: str, result: dict[str, Any], limit: int) -> None:
    _show_verdicts(console, title, result, limit)
    said = [
        (proposal["id"], finding)
        for proposal in result["proposals"]
        for finding in proposal["findings"]
        if _is_to_heed(finding)
    ]
    words = console.pick(
        "编号,规则,依据,规则结果,是否判定,说明", "id,rule,clause,verdict,decided,explanation"
    )
    rows = (_describe_finding(console, id, finding) for id, finding in said[:limit])
    more = len(said) - limit
    note = console.pick(f"另有 {more} 条；--format json 给出全部", f"and {more} more; --format json has all")
    console.answer_table(
        console.pick("须注意的条款", "Clauses to heed"), words.split(","), rows, note if more > 0 else ""
    )


def _show_reading(console: Console, result: dict[str, Any], limit: int) -> None:
    if result["rejected"]:
        columns = console.pick("行,列,值,原因", "row,column,value,reason").split(",")
        key = console.pick("reason_zh", "reason")
        lines = (
            [one[name] for name in ("row", "column", "value", key)] for one in result["rejected"][:limit]
        )
        console.answer_table(console.pick("未检查的行", "Rows that were not checked"), columns, lines)
    for note in result[console.pick("notes_zh", "notes")]:
        typer.echo(note)


def _show_lacking(console: Console, proposals: list[dict[str, Any]]) -> None:
    """Say which attributes of the plots would let more rules decide, those that most rules ask for first."""
    from layers.siting.vocabulary import LABELS

    needs = Counter(
        need.removeprefix("subject.")
        for proposal in proposals
        for finding in proposal["findings"]
        if not finding["advisory"]
        for need in finding["needs"]
        if need.startswith("subject.")
    )
    if not needs:
        return
    names = [
        f"{console.pick(LABELS.field(field).zh, LABELS.field(field).en)} ({field}: {count})"
        for field, count in needs.most_common(_NAMED_NEEDS)
    ]
    console.say(
        f"补充下列属性可判定更多条款（括号内为字段名和条款数）：{'、'.join(names)}。"
        "写入文件的列，或用 --set 字段=值；位置精度用 --accuracy 米",
        f"With these attributes more rules can be decided (in brackets: field and number of rules): "
        f"{', '.join(names)}. Bring them as columns of the file, or by --set FIELD=VALUE; the accuracy by --accuracy M",
    )


def _describe_finding(console: Console, id: str, finding: dict[str, Any]) -> list[object]:
    word = VERDICTS[finding["verdict"]]
    advisory = console.pick("（提示）", " (advisory)") if finding["advisory"] else ""
    return [
        id,
        finding["rule"],
        " ".join(
            (
                console.pick(finding["authority"]["zh"], finding["authority"]["en"]),
                console.pick(finding["clause_zh"], finding["clause"]),
            )
        ),
        console.pick(word.zh, word.en) + advisory,
        console.pick("是", "yes") if finding["decided"] else console.pick("否", "no"),
        console.pick(finding["explanation"]["zh"], finding["explanation"]["en"]),
    ]


def _show_verification(console: Console, report: "BundleReport") -> None:
    from layers.bundles import PARTS, SIGNATURES

    said = SIGNATURES[report.signature]
    signature = console.pick(said.zh, said.en)
    if report.same:
        typer.echo(
            console.pick(f"{report.bundle}：一致（{signature}）", f"{report.bundle}: same ({signature})")
        )
    else:
        words = console.pick("部分,名称,证据包中,现为", "part,name,in the bundle,now").split(",")
        rows = (
            [console.pick(PARTS[one.part].zh, PARTS[one.part].en), one.name, one.expected, one.found]
            for one in report.differences
        )
        console.answer_table(console.pick("不一致", "Differences"), words, rows, signature)
    for note in report.notes:
        typer.echo(console.pick(note.zh, note.en))
