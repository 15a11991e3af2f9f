"""Lock files, licences, and the pages of docs/ that must follow the code."""

import json
import re
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from api.settings import Settings
from scripts.data_model import PAGE, data_model_page

ROOT = Path(__file__).parent.parent
LOCKS = [*sorted(ROOT.glob("requirements*.txt")), ROOT / "benchmarks" / "requirements.txt"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WEB_LOCK = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))

GPL = re.compile(r"(?<!L)(?<!Lesser )\bA?GPL|(?<!Lesser )General Public License", re.IGNORECASE)


def locked_requirements(lock: Path) -> list[Requirement]:
    """Every package that a lock file pins."""
    lines = re.findall(r"^([a-z0-9].*?)\s*\\?$", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [Requirement(line) for line in lines]


def licence_of(package: str) -> str:
    """What a package's metadata says of its licence, in one line."""
    data = metadata(package)
    classifiers = [line for line in data.get_all("Classifier", []) if line.startswith("License ::")]
    # Some packages put the whole text of the licence into the field: its first line is enough.
    return "; ".join(
        [data.get("License-Expression", ""), data.get("License", "").strip().split("\n")[0], *classifiers]
    )


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_lock_file_pins_and_hashes_every_package(lock):
    requirements = locked_requirements(lock)
    assert requirements
    assert all(re.fullmatch(r"==[^*]+", str(requirement.specifier)) for requirement in requirements)
    blocks = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", lock.read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) == len(requirements)
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize(
    "lock", [*LOCKS, ROOT / "web" / "package-lock.json"], ids=lambda lock: str(lock.relative_to(ROOT))
)
def test_lock_file_holds_no_address(lock):
    assert "://" not in lock.read_text(encoding="utf-8")


def test_web_lock_file_hashes_every_package():
    packages = {path: entry for path, entry in WEB_LOCK["packages"].items() if path}
    assert packages
    assert all("integrity" in entry and "resolved" not in entry for entry in packages.values())


def test_check_locks_refuses_an_address(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "web").mkdir()
    script = tmp_path / "scripts" / "check-locks"
    script.write_text((ROOT / "scripts" / "check-locks").read_text())
    (tmp_path / "web" / "package-lock.json").write_text("{}")
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "requirements.txt").touch()
    lock = tmp_path / "requirements.txt"
    lock.write_text("numpy==2.4.6\n")
    assert subprocess.run(["bash", script], check=False).returncode == 0
    lock.write_text("--index-url https://example.invalid/simple\nnumpy==2.4.6\n")
    assert subprocess.run(["bash", script], check=False, capture_output=True).returncode == 1


@pytest.mark.parametrize(
    ("licence", "refused"),
    [
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0-only", True),
        ("License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
        ("GNU Affero General Public License v3", True),
        ("LGPL-3.0-only", False),
        ("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", False),
        ("MIT", False),
    ],
)
def test_gpl_pattern_tells_gpl_from_lgpl(licence, refused):
    assert bool(GPL.search(licence)) is refused


def test_no_runtime_package_is_under_gpl():
    for requirement in locked_requirements(ROOT / "requirements.txt"):
        try:
            licence = licence_of(requirement.name)
        except PackageNotFoundError:
            # Pinned for another platform or another Python.
            assert requirement.marker, f"{requirement.name} is not installed"
            assert not requirement.marker.evaluate(), f"{requirement.name} is not installed"
            continue
        assert licence.strip("; "), f"{requirement.name} does not say its licence"
        assert not GPL.search(licence), f"{requirement.name}: {licence}"


def test_no_web_library_is_under_gpl():
    for path, entry in WEB_LOCK["packages"].items():
        assert not GPL.search(entry["license"]), path


def named_dependencies() -> set[str]:
    """Every package that pyproject.toml or web/package.json names."""
    groups = [
        PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"].values(),
        *(
            [line for line in group if isinstance(line, str)]
            for group in PROJECT["dependency-groups"].values()
        ),
    ]
    web = json.loads((ROOT / "web" / "package.json").read_text(encoding="utf-8"))
    python = {Requirement(line).name for group in groups for line in group}
    return python | web.get("dependencies", {}).keys() | web.get("devDependencies", {}).keys()


def test_dependencies_page_gives_each_one_its_licence_and_reason():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| ([^|]+?) \|$", page, flags=re.MULTILINE)
    described = {name for name, licence, reason in rows if name != "Package" and licence and reason}
    assert described == named_dependencies()


def test_data_model_page_follows_the_catalogue():
    assert PAGE.read_text(encoding="utf-8") == data_model_page(), "run make docs"


def test_every_setting_is_documented():
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(RISKMAP_[A-Z_]+)`", page, flags=re.MULTILINE))
    of_tests = {"RISKMAP_TEST_POSTGIS_URL", "RISKMAP_CHROMIUM"}
    assert documented == {f"RISKMAP_{name.upper()}" for name in Settings.model_fields} | of_tests


def test_environment_variables_in_code_are_documented():
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    files = [
        path for package in ("geo", "layers", "web", "api", "scripts") for path in (ROOT / package).rglob("*")
    ]
    sources = [path for path in files if path.suffix in ("", ".py", ".sh") and path.is_file()]
    named = {
        name
        for path in sources
        if "node_modules" not in path.parts
        for name in re.findall(r"\bRISKMAP_[A-Z][A-Z_]+\b", path.read_text(encoding="utf-8"))
    }
    assert {name for name in named if name not in page} == set()
