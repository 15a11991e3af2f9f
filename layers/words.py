"""The words that features, rules and verdicts use, each with its Chinese and English name.

One table for all: a rule that names a kind, state or purpose that is not here is refused.
"""

from typing import NamedTuple

__all__ = ["KINDS", "LINE_KINDS", "PURPOSES", "RIVER_ROLES", "STATES", "VERDICTS", "Word"]


class Word(NamedTuple):
    """Names of a word for people."""

    zh: str
    en: str


KINDS: dict[str, Word] = {
    "tailings_pond": Word("尾矿库", "Tailings pond"),
    "chemical_park": Word("化工园区", "Chemical park"),
    "chemical_project": Word("化工项目", "Chemical project"),
    "chemical_enterprise": Word("化工企业", "Chemical enterprise"),
    "oil_depot": Word("油库", "Oil depot"),
    "fuel_station": Word("加油加气站", "Fuel station"),
    "lpg_depot": Word("液化石油气站", "LPG depot"),
    "fireworks_store": Word("烟花爆竹仓库", "Fireworks store"),
    "explosives_store": Word("民用爆炸物品库", "Civil explosives store"),
    "smelter": Word("冶炼企业", "Smelter"),
    "concentrator": Word("选矿厂", "Concentrator"),
    "mine": Word("矿山", "Mine"),
    "quarry": Word("采石场", "Quarry"),
    "waste_site": Word("固体废物处置场", "Waste disposal site"),
    "oil_pipeline": Word("输油管道", "Oil pipeline"),
    "gas_pipeline": Word("输气管道", "Gas pipeline"),
    "chemical_pipeline": Word("危险化学品管道", "Hazardous-chemicals pipeline"),
    "other": Word("其他", "Other"),
}
"""Kinds of facility and project."""

STATES: dict[str, Word] = {
    "new": Word("新建", "New"),
    "rebuild": Word("改建", "Rebuild"),
    "expand": Word("扩建", "Expansion"),
    "in_service": Word("在役", "In service"),
    "re_mining": Word("回采", "Re-mining of a closed pond"),
    "closed": Word("已闭库或关闭", "Closed"),
}
"""States of a project or facility."""

PURPOSES: dict[str, Word] = {
    "safety": Word("提升安全水平", "To raise safety"),
    "ecology": Word("提升生态环境保护水平", "To raise ecological protection"),
    "other": Word("其他目的", "Other purpose"),
}
"""Purposes of a rebuild."""

RIVER_ROLES: dict[str, Word] = {
    "main_stem": Word("干流", "Main stem"),
    "tributary": Word("支流", "Tributary"),
    "other": Word("其他水系", "Other water"),
}
"""Roles of a river line."""

LINE_KINDS: dict[str, Word] = {
    "outer": Word("外缘边界线", "Outer line"),
    "water_side": Word("临水边界线", "Water-side line"),
    "centre": Word("中心线", "Centre line"),
    "unknown": Word("线型不明", "Kind of line unknown"),
}
"""Kinds of line that stand for a bank, best first."""

VERDICTS: dict[str, Word] = {
    "prohibited": Word("禁止", "Prohibited"),
    "depends_on_bank_line": Word("取决于岸线", "Depends on the bank line"),
    "insufficient_data": Word("资料不足", "Insufficient data"),
    "conditional": Word("有条件", "Conditional"),
    "permit_needed": Word("须经许可", "Permit needed"),
    "legacy_rectify": Word("存量整改", "Existing facility to rectify"),
    "not_in_force": Word("条款不在有效期", "Not in force"),
    "no_ban": Word("未禁止", "Not banned by this rule"),
}
"""Verdict words, worst first."""
