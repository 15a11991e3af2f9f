"""Features of the surveyed reach, its water and its tributaries."""

from typing import Any

from codes import DEMO_ADCODE
from facilities import ILLUSTRATIVE
from files import feature
from reach import PLANE, REACH, DemoReach, Survey

__all__ = ["make_banks", "make_water"]

_MARKS: dict[str, dict[str, Any]] = {
    "a": {},
    "b": {"catchment_km2": 1850.0},
    "c": {"important_by": "local_list", "catchment_km2": 2600.0},
}
_SIDES = {"left": "左岸", "right": "右岸"}
_KINDS = {"outer": "外缘边界线", "water_side": "临水边界线"}
_BASES = {"outer": "河道管理范围线（示例）", "water_side": "正常蓄水位（示例）"}


def _bank_lines(survey: Survey, reach: str, zh: str, **own: Any) -> list[dict[str, Any]]:
    return [
        feature(
            PLANE.to_lonlat(line),
            id=f"demo-{reach}-{kind.replace('_', '-')}-{side}",
            name=f"{zh}{_KINDS[kind]}（{_SIDES[side]}）",
            adcode=DEMO_ADCODE if side == "right" or own["role"] == "tributary" else None,
            accuracy_m=5.0,
            source=ILLUSTRATIVE,
            basin="yangtze",
            reach=reach,
            line_kind=kind,
            water_level_basis=_BASES[kind],
            **own,
        )
        for kind, lines in (("outer", survey.outer), ("water_side", survey.water_side))
        for side, line in lines.items()
    ]


def make_banks(reach: DemoReach) -> list[dict[str, Any]]:
    """Return both banks, outer and water-side line, of the surveyed reach and of three tributaries."""
    lines = _bank_lines(reach, REACH, "示例测量河段", role="main_stem")
    for name, river in reach.tributaries.items():
        lines += _bank_lines(
            river, f"tributary-{name}", f"示例支流{name.upper()}", role="tributary", **_MARKS[name]
        )
    return lines


def make_water(reach: DemoReach) -> list[dict[str, Any]]:
    """Return the water between the banks, for the map."""
    between = reach.water_side["left"].coords[:] + reach.water_side["right"].coords[::-1]
    shape = type(reach.water)(between)
    return [
        feature(
            PLANE.to_lonlat(shape),
            8,
            id="demo-water-01",
            name="示例测量河段水面",
            accuracy_m=5.0,
            source=ILLUSTRATIVE,
            lake_kind="reservoir",
            basin="yangtze",
            water_level_basis=_BASES["water_side"],
        )
    ]
