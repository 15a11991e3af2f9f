"""Rows of the register of models for clouds."""

from geo.hazard.models import Model
from geo.text import Text

__all__ = ["MODELS"]

_FLAT = Text(
    "平坦地面，与空气密度相近，风速1 m/s以上，100 m–10 km；不计浮力抬升。",
    "Flat ground, about as heavy as air, wind above 1 m/s, 100 m to 10 km; no buoyant rise.",
)

MODELS = (
    Model(
        key="gaussian_plume",
        name=Text(
            "高斯烟羽（有限时长，含射流稀释）", "Gaussian plume, cut to its duration, with a jet's mixing"
        ),
        citation="US EPA ISC3 (1995), eq. 1-1; Briggs (1973); Palazzi et al., Atmos. Environ. 16 (1982) 2785",
        limits=_FLAT,
    ),
    Model(
        key="gaussian_puff",
        name=Text("高斯烟团", "Gaussian puff"),
        citation="CCPS, Guidelines for Consequence Analysis of Chemical Releases (1999), eq. 2.3-24, table 2-12",
        limits=_FLAT,
    ),
    Model(
        key="slab",
        name=Text("SLAB 重气模型", "SLAB, heavy gas"),
        citation="Ermak, UCRL-MA-105607 (1990); slabx 1.0 (Lee 2026)",
        limits=Text(
            "平坦无障碍，粗糙度不超过0.1 m，风速0.5–12 m/s；不稳定层结下偏低。",
            "Flat ground without obstacles, roughness up to 0.1 m, wind 0.5 to 12 m/s; low in unstable air.",
        ),
    ),
    Model(
        key="britter_mcquaid",
        name=Text("Britter–McQuaid 重气关系式", "Britter and McQuaid, heavy gas"),
        citation="Britter and McQuaid (1988); CCPS (1999), tables 2-14 and 2-15",
        limits=Text(
            "平坦光滑地面，alpha −1～1，不计射流动量。",
            "Flat smooth ground, alpha -1 to 1, momentum of jets not counted.",
        ),
    ),
)
"""Rows of the register of models."""
