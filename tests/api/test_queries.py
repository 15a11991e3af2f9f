"""What people write, as values."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.queries import parse_bounds, parse_datum_grid, parse_helmert, parse_moment, parse_where
from geo.errors import CrsError, GeoError
from layers.catalog import get_layer
from layers.errors import FeatureError


def test_a_day_ends_at_midnight_in_china() -> None:
    assert parse_moment("2026-01-31") == datetime(2026, 1, 31, 15, 59, 59, 999999, UTC)
    assert parse_moment("2026-01-31T08:00:00+08:00") == datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "2026-1-1", "2026-02-30", "2026-01-31T08:00:00", "now"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(FeatureError):
        parse_moment(text)


def test_bounds_are_west_south_east_north() -> None:
    assert parse_bounds(None) is None
    assert parse_bounds("102,25.5,103,26") == (102.0, 25.5, 103.0, 26.0)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "0,-91,1,0", "-181,0,0,1", "inf,0,inf,1"])
def test_what_are_no_bounds_is_refused(text: str) -> None:
    with pytest.raises(GeoError):
        parse_bounds(text)


def test_filters_have_the_types_of_their_fields() -> None:
    given = {"staff": ["3", "4"], "built": ["x"], "name": ["3"], "accuracy_m": [""]}
    del given["built"]
    where = parse_where(get_layer("enterprises"), given)
    assert where == {"staff": [3, 4], "name": "3", "accuracy_m": None}
    assert parse_where(get_layer("findings"), {"decided": ["TRUE"]}) == {"decided": True}


def test_helmert_parameters_are_eight_numbers() -> None:
    parameters = parse_helmert("1,2,3,0.1,0.2,0.3,4,5")
    assert (parameters.dx_m, parameters.rz_arcsec, parameters.scale_ppm, parameters.accuracy_m) == (
        1,
        0.3,
        4,
        5,
    )


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "1,2,3,0,0,0,0", "1,2,3,0,0,0,0,0", "a,2,3,0,0,0,0,1", "nan,2,3,0,0,0,0,1"]
)
def test_other_parameters_are_refused(text: str) -> None:
    with pytest.raises(GeoError):
        parse_helmert(text)


def test_datum_grid_needs_file_and_accuracy(tmp_path: Path) -> None:
    path = tmp_path / "a=b.gsb"
    path.touch()
    assert parse_datum_grid(f"{path}=0.5").accuracy_m == 0.5
    for text in (str(path), f"{path}=x", "=1", f"{path}=0", f"{path}=nan"):
        with pytest.raises(GeoError):
            parse_datum_grid(text)
    with pytest.raises(CrsError):
        parse_datum_grid(f"{tmp_path}/none.gsb=1")


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_a_zone_that_leaves_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(FeatureError, match="neither a date"):
        parse_moment(text)
