"""Wind roses: files, checks, calm, and what interpolation must keep."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geo.errors import HazardError
from geo.hazard.weather import Weather, WindRose
from geo.hazard.wind_roses import COMPASS, check_rose, parse_rose, read_rose, spread_directions
from tests.geo.hazard.risk_scenes import WEATHERS, even_rose, make_rose, rotate_rose

ROW = [0.5 / 16] * 16
DATA = {
    "name": "n",
    "source": "s",
    "direction": "from",
    "weather": [
        {"period": "day", "stability": "D", "wind_m_s": 5.0, "frequencies": ROW},
        {"period": "night", "stability": "F", "wind_m_s": 1.5, "frequencies": ROW},
    ],
}
CSV = (
    "# name: n\n# source: s\n# direction: from\n"
    f"period,stability,wind_m_s,{','.join(COMPASS)}\n"
    f"day,D,5.0,{','.join(map(str, ROW))}\n"
    f"night,F,1.5,{','.join(map(str, ROW))}\n"
)
TOML = (
    'name = "n"\nsource = "s"\ndirection = "from"\n'
    f'[[weather]]\nperiod = "day"\nstability = "D"\nwind_m_s = 5.0\nfrequencies = {ROW}\n'
    f'[[weather]]\nperiod = "night"\nstability = "F"\nwind_m_s = 1.5\nfrequencies = {ROW}\n'
)


def change(path: str, value: object) -> dict:
    """Return the data with one field changed: ``key`` or ``key/row``."""
    data = json.loads(json.dumps(DATA))
    key, _, row = path.partition("/")
    if row:
        data["weather"][int(row)][key] = value
    else:
        data[key] = value
    return data


def equal(one: WindRose, other: WindRose) -> bool:
    return one.weathers == other.weathers and np.array_equal(one.frequencies, other.frequencies)


@pytest.mark.parametrize(("name", "text"), [("r.csv", CSV), ("r.toml", TOML), ("r.json", json.dumps(DATA))])
def test_three_kinds_of_files_say_the_same(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    rose = read_rose(path)
    assert equal(rose, parse_rose(DATA))
    assert (rose.name, rose.source) == ("n", "s")
    assert rose.weathers[0] == Weather(stability="D", wind_m_s=5.0, by_day=True)


def test_columns_of_36_sectors_are_degrees(tmp_path):
    path = tmp_path / "r.csv"
    row = ",".join([repr(1 / 36)] * 36)
    columns = ",".join(str(10 * sector) for sector in range(36))
    path.write_text(
        f"# name: n\n# source: s\n# direction: from\nperiod,stability,wind_m_s,{columns}\nday,D,5,{row}\n"
    )
    assert read_rose(path).frequencies.shape == (1, 36)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (change("direction", "to"), "direction: 'to'"),
        (change("direction", None), "direction: is missing"),
        (change("name", ""), "name: is missing"),
        (change("weather", []), "weather: is missing"),
        (change("period/0", "noon"), r"weather\[0\].period"),
        (change("stability/1", "G"), r"weather\[1\].stability: 'G'"),
        (change("wind_m_s/0", 0.0), r"weather\[0\].wind_m_s: 0.0"),
        (change("wind_m_s/0", "fast"), r"weather\[0\].wind_m_s: 'fast' is no number"),
        (change("wind_m_s/0", float("nan")), r"weather\[0\].wind_m_s: nan"),
        (change("frequencies/0", [0.5 / 16] * 15), "has 16 sectors, the first row has 15"),
        (change("frequencies/0", [0.6 / 16] * 16), "add up to 1.1, not to 1"),
        (change("frequencies/0", [-0.5 / 16] + [1.0 / 16] * 15), r"frequencies\[0\]: -0.03125"),
        (change("frequencies/0", [float("nan")] * 16), "nan is no share"),
        (change("frequencies/0", None), "frequencies: is missing"),
        (change("calm/0", -0.1), r"weather\[0\].calm: is negative"),
    ],
)
def test_wrong_roses_are_refused_with_the_field(data, message):
    with pytest.raises(HazardError, match=message):
        parse_rose(data)


def test_sectors_other_than_16_or_36_are_refused():
    with pytest.raises(HazardError, match="8 sectors"):
        check_rose(make_rose(np.full((2, 8), 1 / 16)))


def test_same_weather_twice_is_refused():
    rose = WindRose(name="n", source="s", weathers=(WEATHERS[0],) * 2, frequencies=np.full((2, 16), 1 / 32))
    with pytest.raises(HazardError, match=r"weather\[1\]: stands twice"):
        check_rose(rose)


@pytest.mark.parametrize("ending", ["xlsx", "csv", "toml", "json"])
def test_unreadable_files_are_refused(tmp_path, ending):
    path = tmp_path / f"r.{ending}"
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(HazardError, match=r"r\.|column"):
        read_rose(path)


def test_a_sum_within_a_millionth_is_accepted():
    rows = [0.5 / 16 + 0.9e-6 / 16] + [0.5 / 16] * 15
    assert parse_rose(change("frequencies/0", rows)).frequencies.sum() > 1


def test_calm_is_spread_as_in_the_lowest_speed_class_of_its_period():
    north, east = [0.0] * 16, [0.0] * 16
    north[0], east[4] = 0.2, 0.1
    data = change("calm/1", 0.2)
    data["weather"][0]["frequencies"] = [0.5 / 16] * 16
    data["weather"][1]["frequencies"] = north
    data["weather"].append({"period": "night", "stability": "E", "wind_m_s": 1.5, "frequencies": east})
    rose = parse_rose(data)
    assert rose.frequencies[0] == pytest.approx([0.5 / 16] * 16)
    assert rose.frequencies[1, 0] == pytest.approx(0.2 + 0.2 * 2 / 3)  # by hand: calm goes 2 to 1
    assert rose.frequencies[2, 4] == pytest.approx(0.1 + 0.2 / 3)


def test_calm_without_a_blowing_low_class_is_refused():
    data = change("calm/1", 0.5)
    data["weather"][1]["frequencies"] = [0.0] * 16
    with pytest.raises(HazardError, match="calm has no sectors"):
        parse_rose(data)


def test_cloud_goes_to_where_the_wind_does_not_come_from():
    frequencies = np.zeros((2, 16))
    frequencies[0, 4] = 1.0  # wind from the east
    spread = spread_directions(make_rose(frequencies), 720)
    azimuth_deg = np.arange(720) / 2
    assert spread[0].sum() == pytest.approx(1.0)
    assert (azimuth_deg * spread[0]).sum() == pytest.approx(270.0)
    assert spread[0, np.abs(azimuth_deg - 270.0) > 11.25].sum() == pytest.approx(0.0, abs=1e-15)


def test_even_rose_stays_even():
    spread = spread_directions(even_rose(), 720)
    assert spread == pytest.approx(np.full((2, 720), 0.5 / 720), rel=1e-12)


@given(
    hnp.arrays(float, (2, 16), elements=st.floats(0, 1)).filter(lambda a: a.sum() > 1e-3), st.integers(0, 15)
)
def test_interpolation_keeps_sectors_and_stays_positive(raw, turn):
    rose = make_rose(raw / raw.sum())
    spread = spread_directions(rose, 720)  # 45 fine directions a sector
    sectors = np.roll(spread, 22 + 360, axis=1).reshape(2, 16, 45).sum(axis=2)
    assert (spread >= 0).all()
    assert sectors == pytest.approx(rose.frequencies, abs=1e-12)
    turned = spread_directions(rotate_rose(rose, turn), 720)
    assert turned == pytest.approx(np.roll(spread, 45 * turn, axis=1), abs=1e-12)


def test_angles_that_do_not_fit_the_sectors_are_refused():
    with pytest.raises(HazardError, match="360 angles"):
        spread_directions(even_rose(), 360)
