"""Overpressure of explosions: TNT, air-blast formula, multi-energy, Baker-Strehlow-Tang."""

from geo.hazard.models import Model
from geo.text import Text

__all__ = ["MODELS"]

MODELS = (
    Model(
        key="kingery_bulmash",
        name=Text(zh="TNT 半球形地面爆炸（Kingery-Bulmash）", en="TNT on the ground, Kingery-Bulmash"),
        citation="Swisdak, 26th DoD Explosives Safety Seminar (1994), simplified metric fits",
        limits=Text(zh="比例距离 0.2–198.5 m/kg^(1/3)。", en="Scaled distance 0.2 to 198.5 m/kg^(1/3)."),
    ),
    Model(
        key="air_blast",
        name=Text(zh="空气冲击波超压公式", en="Air-blast formula"),
        citation="GB/T 37243-2019, clause 5.4",
        limits=Text(
            zh="海平面空气；地面爆炸物。比例距离 26 m/kg^(1/3) 以远偏保守。",
            en="Air at sea level; explosives on the ground. Beyond 26 m/kg^(1/3) on the safe side.",
        ),
    ),
    Model(
        key="multi_energy",
        name=Text(zh="蒸气云爆炸（TNO 多能法）", en="Vapour-cloud explosion, TNO multi-energy"),
        citation="van den Berg, Journal of Hazardous Materials 12 (1985) 1; Díaz Alonso et al., 137 (2006) 734",
        limits=Text(
            zh="仅计拥塞或受限部分的云；强度 7–10。",
            en="Only the congested or confined part of a cloud; strengths 7 to 10.",
        ),
    ),
    Model(
        key="multi_energy_weak",
        name=Text(
            zh="蒸气云爆炸（TNO 多能法，强度 1–6）",
            en="Vapour-cloud explosion, TNO multi-energy, strengths 1 to 6",
        ),
        citation="van den Berg, Journal of Hazardous Materials 12 (1985) 1; Díaz Alonso et al., 137 (2006) 734",
        limits=Text(
            zh="仅计拥塞或受限部分的云；曲线未能与公布数值比较。",
            en="Only the congested or confined part of a cloud; no published number to hold its curves against.",
        ),
    ),
    Model(
        key="baker_strehlow",
        name=Text(zh="蒸气云爆炸（Baker-Strehlow-Tang）", en="Vapour-cloud explosion, Baker-Strehlow-Tang"),
        citation="Tang and Baker, Process Safety Progress 18 (1999) 235",
        limits=Text(zh="火焰马赫数 1–5.2。", en="Flame Mach number 1 to 5.2."),
    ),
    Model(
        key="baker_strehlow_slow",
        name=Text(
            zh="蒸气云爆炸（Baker-Strehlow-Tang，亚音速火焰）",
            en="Vapour-cloud explosion, Baker-Strehlow-Tang, subsonic",
        ),
        citation="Tang and Baker, Process Safety Progress 18 (1999) 235",
        limits=Text(
            zh="火焰马赫数 0.2–1；数字化曲线未能与另一来源比较。",
            en="Flame Mach number 0.2 to 1; no second source to hold the digitised curves against.",
        ),
    ),
    Model(
        key="tnt_equivalence",
        name=Text(zh="蒸气云爆炸（TNT 当量法）", en="Vapour-cloud explosion, TNT equivalence"),
        citation="CCPS (1994), section 4",
        limits=Text(zh="远场；产率系数凭经验。", en="Far field; the yield is a matter of experience."),
    ),
)
"""Rows of the register of models."""
