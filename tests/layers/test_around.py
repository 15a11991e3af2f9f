"""What lies around a place: distances against an independent library, doubts at the edge, people, former states."""

from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic

from geo.errors import OutOfRangeError
from layers.errors import NotFoundError, UnknownLayerError
from layers.nearby.around import LARGEST_RADIUS_M, Neighbour, PeopleSum, find_around, origin_at, origin_of
from layers.store import Store
from tests.layers.frames import frame

CGCS2000 = Geodesic(6_378_137.0, 1 / 298.257222101)
HERE = (103.0, 26.0)
RIVERS = (1030.0, 900.0, 950.0, 300.0, 1020.0)
"""Metres from HERE of lines along meridians."""


def at_metres(metres: float, azimuth_deg: float = 90.0) -> shapely.Point:
    """The place at a distance from HERE, by the geodesic's direct problem."""
    end = CGCS2000.Direct(HERE[1], HERE[0], azimuth_deg, metres)
    return shapely.Point(end["lon2"], end["lat2"])


def targets(*places: tuple[str, float, float | None], **columns: Any) -> gpd.GeoDataFrame:
    """Targets by name, metres from HERE and accuracy."""
    names, metres, accuracy_m = zip(*places, strict=True)
    columns = {
        "name": list(names),
        "accuracy_m": list(accuracy_m),
        "source": ["test"] * len(names),
        **columns,
    }
    return frame([at_metres(each) for each in metres], id=list(names), **columns)


def told(found: list[Neighbour]) -> list[tuple[str, bool, bool]]:
    return [(one.id, one.within, one.decided) for one in found]


def test_everything_within_is_told_the_nearest_first_with_its_doubt(store: Store) -> None:
    store.write("protection_targets", targets(("far", 900.0, 5.0), ("edge", 996.0, 5.0), ("near", 10.0, 5.0)))
    store.write("settlements", targets(("beyond", 1004.0, 5.0), ("out", 1006.0, 5.0), ("vague", 400.0, None)))
    found = find_around(store, origin_at(*HERE), 1000.0)
    assert told(found.neighbours) == [
        ("near", True, True),
        ("vague", True, False),
        ("far", True, True),
        ("edge", True, False),
        ("beyond", False, False),
    ]
    assert [one.distance_m for one in found.neighbours] == [10.0, 400.0, 900.0, 996.0, 1004.0]
    assert [one.doubt_m for one in found.neighbours] == [5.0, None, 5.0, 5.0, 5.0]
    assert found.counts() == {"protection_targets": (3, 1, 0), "settlements": (1, 1, 1)}


def test_the_radius_itself_is_within(store: Store) -> None:
    store.write("settlements", targets(("on", 1000.0, 0.001), ("off", 1000.003, 0.001)))
    assert told(find_around(store, origin_at(*HERE), 1000.0).neighbours) == [("on", True, False)]


def test_around_a_feature_its_own_accuracy_counts_and_it_is_not_told(store: Store) -> None:
    shape = shapely.box(102.9, 25.9, 103.0, 26.0)
    store.write(
        "chemical_parks", frame([shape], id=["park"], name=["园区"], accuracy_m=[20.0], source=["test"])
    )
    store.write("settlements", targets(("in", -50.0, 1.0), ("beside", 110.0, 1.0)))
    origin = origin_of(store, "chemical_parks", "park")
    found = find_around(store, origin, 100.0)
    assert told(found.neighbours) == [("in", True, True), ("beside", False, False)]
    assert [(one.distance_m, one.doubt_m) for one in found.neighbours] == [(0.0, 21.0), (110.0, 21.0)]
    assert found.area.covers(shape)


def test_centre_lines_of_rivers_are_measured_to_less_their_half_width(store: Store) -> None:
    meridians = [
        shapely.LineString([(at_metres(metres).x, 25.9), (at_metres(metres).x, 26.1)]) for metres in RIVERS
    ]
    store.write(
        "rivers",
        frame(
            meridians,
            id=["wide", "bank", "vague", "over", "far"],
            line_kind=["centre", "outer", "centre", "centre", "centre"],
            half_width_m=[40.0, None, None, 400.0, 10.0],
            accuracy_m=[1.0] * 5,
            source=["test"] * 5,
        ),
    )
    found = {one.id: one for one in find_around(store, origin_at(*HERE), 1000.0).neighbours}
    assert [(one.id, one.half_width_m) for one in found.values()] == [
        ("over", 400.0),
        ("bank", 0.0),
        ("vague", None),
        ("wide", 40.0),
    ]
    # A meridian is met at a right angle where the place lies, to within millimetres at a kilometre.
    assert [one.distance_m for one in found.values()] == pytest.approx([0.0, 900.0, 950.0, 990.0], abs=0.01)
    assert found["over"].end == found["over"].start
    bank = CGCS2000.Inverse(HERE[1], HERE[0], *reversed(found["wide"].end))["s12"]
    assert bank == pytest.approx(found["wide"].distance_m, abs=1e-3)


def test_people_within_are_added_up_and_missing_ones_are_said(store: Store) -> None:
    given_people = {"people_day": [300, None, 7], "people_night": [None, None, 7]}
    store.write(
        "protection_targets", targets(("a", 1.0, 1.0), ("b", 2.0, 1.0), ("c", 5000.0, 1.0), **given_people)
    )
    store.write("settlements", targets(("v", 3.0, 1.0), population=[0]))
    assert find_around(store, origin_at(*HERE), 100.0).people() == [
        PeopleSum("protection_targets", "people_day", 300, 1),
        PeopleSum("protection_targets", "people_night", 0, 2),
        PeopleSum("settlements", "population", 0, 0),
    ]


def test_only_the_layers_that_are_asked_for(store: Store) -> None:
    store.write("protection_targets", targets(("t", 1.0, 1.0)))
    store.write("settlements", targets(("s", 1.0, 1.0)))
    found = find_around(store, origin_at(*HERE), 100.0, layers=["settlements"])
    assert [one.layer for one in found.neighbours] == ["settlements"]
    with pytest.raises(UnknownLayerError):
        find_around(store, origin_at(*HERE), 100.0, layers=["moons"])


def test_a_former_state_is_told_as_it_was(store: Store) -> None:
    before = datetime(2026, 1, 2, tzinfo=UTC)
    store.write("settlements", targets(("gone", 105.0, 30.0)), moment=before)
    store.supersede_feature("settlements", "gone", expected_version=1)
    assert find_around(store, origin_at(*HERE), 100.0).neighbours == []
    found = find_around(store, origin_at(*HERE), 100.0, at=before)
    assert told(found.neighbours) == [("gone", False, False)]


def test_a_layer_too_full_is_refused_by_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layers.nearby.around._MOST", 1)
    store.write("settlements", targets(("a", 1.0, 1.0), ("b", 2.0, 1.0)))
    with pytest.raises(OutOfRangeError, match="more than 1 features of settlements"):
        find_around(store, origin_at(*HERE), 100.0)


def test_a_radius_that_is_none_is_refused(store: Store) -> None:
    for radius_m in (0.0, -1.0, float("nan"), LARGEST_RADIUS_M * 1.01):
        with pytest.raises(OutOfRangeError, match="radius"):
            find_around(store, origin_at(*HERE), radius_m)


def test_places_that_are_none_are_refused(store: Store) -> None:
    with pytest.raises(OutOfRangeError, match="longitude comes first"):
        origin_at(26.0, 103.0)
    with pytest.raises(NotFoundError):
        origin_of(store, "settlements", "nobody")


def test_as_many_as_counted_one_by_one(store: Store) -> None:
    random = np.random.default_rng(7)
    metres, azimuths = random.uniform(0.5, 3000.0, 200), random.uniform(0.0, 360.0, 200)
    places = [at_metres(*each) for each in zip(metres.tolist(), azimuths.tolist(), strict=True)]
    ids = [f"p{number}" for number in range(200)]
    store.write("settlements", frame(places, id=ids, accuracy_m=[1e-4] * 200, source=["test"] * 200))
    found = find_around(store, origin_at(*HERE), 1500.0).neighbours
    assert [one.distance_m for one in found] == pytest.approx(sorted(metres[metres <= 1500.0]), abs=1e-3)
    ends = [CGCS2000.Inverse(HERE[1], HERE[0], *reversed(one.end))["s12"] for one in found]
    assert ends == pytest.approx([one.distance_m for one in found], abs=1e-3)
