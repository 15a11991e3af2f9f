"""Commands on the rules themselves: list, show, test, lint."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.console import AnswerFormat, Console, ErrorReportingGroup, FormatOption, get_console
from api.cli.options import DayOption, load_applied_rules, read_day
from geo.standing import Standing
from layers.errors import NotFoundError
from layers.words import KINDS, VERDICTS

if TYPE_CHECKING:
    from geo.rules.rule import Rule
    from layers.siting.rule_cases import CaseReport

__all__ = ["rules"]

rules = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    help="The rules that checks apply · 规则（查看、测试、校验）",
)

PacksArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[PACK]…", help="Own packs, or folders of them; by default RISKMAP_RULE_PACKS · 自有规则包"
    ),
]


@rules.command("list")
def list_(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option(help="Only rules that check this kind · 设施类别")] = None,
    standing: Annotated[Standing | None, typer.Option(help="Only rules of this standing · 依据状态")] = None,
    on: DayOption = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """List the rules, those of own packs included; with --on only those in force · 规则清单."""
    from api.actions.rules import describe_rule, select_rules

    console = get_console(context)
    if kind is not None and kind not in KINDS:
        known = ", ".join(KINDS)
        raise NotFoundError(
            f"unknown kind {kind!r}; kinds are: {known}", zh=f"没有类别“{kind}”；类别有：{known}"
        )
    pack = load_applied_rules(with_advisory=False)
    chosen = select_rules(pack, kind=kind, standing=standing, on=on.date() if on else None)
    if format is AnswerFormat.JSON:
        console.answer_json(
            {"rules_version": pack.version, "rules": [describe_rule(rule) for rule in chosen]}
        )
        return
    words = console.pick("规则,标题,依据,条款,施行,失效,状态", "rule,title,authority,clause,from,to,standing")
    note = console.pick(
        f"共 {len(chosen)} 条，版本 {pack.version}", f"{len(chosen)} rules, version {pack.version}"
    )
    rows = (_row(console, rule) for rule in chosen)
    console.answer_table(console.pick("规则", "Rules"), words.split(","), rows, note)


@rules.command()
def show(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="Id of the rule · 规则编号")],
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Show one rule: text, parameters, consequences, standing, dates · 规则全文."""
    from api.actions.rules import describe_rule, find_rule

    console = get_console(context)
    found = find_rule(load_applied_rules(with_advisory=False), rule)
    if format is AnswerFormat.JSON:
        console.answer_json(describe_rule(found))
    else:
        _show_rule(console, found)


@rules.command("test")
def run_tests(
    context: typer.Context,
    packs: PacksArgument = None,
    cases: Annotated[
        list[Path] | None,
        typer.Option(help="Case files, or folders of them; by default `cases` beside each pack · 案例"),
    ] = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Run the cases of the rules of own packs; without one, those of the product's rules · 运行规则案例.

    Ends with 1 when a case fails, or a rule or an aspect has none.
    """
    from api.actions.rules import run_pack_cases
    from layers.siting.checks import load_rules

    console = get_console(context)
    own = _own_packs(packs)
    folders = cases or list(dict.fromkeys(pack.parent / "cases" for pack in own))
    missing = [str(path) for path in folders if not path.exists()]
    if missing or not folders:
        shown = ", ".join(missing) or "--cases"
        raise NotFoundError(
            f"no cases at {shown}; name files or folders of cases with --cases",
            zh=f"{shown}：没有案例；请用 --cases 指定案例文件或文件夹",
        )
    report = run_pack_cases(load_rules(overlays=own), folders, own_only=bool(own))
    if format is AnswerFormat.JSON:
        console.answer_json(report.to_dict())
    else:
        _show_cases(console, report)
    if not report.passed:
        raise typer.Exit(1)


@rules.command()
def lint(
    context: typer.Context,
    packs: PacksArgument = None,
    on: DayOption = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Read the rules and own packs; what is wrong is named with file, line and key · 校验规则包."""
    from api.actions.rules import lint_packs
    from layers.siting.checks import load_rules

    console = get_console(context)
    own = _own_packs(packs)
    remarks = lint_packs(own, read_day(on))
    pack = load_rules(overlays=own)
    if format is AnswerFormat.JSON:
        answer = {"rules_version": pack.version, "rules": len(pack.rules), "remarks": remarks}
        console.answer_json(answer | {"packs": [path.name for path in own]})
        return
    for remark in remarks:
        typer.echo(f"{remark['rule']}: {remark[console.pick('remark_zh', 'remark')]}")
    count, files = len(pack.rules), len(own)
    typer.echo(
        console.pick(
            f"规则 {count} 条（自有规则包 {files} 个），无错误",
            f"{count} rules ({files} own packs), no error",
        )
    )


def _own_packs(packs: list[Path] | None) -> list[Path]:
    from api.settings import expand_packs, load_settings

    return expand_packs(packs) if packs else load_settings().rule_pack_paths


def _row(console: Console, rule: "Rule") -> list[object]:
    title, authority = (console.pick(text.zh, text.en) for text in (rule.title, rule.authority))
    clause = console.pick(rule.clause_zh, rule.clause)
    return [rule.id, title, authority, clause, rule.in_force_from, rule.in_force_to, rule.standing.value]


def _show_rule(console: Console, rule: "Rule") -> None:
    from api.actions.rules import describe_rule

    published = describe_rule(rule)
    parameters, states = published.pop("parameters"), published.pop("states")
    words = {f"states.{state}": VERDICTS[verdict] for state, verdict in states.items()}
    lines = published | parameters | {name: console.pick(word.zh, word.en) for name, word in words.items()}
    columns = console.pick("项,值", "key,value").split(",")
    rows = ([name, _in_words(console, value)] for name, value in lines.items())
    console.answer_table(console.pick(rule.title.zh, rule.title.en), columns, rows)


def _in_words(console: Console, value: object) -> object:
    """Return a value for a table: texts in the language of the person, lists and objects as JSON."""
    if isinstance(value, dict) and set(value) == {"zh", "en"}:
        return value[console.language.value]
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _show_cases(console: Console, report: "CaseReport") -> None:
    failed = [result for result in report.results if not result.passed]
    words = console.pick("规则,方面,序号,应为,实为,说明", "rule,aspect,number,expected,found,explanation")
    if failed:
        rows = (
            [one.rule, one.aspect, one.number, one.expected, one.found, one.explanation] for one in failed
        )
        console.answer_table(console.pick("未通过的案例", "Cases that failed"), words.split(","), rows)
    for problem in report.problems:
        typer.echo(problem)
    total = len(report.results)
    typer.echo(
        console.pick(
            f"案例 {total} 个，未通过 {len(failed)} 个，缺漏 {len(report.problems)} 处",
            f"{total} cases, {len(failed)} failed, {len(report.problems)} gaps",
        )
    )
