"""The fans of debris-flow gullies and who lies in them."""

from typing import Any

import typer

from api.cli.console import AnswerFormat, FormatOption, get_console, open_store
from api.cli.options import OutOption, check_folder, write_answer

__all__ = ["fans"]

_COUNTED = ("settlements", "buildings", "protection_targets")
"""Layers whose people stand in the table; further ones are in the whole answer."""


def fans(
    context: typer.Context,
    out: OutOption = None,
    format: FormatOption = AnswerFormat.TABLE,
) -> None:
    """Estimate the fans of debris-flow gullies and who lies in them (DZ/T 0220, screening) · 泥石流堆积扇初筛."""
    from layers.siting.debris_fans import find_fans

    console = get_console(context)
    check_folder(out)
    with open_store() as store:
        found = find_fans(store)
    answer = {"fans": found}
    write_answer(out, answer)
    if format is AnswerFormat.JSON:
        console.answer_json(answer)
        return
    words = console.pick(
        "泥石流沟,长 m,宽 m,面积 km²,居民点人口,建筑物昼/夜,防护目标昼/夜,其他要素,需要",
        "gully,length m,width m,area km²,population,buildings day/night,targets day/night,other features,needs",
    )
    title = console.pick("泥石流堆积扇（估算，仅供初筛）", "Debris fans (estimates, screening only)")
    console.answer_table(title, words.split(","), [_row(console.pick("zh", "en"), fan) for fan in found])


def _row(language: str, found: dict[str, Any]) -> list[Any]:
    from layers.catalog import get_layer
    from layers.siting.debris_fans import FAN_TARGETS

    fan, there = found["fan"], found["targets"]
    problem = found["problem"] and found["problem"][language]
    if fan is None:
        fields = [get_layer("geohazards").field(name) for name in found["needs"]]
        missing = ", ".join(getattr(field, language) for field in fields)
        return [found["name"] or found["id"], *[None] * 7, problem or missing]
    people = [" / ".join(_say(there, layer, field) for field in FAN_TARGETS[layer]) for layer in _COUNTED]
    others = ", ".join(
        f"{getattr(get_layer(layer), language)} {len(one['ids'])}"
        for layer, one in there.items()
        if layer not in _COUNTED
    )
    sizes = [round(fan["length_m"]), round(fan["width_m"]), round(fan["area_m2"] / 1e6, 3)]
    return [found["name"] or found["id"], *sizes, *people, others or None, None]


def _say(there: dict[str, Any], layer: str, field: str) -> str:
    """Return a number of people; a plus says that it is unknown of some."""
    count = there.get(layer, {}).get(field, {"known": 0, "unknown": 0})
    return f"{count['known']}{'+' if count['unknown'] else ''}"
