"""Commands of the hazard engine: hazard, distance."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.console import AnswerFormat, Console, FormatOption, get_console, open_store
from api.cli.options import StrictOption
from layers.errors import StoreError

if TYPE_CHECKING:
    from geo.hazard.weather import WindRose
    from layers.store import Store

__all__ = ["distance", "hazard"]

PopulationOption = Annotated[
    Path | None,
    typer.Option(metavar="F", help="Population raster; by default the stored one · 人口栅格"),
]


def hazard(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Plant file, TOML or JSON · 企业描述文件")],
    population: PopulationOption = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Identify major hazard installations and their grade (GB 18218-2018) · 重大危险源辨识与分级."""
    from layers.plants.document import read_plant
    from layers.plants.hazards import identify_hazard

    console = get_console(context)
    plant = read_plant(file)
    with open_store_or_say(console) as store:
        raster = population or stored_population(console, store)
    result = identify_hazard(plant, raster)
    if format is AnswerFormat.JSON:
        console.answer_json(result)
    else:
        _answer_units(console, result)


def distance(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Plant files, TOML or JSON; several are assessed each alone and together · 企业描述文件，可多个",
        ),
    ],
    weather: Annotated[
        str,
        typer.Option(
            metavar="F", help="Wind rose: a CSV, TOML or JSON file, or the id of a stored one · 风玫瑰"
        ),
    ],
    population: PopulationOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for contours, raster, F-N curve, table, report · 输出文件夹"
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing · 不写入数据库")] = False,
    count_unconfirmed: Annotated[
        bool,
        typer.Option(
            "--count-unconfirmed", help="Count findings that rest on unconfirmed numbers · 计入待确认参数"
        ),
    ] = False,
    bands: Annotated[
        bool,
        typer.Option(
            help="Estimate how far the distances stray, at about three times the time · 不确定性区间"
        ),
    ] = True,
    effects: Annotated[
        bool,
        typer.Option(help="Find how far each piece of equipment kills and injures · 致死、致伤距离"),
    ] = True,
    domino: Annotated[
        bool,
        typer.Option("--domino", help="What others knock over adds to the risk · 多米诺效应计入风险"),
    ] = False,
    strict: StrictOption = False,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Compute the external safety distance (GB/T 37243, GB 36894) · 外部安全防护距离."""
    from api.actions.distances import DistanceOptions, run_distance, run_distances
    from api.actions.kernels import open_kernels
    from api.settings import load_settings
    from layers.plants.document import read_plant

    console = get_console(context)
    plants = [read_plant(file) for file in files]
    kernels = open_kernels(load_settings())
    with open_store_or_say(console) as store:
        options = DistanceOptions(
            rose=_read_weather(weather, store),
            population=population or stored_population(console, store),
            keep=not dry_run,
            count_unconfirmed=count_unconfirmed,
            bands=bands,
            effects=effects,
            domino=domino,
            language=console.language.value,
        )
        with console.progress(console.pick("外部安全防护距离", "external safety distance")) as progress:
            if len(plants) == 1:
                result = run_distance(
                    file=plants[0],
                    options=options,
                    store=store,
                    kernels=kernels,
                    files=out,
                    progress=progress,
                )
            else:
                result = run_distances(
                    plants=plants,
                    options=options,
                    store=store,
                    kernels=kernels,
                    files=out,
                    progress=progress,
                )
    answers: list[dict[str, Any]] = result["plants"] if "together" in result else [result]
    if format is AnswerFormat.JSON:
        console.answer_json(result)
    else:
        for answer in answers:
            _answer_distances(console, answer)
        if "together" in result:
            _answer_together(console, result["together"])
    if strict and any(answer["conclusion"] == "fail" for answer in answers):
        raise typer.Exit(1)


@contextmanager
def open_store_or_say(console: Console) -> "Iterator[Store | None]":
    """Yield the store of the settings, or None where there is no database; which is said."""
    try:
        store = open_store()
    except StoreError as error:
        console.say(f"未使用数据库：{error.zh}", f"without a database: {error.message}")
        yield None
        return
    with store:
        yield store


def stored_population(console: Console, store: "Store | None") -> Path | None:
    """Return the stored population raster, or None; what is missing is said."""
    from layers.terrain import stored_rasters

    path = None if store is None else stored_rasters(store, ["population"]).get("population")
    if path is None:
        console.say("没有人口栅格：未统计人数", "no population raster: people are not counted")
    return path


def _read_weather(weather: str, store: "Store | None") -> "WindRose":
    """Return the wind rose of a file, else the stored one of that id."""
    from geo.hazard.wind_roses import read_rose
    from layers.plants.roses import stored_rose

    path = Path(weather)
    if path.suffix or store is None:
        return read_rose(path)
    return stored_rose(store, weather)


_PUBLISHED_COLUMNS = {"new": ("新建改建扩建", "new, rebuilt, expanded"), "in_service": ("在役", "in service")}


def _answer_distances(console: Console, result: dict[str, Any]) -> None:
    from geo.hazard.criteria import class_names

    pick, names = console.pick, class_names()
    societal, open_rows = result["societal"], len(result["awaiting_confirmation"])
    region = "-" if societal is None else societal["region"]
    for reason in result["routing"]["reasons"]:
        console.say(reason["zh"], reason["en"])
    console.answer_table(
        pick(
            f"{result['plant']['name']}：外部安全防护距离",
            f"{result['plant']['name']}: external safety distance",
        ),
        pick(
            ("基准", "防护目标", "个人风险（次/年）", "超压（Pa）", "距厂界最大（m）", "90% 区间（m）"),
            (
                "criterion",
                "targets",
                "risk (per year)",
                "overpressure (Pa)",
                "greatest from boundary (m)",
                "90 % band (m)",
            ),
        ),
        [
            [
                pick(*_PUBLISHED_COLUMNS[zone["column"]]),
                ", ".join(pick(names[each].zh, names[each].en) for each in zone["target_classes"]),
                None if zone["criterion_per_year"] is None else f"{zone['criterion_per_year']:.0e}",
                zone["pressure_limit_pa"],
                f"{zone['greatest_m']:.1f}",
                None if zone["band"] is None else f"{zone['band']['low_m']:.0f}-{zone['band']['high_m']:.0f}",
            ]
            for zone in result["zones"]
        ],
        pick(
            f"防护目标 {result['targets']} 个；社会风险：{region}；待确认参数 {open_rows} 项",
            f"{result['targets']} targets; societal risk: {region}; {open_rows} parameters await confirmation",
        ),
    )
    _answer_targets(console, result)
    if result["effects"]:
        _answer_effects(console, result)
    if result["domino"]["escalations"]:
        _answer_domino(console, result["domino"])
    for warning in result["warnings"]:
        console.say(f"注意：{warning['zh']}", f"warning: {warning['en']}")
    for model in result["models"]:
        _say_standing(console, model)


def _say_standing(console: Console, model: dict[str, Any]) -> None:
    """Say of a model that no published number verifies it, or which comparisons it failed."""
    zh, en, failed = model["name"]["zh"], model["name"]["en"], ", ".join(model["failed"])
    if not model["verified"]:
        console.say(f"未验证的模型，结果仅供参考：{zh}", f"unverified model, indicative only: {en}")
    if failed:
        console.say(
            f"验证集不合格的模型：{zh}（{failed}）", f"model that failed a validation set: {en} ({failed})"
        )


def _answer_targets(console: Console, result: dict[str, Any]) -> None:
    """Show the targets at which a limit is exceeded or nothing can be said, and the conclusion."""
    from geo.hazard.units import spell_unit
    from layers.words import CONCLUSIONS, VERDICTS

    pick = console.pick
    undecided = pick("（该精度下无法判定）", ", cannot be decided")
    conclusion = CONCLUSIONS[result["conclusion"]]
    advisory = bool(result["findings"]) and all(finding["advisory"] for finding in result["findings"])
    apart = pick(
        "；各项判定均依据待确认参数，不计入结论",
        "; every finding rests on parameters that await confirmation",
    )
    console.answer_table(
        pick("超过限值或无法判定的防护目标", "Protection targets beyond a limit, or undecided"),
        pick(
            ("防护目标", "计算值", "限值", "单位", "余量（m）", "判定"),
            ("target", "found", "limit", "unit", "margin (m)", "verdict"),
        ),
        [
            [
                "-" if finding["target"] is None else finding["target"]["name"] or finding["target"]["id"],
                *(None if finding[name] is None else f"{finding[name]:.3g}" for name in ("found", "limit")),
                spell_unit(finding["unit"]),
                None if finding["margin_m"] is None else f"{finding['margin_m']:.1f}",
                pick(VERDICTS[finding["verdict"]].zh, VERDICTS[finding["verdict"]].en)
                + ("" if finding["decided"] else undecided),
            ]
            for finding in result["findings"]
            if finding["verdict"] != "no_ban" or not finding["decided"]
        ],
        pick(f"结论：{conclusion.zh}", f"conclusion: {conclusion.en}") + (apart if advisory else ""),
    )


def _answer_together(console: Console, together: dict[str, Any]) -> None:
    """Show the targets at the risk of several plants."""
    pick = console.pick
    names = pick("、", ", ").join(plant["name"] for plant in together["plants"])
    exceeded = {True: pick("超过", "exceeded"), False: pick("未超过", "met"), None: None}
    console.answer_table(
        pick(f"叠加个人风险：{names}", f"individual risk together: {names}"),
        pick(
            ("防护目标", "个人风险（次/年）", "限值（次/年）", "判定", "贡献最大的企业", "其个人风险"),
            ("target", "risk (per year)", "limit (per year)", "verdict", "adds most", "its risk"),
        ),
        [
            [
                target["name"] or target["id"],
                f"{target['risk_per_year']:.2e}",
                None if target["limit_per_year"] is None else f"{target['limit_per_year']:.0e}",
                exceeded[target["exceeded"]],
                target["main_plant"]["name"],
                f"{target['main_plant']['risk_per_year']:.2e}",
            ]
            for target in together["targets"]
        ],
        pick(
            f"共判定防护目标 {together['judged']} 个；待确认参数 {together['awaiting']} 项；"
            f"{_tell_stored(console, together)}",
            f"{together['judged']} targets judged; {together['awaiting']} parameters await confirmation; "
            f"{_tell_stored(console, together)}",
        ),
    )


def _tell_stored(console: Console, together: dict[str, Any]) -> str:
    stored = together["stored"]
    if stored is None:
        return console.pick("叠加结果未写入数据库", "the sum is not stored")
    return console.pick(
        f"已写入等值线 {stored['contours']} 条、检查结果 {stored['findings']} 项，任一企业变更后即失效",
        f"{stored['contours']} contours and {stored['findings']} findings stored; they end when one of the plants "
        "changes",
    )


def _answer_effects(console: Console, result: dict[str, Any]) -> None:
    """Show for each threshold the equipment that reaches farthest."""
    from geo.hazard.units import spell_unit
    from layers.plants.distances import farthest_effects

    pick = console.pick

    def threshold(effect: Mapping[str, Any]) -> str:
        unit = "× LFL" if effect["quantity"] == "flammable" else spell_unit(effect["unit"])
        return f"{effect['value']:g} {unit}"

    console.answer_table(
        pick(
            "致死、致伤距离（单次事故，不计频率）",
            "How far accidents kill and injure, whatever their frequency",
        ),
        pick(
            ("后果", "阈值", "距设备（m）", "超出厂界（m）", "情景", "事件", "天气"),
            (
                "effect",
                "threshold",
                "from equipment (m)",
                "beyond the boundary (m)",
                "scenario",
                "event",
                "weather",
            ),
        ),
        [
            [
                pick(effect["name"]["zh"], effect["name"]["en"]),
                threshold(effect),
                f"{'> ' if effect['beyond'] else ''}{effect['distance_m']:.0f}",
                f"{'> ' if effect['beyond'] else ''}{effect['from_boundary_m']:.0f}",
                effect["scenario"],
                _name_outcome(console, effect["outcome"]),
                _name_weather(effect["weather"]),
            ]
            for effect in farthest_effects(result["effects"])
        ],
        "",
    )


def _name_weather(weather: dict[str, Any] | None) -> str | None:
    return None if weather is None else f"{weather['stability']} {weather['wind_m_s']:g} m/s"


def _name_outcome(console: Console, word: str) -> str:
    from geo.hazard.scenario import OUTCOME_NAMES, Outcome

    name = OUTCOME_NAMES[Outcome(word)]
    return console.pick(name.zh, name.en)


def _answer_domino(console: Console, domino: dict[str, Any]) -> None:
    pick = console.pick
    counted = pick("已计入风险", "counted in the risk")
    apart = pick("未计入风险，加 --domino 计入", "not in the risk; --domino counts it")
    console.answer_table(
        pick("多米诺效应", "Domino effects"),
        pick(
            ("起因设备", "受影响设备", "情景", "事件", "频率（次/年）"),
            ("equipment", "knocks over", "scenario", "event", "frequency (per year)"),
        ),
        [
            [
                one["source"],
                one["target"],
                one["scenario"],
                _name_outcome(console, one["outcome"]),
                f"{one['frequency_per_year']:.2e}",
            ]
            for one in domino["escalations"]
        ],
        f"{pick(domino['note']['zh'], domino['note']['en'])} ({counted if domino['in_risk'] else apart})",
    )


def _answer_units(console: Console, result: dict[str, Any]) -> None:
    pick = console.pick
    people, open_rows = result["people_within_500m"], len(result["awaiting_confirmation"])
    unknown = pick("未知", "unknown")
    number = unknown if people["people"] is None else people["people"]
    alpha = unknown if result["alpha"] is None else result["alpha"]
    if people["counted"] is None and people["missing_share"]:
        console.say(
            f"人口栅格在 500 米范围内有 {people['missing_share']:.2%} 没有数值：未按零计，级别不定",
            f"{people['missing_share']:.2%} of the 500 m around have no value in the population raster: not taken as "
            "nobody; the grade stays open",
        )
    console.answer_table(
        pick(
            f"{result['plant']['name']}：重大危险源", f"{result['plant']['name']}: major hazard installations"
        ),
        pick(
            ("单元", "S", "重大危险源", "R", "级别", "物质（q/Q，β）"),
            ("unit", "S", "major hazard", "R", "grade", "substances (q/Q, beta)"),
        ),
        [_unit_row(console, unit) for unit in result["units"]],
        pick(
            f"边界外500米内常住人口：{number}（来源：{people['source'] or '无'}）；α={alpha}；"
            f"待确认参数 {open_rows} 项",
            f"residents within 500 m: {number} (source: {people['source'] or 'none'}); alpha {alpha}; "
            f"{open_rows} parameters await confirmation",
        ),
    )


def _unit_row(console: Console, unit: dict[str, Any]) -> list[object]:
    terms = "; ".join(
        f"{console.pick(term['name']['zh'], term['name']['en'])} "
        f"{term['mass_t']:g} t / {term['critical_t']:g} t, {term['beta']:g}"
        for term in unit["terms"]
    )
    major = console.pick("是", "yes") if unit["is_major"] else console.pick("否", "no")
    ratio = None if unit["r"] is None else f"{unit['r']:.4g}"
    return [unit["name"], f"{unit['s']:.4g}", major, ratio, unit["grade"], terms]
