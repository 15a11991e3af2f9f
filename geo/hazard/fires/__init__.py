"""Heat radiation of fires: pool, jet, fireball, flash fire."""

from geo.hazard.models import Model
from geo.text import Text

__all__ = ["MODELS"]

MODELS = (
    Model(
        key="pool_fire",
        name=Text(zh="池火（倾斜圆柱固体火焰）", en="Pool fire, tilted solid flame"),
        citation="Thomas (1963); AGA IS 3-1 (1974); Mudan, Fire Safety Journal 12 (1987) 89, eqs. 4 and 5",
        limits=Text(
            zh="直径 1–50 m 的液池；液化天然气火焰的长度约低三分之一，热辐射相符（见验证页）。",
            en="Pools of 1 to 50 m; flames of liquefied natural gas come out a third short, their heat agrees "
            "(validation page).",
        ),
    ),
    Model(
        key="jet_fire",
        name=Text(zh="喷射火（多点源）", en="Jet fire, weighted points"),
        citation="AQ/T 3046-2013, annex E (length); Hankinson and Lowesmith, Combustion and Flame 159 (2012) 1165",
        limits=Text(zh="动量射流，火焰顺风水平。", en="Momentum jets, taken to lie along the wind."),
    ),
    Model(
        key="fireball",
        name=Text(zh="沸腾液体扩展蒸气爆炸火球", en="Fireball of a burst vessel"),
        citation="CCPS (1994), section 6; Roberts, Fire Safety Journal 4 (1981) 197",
        limits=Text(
            zh="压力液化易燃气体；冷态液化天然气的峰值辐射偏低（见验证页）。",
            en="Flammable gas liquefied by pressure; the peak of cold natural gas comes out low (validation page).",
        ),
    ),
    Model(
        key="flash_fire",
        name=Text(zh="闪火（爆炸下限范围）", en="Flash fire, inside the lower flammable limit"),
        citation="AQ/T 3046-2013, annex E",
        limits=Text(zh="以扩散模型的浓度为准。", en="As good as the concentrations of the dispersion model."),
    ),
)
"""Rows of the register of models."""
