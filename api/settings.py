"""Settings of the server and the command line, from environment variables that begin with ``RISKMAP_``.

A misspelt variable would be ignored in silence, so :func:`unknown_variables` lists those that nobody reads and
the effective settings are logged at start, secrets hidden.
"""

import ipaddress
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import unquote

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from api.errors import SettingsError

__all__ = ["LOOPBACK_NAMES", "Settings", "expand_packs", "is_loopback", "load_settings", "unknown_variables"]

LOOPBACK_NAMES = frozenset({"127.0.0.1", "::1", "localhost"})
"""Names in the Host header that only a browser on this machine uses."""

_PREFIX = "RISKMAP_"
_READ_ELSEWHERE = frozenset({"RISKMAP_TEST_POSTGIS_URL", "RISKMAP_CHROMIUM"})
"""Variables of the tests, which no setting reads."""
_SHORT_KEY = 16


def _default_database_url() -> SecretStr:
    return SecretStr(f"sqlite:///{_data_folder() / 'riskmap.db'}")


def _default_kernel_folder() -> Path:
    return _data_folder() / "kernels"


def _default_tile_folder() -> Path:
    return _data_folder() / "tiles"


def _default_raster_folder() -> str:
    return str(_data_folder() / "rasters")


def _data_folder() -> Path:
    return platformdirs.user_data_path("riskmap", appauthor=False)


class Settings(BaseSettings):
    """What can be set, with its default.

    Attributes
    ----------
    database_url : SecretStr
        ``sqlite:///PATH`` or ``postgresql+psycopg://…``; by default a file in the user's data folder.
    access_keys : SecretStr
        ``name:key,name:key``; compulsory as soon as the server listens beyond loopback.
    host, port : str, int
        Where the server listens.
    allowed_hosts : str
        Further names that a browser may use in the Host header, separated by commas.
    tianditu_key : SecretStr or None
        Key of the Tianditu base map; it stays on the server. ``None`` leaves the base map out.
    osm_tile_url : str or None
        Address template of OpenStreetMap tiles (``https://…/{z}/{x}/{y}.png``); ``None`` leaves them out.
    upload_limit_mb : int
        Largest request body. [MB]
    signing_key_file : Path or None
        Private key that signs evidence bundles.
    rule_packs : str
        Rule packs of the user's (TOML files, or folders of them), separated as in ``PATH``; read after the product's.
    metric_files : str
        Metrics of the grids of the user's (TOML files, or folders of them), separated as in ``PATH``; read after the
        product's.
    language : str
        Language in which the page opens, ``zh`` or ``en``.
    kernel_folder : Path
        Where computed risk kernels are kept; by default in the user's data folder.
    kernel_folder_mb : int
        What they may take; 0 keeps none. [MB]
    kernel_memory_mb : int
        What risk kernels may take of the memory of this process. [MB]
    tile_folder : Path
        Where the sorted places of large layers are kept; by default in the user's data folder.
    raster_folder : str
        Folders, separated as in ``PATH``, in which files of the layer ``rasters`` may lie besides the samples; the
        first is where computed ones are kept. By default one in the user's data folder.
    workers : int
        Processes that compute risk kernels; 0: as many as there are processors.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    database_url: SecretStr = Field(default_factory=_default_database_url)
    access_keys: SecretStr = SecretStr("")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    allowed_hosts: str = ""
    tianditu_key: SecretStr | None = None
    osm_tile_url: str | None = None
    upload_limit_mb: int = Field(default=200, ge=1, le=4096)
    signing_key_file: Path | None = None
    rule_packs: str = ""
    metric_files: str = ""
    language: str = Field(default="zh", pattern="^(zh|en)$")
    kernel_folder: Path = Field(default_factory=_default_kernel_folder)
    kernel_folder_mb: int = Field(default=4_000, ge=0)
    kernel_memory_mb: int = Field(default=2_000, ge=1)
    tile_folder: Path = Field(default_factory=_default_tile_folder)
    raster_folder: str = Field(default_factory=_default_raster_folder)
    workers: int = Field(default=0, ge=0)

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: SecretStr) -> SecretStr:
        try:
            name = make_url(value.get_secret_value()).drivername
        except ArgumentError:
            name = ""
        if name not in ("sqlite", "postgresql+psycopg"):
            raise ValueError("database_url must begin with sqlite:/// or postgresql+psycopg://")
        return value

    @field_validator("access_keys")
    @classmethod
    def _check_access_keys(cls, value: SecretStr) -> SecretStr:
        _parse_keys(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _check_exposure(self) -> Self:
        if not is_loopback(self.host) and not self.keys:
            raise ValueError(
                f"listening on {self.host} opens the server to others: set RISKMAP_ACCESS_KEYS=name:key first, "
                "or listen on 127.0.0.1"
            )
        return self

    @property
    def keys(self) -> dict[str, str]:
        """Access keys by the name of who holds them."""
        return _parse_keys(self.access_keys.get_secret_value())

    @property
    def short_keys(self) -> list[str]:
        """Names whose key can be guessed because it is short."""
        return [name for name, key in self.keys.items() if len(key) < _SHORT_KEY]

    @property
    def host_names(self) -> frozenset[str]:
        """Host names that a request may carry, in lower case and without port."""
        names = {name.strip().lower() for name in self.allowed_hosts.split(",") if name.strip()}
        if not is_loopback(self.host) and self.host not in ("0.0.0.0", "::"):
            names.add(self.host.lower())
        return LOOPBACK_NAMES | names

    @property
    def rule_pack_paths(self) -> list[Path]:
        """Rule packs of the user's, those of a folder by name."""
        return expand_packs(Path(name) for name in self.rule_packs.split(os.pathsep) if name.strip())

    @property
    def metric_paths(self) -> list[Path]:
        """Files of metrics of the user's, those of a folder by name."""
        return expand_packs(Path(name) for name in self.metric_files.split(os.pathsep) if name.strip())

    @property
    def raster_folders(self) -> list[Path]:
        """Folders in which rasters may lie."""
        return [Path(name).absolute() for name in self.raster_folder.split(os.pathsep) if name.strip()]

    @property
    def upload_limit_bytes(self) -> int:
        """Largest request body, in bytes."""
        return self.upload_limit_mb * 1_000_000

    def describe(self) -> dict[str, str]:
        """Return the effective settings as text, secrets hidden."""
        shown = {name: str(value) for name, value in self}
        shown["database_url"] = unquote(make_url(self.database_url.get_secret_value()).render_as_string())
        shown["access_keys"] = ", ".join(f"{name}:***" for name in self.keys) or "none"
        shown["tianditu_key"] = "***" if self.tianditu_key else "none"
        return shown


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def expand_packs(paths: Iterable[Path]) -> list[Path]:
    """Return rule packs, with the ``*.toml`` files of a folder in its place, by name."""
    return [pack for path in paths for pack in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]


def load_settings(**changes: object) -> Settings:
    """Return the settings of the environment, with changes from the command line.

    Raises
    ------
    SettingsError
        If a value does not fit; the message names the variable and never repeats a secret.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def unknown_variables(environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the ``RISKMAP_`` variables that nothing reads, sorted: most likely misspelt."""
    names = os.environ if environment is None else environment
    known = {_PREFIX + name.upper() for name in Settings.model_fields} | _READ_ELSEWHERE
    return sorted(name for name in names if name.upper().startswith(_PREFIX) and name.upper() not in known)


def _parse_keys(text: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    for item in filter(None, (item.strip() for item in text.split(","))):
        name, _, key = (part.strip() for part in item.partition(":"))
        if not name or not key:
            raise ValueError("access_keys must read name:key,name:key")
        if name in keys:
            raise ValueError(f"access_keys names {name} twice")
        keys[name] = key
    if len(set(keys.values())) < len(keys):
        raise ValueError("access_keys gives two names the same key")
    return keys


def _explain(error: ValidationError) -> str:
    # The input is left out on purpose: it may be a secret.
    lines = [
        f"{_PREFIX + str(item['loc'][0]).upper() + ': ' if item['loc'] else ''}{item['msg']}"
        for item in error.errors(include_input=False, include_url=False)
    ]
    return "; ".join(lines).replace("Value error, ", "")
