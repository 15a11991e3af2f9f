"""Commands of the hazard engine: hazard."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.console import AnswerFormat, Console, FormatOption, get_console, open_store
from layers.errors import StoreError

__all__ = ["hazard"]

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
    from layers.hazards import identify_hazard
    from layers.plants import read_plant

    console = get_console(context)
    plant = read_plant(file)
    result = identify_hazard(plant, population or find_population(console))
    if format is AnswerFormat.JSON:
        console.answer_json(result)
    else:
        _answer_units(console, result)


def find_population(console: Console) -> Path | None:
    """Return the stored population raster, or None; what is missing is said."""
    from layers.terrain import stored_rasters

    try:
        with open_store() as store:
            path = stored_rasters(store, ["population"]).get("population")
    except StoreError as error:
        console.say(f"未使用数据库：{error.zh}", f"without a database: {error.message}")
        return None
    if path is None:
        console.say("没有人口栅格：未统计人数", "no population raster: people are not counted")
    return path


def _answer_units(console: Console, result: dict[str, Any]) -> None:
    pick = console.pick
    people, open_rows = result["people_within_500m"], len(result["awaiting_confirmation"])
    number = "?" if people["people"] is None else people["people"]
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
            f"边界外500米内常住人口：{number}（来源：{people['source'] or '无'}）；α={result['alpha']}；"
            f"待确认参数 {open_rows} 项",
            f"residents within 500 m: {number} (source: {people['source'] or 'none'}); alpha {result['alpha']}; "
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
