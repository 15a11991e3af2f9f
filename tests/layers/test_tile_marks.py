"""Marks of facilities in vector tiles: over a zoom they are the numbers of the register, and none is left out."""

from collections import Counter

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from layers.register.conclusions import LISTS
from layers.register.figures import area_figures
from layers.register.marks import list_marks
from layers.tiles.encoding import EXTENT
from layers.tiles.mercator import on_square
from layers.tiles.vector import LayerTiles
from tests.api.register_scene import row_of

COUNT = 2_500
SAID = (
    ("prohibited", True, None),
    ("legacy_rectify", True, None),
    ("prohibited", False, "no_ban"),
    ("conditional", True, None),
    ("no_ban", True, None),
)
"""What the findings of each of the first facilities say, in turn; every seventh of these has none."""
LIST_OF = {
    "prohibited": "fail",
    "legacy_rectify": "legacy",
    "prohibited?no_ban": "undecidable",
    "conditional": "conditional",
    "no_ban": "pass",
}
"""By hand, as `geo.rules.finding.conclude` and docs/decisions/008 have it."""
SAYS = (("e0000", None), ("e0001", "prohibited"))
LAST = f"e{COUNT - 1:04d}"
LONELY = (99.0, 28.0)


def facilities():
    rng = np.random.default_rng(11)
    places = shapely.points(rng.uniform(102.0, 104.0, COUNT), rng.uniform(24.0, 26.0, COUNT))
    places[:40] = shapely.box(*rng.uniform((102.0, 24.0), (104.0, 26.0), (40, 2)).T, 104.1, 26.1)
    places[-1] = shapely.Point(LONELY)
    ids = [f"e{i:04d}" for i in range(COUNT)]
    return gpd.GeoDataFrame({"id": ids, "name": ids, "source": "test"}, geometry=places, crs=4490)


def findings():
    some = [(f"e{i:04d}", SAID[i % len(SAID)]) for i in range(300) if i % 7]
    rows = [row_of("enterprises", id, id, "r-river", *said, -1.0) for id, said in some]
    rows += [row_of("enterprises", id, id, "r-town", "no_ban", True, None, 9.0) for id, _ in some[:50]]
    rows += [row_of("enterprises", LAST, LAST, "r-river", "prohibited", True, None, -1.0)]
    return gpd.GeoDataFrame(rows, geometry="geom", crs="EPSG:4490")


@pytest.fixture
def checked(store):
    store.write("enterprises", facilities())
    store.write("findings", findings())
    return store


def features_in(tiles, zoom, column, row):
    content = tiles.tile("enterprises", zoom, column, row)
    return mapbox_vector_tile.decode(content)["enterprises"]["features"] if content else []


def counted_once(tiles, zoom):
    """Properties of the symbols inside their tile and of the different shapes, of all tiles around."""
    shapes = {}
    columns, rows = (
        range(*(int(share * 2**zoom) + step for share, step in zip(ends, (0, 1), strict=True)))
        for ends in zip(*np.column_stack(on_square(np.array([[98.5, 29.0], [104.5, 23.5]]))), strict=True)
    )
    for column in columns:
        for row in rows:
            for feature in features_in(tiles, zoom, column, row):
                properties, geometry = feature["properties"], feature["geometry"]
                if geometry["type"] != "Point":
                    shapes[properties["id"]] = properties
                elif all(0 <= part < EXTENT for part in geometry["coordinates"]):
                    yield properties
    yield from shapes.values()


@pytest.mark.parametrize("zoom", [0, 6, 10])
def test_numbers_in_the_tiles_of_a_zoom_are_those_of_the_register(checked, zoom):
    counts, n = Counter(), 0
    for properties in counted_once(LayerTiles(checked), zoom):
        n += properties["n"]
        if properties["n"] == 1:
            assert not properties.keys() & set(LISTS)
            counts.update([LIST_OF[properties["mark"]]] if "mark" in properties else [])
        else:
            told = {name: properties[name] for name in LISTS if name in properties}
            assert sum(told.values()) <= properties["n"]
            assert ("mark" in properties) == bool(told)
            if told:
                assert LIST_OF[properties["mark"]] == max(told, key=LISTS.index)
            counts.update(told)
    register = area_figures(checked)["figures"]
    assert n == register["facilities"] == COUNT
    assert register["conclusions"] == {
        "fail": counts["fail"],
        "undecidable": counts["undecidable"],
        "conditional": counts["conditional"] + counts["legacy"],
        "pass": counts["pass"],
        "unchecked": n - counts.total(),
    }
    assert register["legacy"] == counts["legacy"] > 0


def test_a_violation_beyond_the_first_facilities_is_marked(checked):
    column, row = (int(share[0] * 2**10) for share in on_square(np.array([LONELY])))
    (feature,) = features_in(LayerTiles(checked), 10, column, row)
    assert feature["properties"] == {"id": LAST, "name": LAST, "source": "test", "n": 1, "mark": "prohibited"}


def test_only_layers_that_are_asked_for_are_listed(checked):
    assert list_marks(checked, ["rivers", "tailings_ponds"], None, COUNT) == {}
    assert list_marks(checked, ["enterprises"], None, COUNT)["enterprises"][LAST] == (
        "prohibited",
        True,
        None,
    )


def test_the_worst_symbols_are_drawn_last(checked):
    worst = [
        LISTS.index(LIST_OF[feature["properties"]["mark"]]) if "mark" in feature["properties"] else -1
        for feature in features_in(LayerTiles(checked), 6, 50, 27)
        if feature["geometry"]["type"] == "Point"
    ]
    assert worst == sorted(worst)
    assert len(set(worst)) > 2


def test_tiles_and_their_version_follow_the_findings(checked):
    tiles = LayerTiles(checked)
    before = tiles.join(["enterprises"], 0, 0, 0)[1], tiles.tile("enterprises", 0, 0, 0)
    others = tiles.join(["rivers"], 0, 0, 0)[1]
    checked.write("findings", findings().iloc[:0], replacing={"subject_id": LAST})
    after = tiles.join(["enterprises"], 0, 0, 0)[1], tiles.tile("enterprises", 0, 0, 0)
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert tiles.join(["rivers"], 0, 0, 0)[1] == others
    assert tiles.tile("enterprises", 0, 0, 0) == LayerTiles(checked).tile("enterprises", 0, 0, 0) == after[1]


def test_finding_without_a_verdict_marks_nothing(store):
    store.write("enterprises", facilities()[:2])
    said = [row_of("enterprises", id, id, "r-river", verdict, True, None, -1.0) for id, verdict in SAYS]
    store.write("findings", gpd.GeoDataFrame(said, geometry="geom", crs="EPSG:4490"))
    assert list_marks(store, ["enterprises"], None, 10) == {
        "enterprises": {"e0001": ("prohibited", True, None)}
    }
