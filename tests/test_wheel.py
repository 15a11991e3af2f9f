"""The wheel holds all that the product needs, and works from any folder."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGED = ("geo", "layers", "api", "web", "data/samples")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy of what the build reads."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for folder in PACKAGED:
        shutil.copytree(
            ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, source)
    build = [Path(sys.executable).with_name("hatchling"), "build", "--target", "wheel", "--directory", target]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The wheel, installed into a folder of its own without its dependencies."""
    target = tmp_path_factory.mktemp("site")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*pip, "--target", target, wheel], check=True, capture_output=True)
    return target


@pytest.fixture
def run(installed, tmp_path):
    """Run the installed ``riskmap`` in an empty folder, with a data folder of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PYTHONPATH": str(installed),
        "PYTHONSAFEPATH": "1",
    }

    def run_riskmap(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "import api.cli; api.cli.main()", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    return run_riskmap


def test_wheel_holds_every_file_of_the_packages(wheel):
    tracked = subprocess.run(
        ["git", "ls-files", *PACKAGED], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\n")
    expected = {
        name.replace("data/samples/", "layers/samples/") for name in tracked if (ROOT / name).is_file()
    }
    held = set(zipfile.ZipFile(wheel).namelist())
    assert expected - held == set()


def test_wheel_holds_the_web_libraries_but_not_their_sources(wheel):
    held = zipfile.ZipFile(wheel).namelist()
    assert "web/static/vendor/leaflet.js" in held
    assert not [
        name for name in held if "node_modules" in name or name.startswith(("tests/", "scripts/", "docs/"))
    ]


def test_installed_command_loads_the_samples_from_any_folder(installed, run, tmp_path):
    for arguments in (("--help",), ("init",), ("sample",)):
        finished = run(*arguments)
        assert finished.returncode == 0, finished.stderr + finished.stdout
    assert (tmp_path / "data" / "riskmap" / "riskmap.db").stat().st_size > 100_000


def test_installed_command_without_web_libraries_says_what_to_run(installed, run, tmp_path):
    vendor = installed / "web" / "static" / "vendor"
    vendor.rename(tmp_path / "vendor")
    try:
        run("init")
        finished = run("serve", "--port", "0")
    finally:
        (tmp_path / "vendor").rename(vendor)
    assert finished.returncode == 3
    assert "make assets" in finished.stderr + finished.stdout
