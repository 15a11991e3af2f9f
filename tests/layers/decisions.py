"""A small decision to write letters and bundles about: two rivers, and plots with names that cause trouble."""

from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import shapely

from geo.rules.rule import RulePack
from geo.rules.schema import BUILT_IN_PACKS
from layers.siting.checks import check_subjects, load_rules, subjects_of
from layers.store import Store, upgrade
from tests.layers.frames import frame

__all__ = ["HARD_NAME", "RIVER_PACKS", "Decision", "decide", "fill_store", "plots", "rivers"]

RIVER_PACKS = (BUILT_IN_PACKS / "rivers.toml",)

HARD_NAME = "牂牁江𣲗“<script>alert(1)</script>” & 'q' #panic(\"x\") $x$ *b* {{ 7*7 }} \u202eevil 🏭 שלום"
"""Rare characters, markup of four kinds, a turn of direction, an emoji, Hebrew."""

DEGREE_LAT_M = 110_788.0
"""One degree of latitude at 26 N on CGCS2000: a(1 - e²)(1 - e² sin² B)^-1.5 π/180, by hand. [m]"""


class Decision(NamedTuple):
    """A checked set of plots and all that it was checked with."""

    store: Store
    result: dict[str, Any]
    subjects: gpd.GeoDataFrame
    pack: RulePack


def rivers(lat: float = 26.0) -> gpd.GeoDataFrame:
    return frame(
        [
            shapely.LineString([(102.5, lat), (103, lat), (103.002, lat), (103.5, lat)]),
            shapely.LineString([(102, 27.0), (104, 27.0)]),
        ],
        id=["r1", "r2"],
        name=["=HYPERLINK(1)", "支流"],
        role=["main_stem", "tributary"],
        important_by=[None, "statute"],
        basin="yangtze",
        line_kind="outer",
        reach=["reach-1", "reach-2"],
        accuracy_m=5.0,
        source=["survey", "illustrative"],
    )


def plots(*offsets_m: float, **columns: Any) -> gpd.GeoDataFrame:
    """Squares of about 200 m whose south edge lies that far north of the main stem."""
    shapes = [
        shapely.box(103.0, 26.0 + offset / DEGREE_LAT_M, 103.002, 26.002 + offset / DEGREE_LAT_M)
        for offset in offsets_m
    ]
    given = {
        "id": [f"p{i}" for i in range(1, len(shapes) + 1)],
        "name": [HARD_NAME, *(f"选址{i}" for i in range(2, len(shapes) + 1))],
        "kind": "tailings_pond",
        "state": "new",
        "purpose": None,
        "accuracy_m": 5.0,
        "capacity_m3": 8_000_000.0,
        "dam_height_m": 70.0,
        "source": "survey",
    }
    return frame(shapes, **{**given, **columns})


def fill_store(url: str) -> None:
    upgrade(url)
    with Store.open(url) as store:
        store.write("rivers", rivers())


def decide(store: Store, drawn: gpd.GeoDataFrame, packs: tuple[Path, ...] = RIVER_PACKS) -> Decision:
    subjects = subjects_of("proposals", drawn)
    pack = load_rules(packs)
    result = check_subjects(store, subjects, on=date(2026, 11, 22), pack=pack)
    return Decision(store, result, subjects, pack)


def write_everything(url: str, folder: str) -> None:
    """Write every kind of file about the decision: run by itself in a fresh process."""
    from layers.bundles import write_bundle
    from layers.letters import write_letter

    with Store.open(url) as store:
        made = decide(store, plots(1000.0, 4000.0))
        for suffix in ("pdf", "docx", "xlsx"):
            write_letter(*made, Path(folder, f"letter.{suffix}"))
        write_bundle(store, made.result, made.subjects, Path(folder, "bundle.zip"), packs=RIVER_PACKS)
