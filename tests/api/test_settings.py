"""Settings: defaults, what is refused, and that no secret is shown."""

import pytest

from api.errors import SettingsError
from api.settings import Settings, is_loopback, load_settings, unknown_variables

SECRET = "an-access-key-nobody-may-read"


def test_defaults_need_nothing_and_stay_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/var/data")
    settings = load_settings()
    assert settings.database_url.get_secret_value() == "sqlite:////var/data/riskmap/riskmap.db"
    assert settings.host == "127.0.0.1"
    assert settings.keys == {}
    assert settings.host_names == {"127.0.0.1", "::1", "localhost"}
    assert settings.tianditu_key is None
    assert settings.osm_tile_url is None


def test_variables_are_read_and_empty_ones_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKMAP_DATABASE_URL", "postgresql+psycopg://me:secret@db/risk")
    monkeypatch.setenv("RISKMAP_ACCESS_KEYS", " ann : a1 , bo:b:2 ")
    monkeypatch.setenv("RISKMAP_ALLOWED_HOSTS", "Map.Example, 192.0.2.7")
    monkeypatch.setenv("RISKMAP_TIANDITU_KEY", "")
    settings = load_settings(port=9000, host=None)
    assert settings.keys == {"ann": "a1", "bo": "b:2"}
    assert {"map.example", "192.0.2.7"} < settings.host_names
    assert settings.tianditu_key is None
    assert settings.port == 9000


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "map.example"])
def test_beyond_loopback_without_keys_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match="RISKMAP_ACCESS_KEYS"):
        load_settings(host=host)
    assert load_settings(host=host, access_keys="ann:key").host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", "LOCALHOST"])
def test_loopback_needs_no_keys(host: str) -> None:
    assert is_loopback(host)
    assert load_settings(host=host).keys == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"access_keys": SECRET},
        {"access_keys": f"ann:{SECRET},ann:other"},
        {"access_keys": f"ann:{SECRET},bo:{SECRET}"},
        {"access_keys": f":{SECRET}"},
        {"database_url": f"mysql://me:{SECRET}@db/risk"},
        {"database_url": SECRET},
    ],
)
def test_wrong_settings_are_refused_without_their_secret(changes: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(**changes)
    assert SECRET not in caught.value.message
    assert f"RISKMAP_{next(iter(changes)).upper()}" in caught.value.message


@pytest.mark.parametrize(
    "changes", [{"port": 70_000}, {"upload_limit_mb": 0}, {"language": "fr"}, {"hots": "x"}]
)
def test_values_out_of_range_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        load_settings(**changes)


def test_description_and_repr_hide_secrets() -> None:
    settings = Settings(
        database_url=f"postgresql+psycopg://me:{SECRET}@db/risk",
        access_keys=f"ann:{SECRET}",
        tianditu_key=SECRET,
    )
    shown = settings.describe()
    assert SECRET not in repr(settings) + str(settings) + str(shown)
    assert shown["database_url"] == "postgresql+psycopg://me:***@db/risk"
    assert shown["access_keys"] == "ann:***"


def test_short_keys_are_named() -> None:
    assert Settings(access_keys=f"ann:short,bo:{SECRET}").short_keys == ["ann"]


def test_misspelt_variables_are_listed() -> None:
    given = {"RISKMAP_DATABSE_URL": "x", "RISKMAP_PORT": "1", "RISKMAP_CHROMIUM": "x", "HOME": "/"}
    assert unknown_variables(given) == ["RISKMAP_DATABSE_URL"]
