"""Search by name or id, and that nothing in it or in filters is taken as SQL."""

import pytest
import shapely

from layers.errors import FeatureError, UnknownFieldError, UnknownLayerError
from tests.layers.frames import frame, ponds

NASTY = [
    "50%",
    "5_0",
    "/",
    "\\",
    "'; DROP TABLE tailings_ponds; --",
    '"',
    "NULL",
    "a'b",
    ":id",
    "%(id)s",
    "?",
]


@pytest.fixture
def named(store):
    names = ["大湾尾矿库", "大湾", "小大湾子", "Dawan Pond", "dawan", None, *NASTY]
    ids = [f"N{number:02d}" for number in range(len(names))]
    store.write("tailings_ponds", frame([shapely.Point(101, 26)] * len(names), id=ids, name=names))
    return store


def test_whole_name_comes_before_its_start_before_any_part(named):
    assert [hit.name for hit in named.search("大湾")] == ["大湾", "大湾尾矿库", "小大湾子"]
    assert [hit.name for hit in named.search("DAWAN")] == ["dawan", "Dawan Pond"]


def test_ids_are_found_and_features_without_name_too(named):
    [hit] = named.search("n05")
    assert (hit.layer, hit.id, hit.name, hit.lon, hit.lat) == ("tailings_ponds", "N05", None, 101.0, 26.0)


def test_signs_of_sql_are_taken_as_they_are(named):
    for text in NASTY:
        hits = named.search(text)
        assert text in [hit.name for hit in hits]
        assert all(text.lower() in (hit.name or hit.id).lower() for hit in hits)
        assert named.read("tailings_ponds", where={"name": text})["name"].tolist() == [text]
    assert named.count("tailings_ponds") == 6 + len(NASTY)


def test_signs_of_sql_in_names_of_fields_and_layers_are_refused(named):
    for text in NASTY:
        with pytest.raises(UnknownFieldError):
            named.read("tailings_ponds", where={text: 1})
        with pytest.raises(UnknownFieldError):
            named.read("tailings_ponds", columns=[text])
        with pytest.raises(UnknownLayerError):
            named.search("x", layers=[text])


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_is_found_for_no_text(named, text):
    assert named.search(text) == []


def test_limit_and_layers_narrow_the_search(named):
    named.write("rivers", frame([shapely.LineString([(101, 26), (103, 26)])], id=["R"], name=["大湾河"]))
    assert len(named.search("大湾")) == 4
    assert [hit.layer for hit in named.search("大湾", layers=["rivers"])] == ["rivers"]
    assert len(named.search("大湾", limit=2)) == 2


def test_point_of_a_hit_lies_on_the_feature(store):
    horseshoe = shapely.LineString([(101, 26), (102, 27), (103, 26)])
    store.write("rivers", frame([horseshoe], id=["R"], name=["大湾河"]))
    [hit] = store.search("大湾")
    assert horseshoe.distance(shapely.Point(hit.lon, hit.lat)) < 1e-9


def test_ended_features_and_computed_layers_are_not_found(store):
    store.write("tailings_ponds", ponds())
    store.supersede_feature("tailings_ponds", "P3", expected_version=1)
    store.write("findings", frame([None], id=["F"], name=["Pond 3"]))
    assert store.search("Pond 3") == []
    assert [hit.layer for hit in store.search("Pond 3", layers=["findings"])] == ["findings"]
    assert store.search("Pond 3", layers=["findings"])[0].lon is None


@pytest.mark.parametrize("text", ["a\0b", "half \ud800"])
def test_text_that_no_database_can_hold_is_refused(store, text):
    with pytest.raises(FeatureError, match="text that can be stored"):
        store.search(text)
    with pytest.raises(FeatureError, match="text that can be stored"):
        store.feature("tailings_ponds", text)
    with pytest.raises(FeatureError, match="text that can be stored"):
        store.read("tailings_ponds", ids=[text])
    with pytest.raises(FeatureError, match="text that can be stored"):
        store.write("tailings_ponds", ponds(name=["x", text, "y"]))
