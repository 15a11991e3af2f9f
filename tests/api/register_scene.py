"""A small register with findings, known by hand: two counties of one prefecture, one of another, one without code."""

from typing import Any

import geopandas as gpd
import shapely

from layers.store import Store

EVIL = "=HYPERLINK(\"x\")<script>alert('1')</script>😀\u202eשלום"
"""A formula, markup, an emoji and right-to-left text."""

PONDS = {
    # id: (adcode, name, findings as (rule, verdict, decided, if_crossed, margin_m))
    "p1": ("530102", EVIL, [("r-river", "prohibited", True, None, -500.0)]),
    "p2": (
        "530102",
        "二号库",
        [("r-river", "legacy_rectify", True, None, -20.0), ("r-town", "prohibited", True, None, -1200.0)],
    ),
    "p3": ("530103", "三号库", [("r-river", "prohibited", False, "no_ban", -1.0)]),
    "p4": ("530302", "四号库", [("r-town", "conditional", True, None, None)]),
    "p5": (None, "五号库", [("r-river", "legacy_rectify", True, None, -300.0)]),
    "p6": ("530302", "六号库", []),
    "p7": ("530100", "七号库", [("r-river", "no_ban", True, None, 900.0)]),
}


def fill_register(store: Store) -> None:
    """Write the areas, the ponds and their findings; no audit is recorded."""
    store.write("admin_areas", areas())
    store.write("tailings_ponds", ponds())
    store.write("findings", findings())


def areas() -> gpd.GeoDataFrame:
    codes = {
        "530000": ("云南省", "province"),
        "530100": ("昆明市", "prefecture"),
        "530102": ("五华区", "county"),
    }
    data = {
        "id": list(codes),
        "adcode": list(codes),
        "name": [name for name, _ in codes.values()],
        "level": [level for _, level in codes.values()],
        "source": "test",
        "geom": [shapely.box(102.0, 25.0, 104.0 - i / 2, 27.0) for i in range(len(codes))],
    }
    return gpd.GeoDataFrame(data, geometry="geom", crs="EPSG:4490")


def ponds() -> gpd.GeoDataFrame:
    data = {
        "id": list(PONDS),
        "name": [name for _, name, _ in PONDS.values()],
        "adcode": [adcode for adcode, _, _ in PONDS.values()],
        "state": "in_service",
        "accuracy_m": [5.0, 5.0, None, 250.0, 5.0, 5.0, 5.0],
        "source": "test",
        "geom": [shapely.Point(102.5 + 0.1 * i, 26.0) for i in range(len(PONDS))],
    }
    return gpd.GeoDataFrame(data, geometry="geom", crs="EPSG:4490")


def findings() -> gpd.GeoDataFrame:
    rows = [
        row_of("tailings_ponds", id, name, *finding)
        for id, (_, name, several) in PONDS.items()
        for finding in several
    ]
    # What does not count: advice, a rule that is not in force, a project that is no facility.
    rows.append(
        {**row_of("tailings_ponds", "p6", "六号库", "r-x", "prohibited", True, None, -9.0), "advisory": True}
    )
    rows.append(row_of("tailings_ponds", "p6", "六号库", "r-old", "not_in_force", True, None, -9.0))
    rows.append(row_of("proposals", "new", "拟建", "r-river", "prohibited", True, None, -9.0))
    return gpd.GeoDataFrame(rows, geometry="geom", crs="EPSG:4490")


def row_of(
    layer: str,
    id: str,
    name: str | None,
    rule: str,
    verdict: str,
    decided: bool,
    if_crossed: str | None,
    margin_m: float | None,
) -> dict[str, Any]:
    """One finding as it is stored."""
    said = {
        "rule": rule,
        "verdict": verdict,
        "decided": decided,
        "if_crossed": if_crossed,
        "advisory": False,
        "margin_m": margin_m,
        "title": {"zh": f"条款{rule}", "en": f"Clause {rule}"},
        "authority": {"zh": "某法", "en": "Some law"},
        "edition": "2020",
        "clause": "art. 1",
        "clause_zh": "第一条",
        "needs": ["subject.accuracy_m", "rivers/r1.accuracy_m"] if not decided else [],
        "target": {"layer": "rivers", "id": "r1", "name": "干流"},
        "explanation": {"zh": "说明", "en": "Because"},
        "remedy": {"zh": "整改", "en": "Move"},
    }
    return {
        "id": f"{layer}/{id}/{rule}",
        "name": name,
        "source": "riskmap audit",
        "rule": rule,
        "subject_layer": layer,
        "subject_id": id,
        "verdict": verdict,
        "decided": decided,
        "advisory": False,
        "margin_m": margin_m,
        "limit_m": 3000.0,
        "distance_m": None if margin_m is None else 3000.0 + margin_m,
        "doubt_m": 10.0,
        "target_layer": "rivers",
        "target_id": "r1",
        "finding": said,
        "geom": shapely.LineString([(102.5, 26.0), (102.5, 26.01)]),
    }
