"""Rows of the register of models for releases."""

from geo.hazard.models import Model
from geo.text import Text

__all__ = ["MODELS"]

MODELS = (
    Model(
        key="gas_outflow",
        name=Text("气体泄漏（临界/亚临界）", "Gas through a hole, choked or not"),
        citation="TNO Yellow Book CPR 14E (2005), eqs. 2.22 to 2.25; jet: Birch et al., Combust. Sci. Tech. 52 (1987)",
        limits=Text("单相，短流道，比热比不变。", "Single phase, short path, constant heat ratio."),
    ),
    Model(
        key="liquid_outflow",
        name=Text("液体泄漏", "Liquid through a hole"),
        citation="Bernoulli and Torricelli; TNO Yellow Book CPR 14E (2005), eq. 2.194",
        limits=Text("孔内不闪蒸：流道短于约0.1 m。", "No flashing inside: path under about 0.1 m."),
    ),
    Model(
        key="equilibrium_outflow",
        name=Text("两相流（均相平衡）", "Flashing flow, homogeneous equilibrium"),
        citation="CCPS (1999), section 2.1.5; states by CoolProp; without states Fauske (1985), eq. 2",
        limits=Text("流道长于约0.1 m，不计摩擦。", "Paths over about 0.1 m, no friction."),
    ),
    Model(
        key="rain_out",
        name=Text("闪蒸与液滴沉降（五倍规则）", "Flash and rain-out, rule of five"),
        citation="GB/T 37243-2019 annex D, D.31 and D.32",
        limits=Text("不计液滴大小、射流速度和高度。", "Knows neither droplets nor speed nor height."),
    ),
    Model(
        key="boiling_pool",
        name=Text("沸腾液池（地面传热）", "Boiling pool, heat from the ground"),
        citation="TNO Yellow Book CPR 14E (2005), section 3.5.3; GB/T 37243-2019 annex D",
        limits=Text("平地，不下渗，不计日照与空气传热。", "Flat ground, no infiltration, no sun."),
    ),
    Model(
        key="mackay_matsugu",
        name=Text("液池风蒸发", "Pool evaporating in the wind"),
        citation="Mackay and Matsugu, Can. J. Chem. Eng. 51 (1973) 434",
        limits=Text("低于沸点，液温不变。", "Below the boiling point, temperature kept."),
    ),
)
"""Rows of the register of models."""
