"""Imports point one way, api -> web -> layers -> geo, and the engine stays free of databases and pages."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "geo": set(),
    "layers": {"geo"},
    "web": {"geo", "layers"},
    "api": {"geo", "layers", "web"},
}
NOT_IN_ENGINE = {
    "alembic",
    "fastapi",
    "folium",
    "geoalchemy2",
    "jinja2",
    "psycopg",
    "sqlalchemy",
    "starlette",
}


def imported_packages(path: Path) -> set[str]:
    """Top-level names of everything that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_one_way(package):
    for path in (ROOT / package).rglob("*.py"):
        if "node_modules" not in path.parts:
            wrong = imported_packages(path) & (ALLOWED.keys() - ALLOWED[package] - {package})
            assert not wrong, f"{path} imports {sorted(wrong)}"


def test_engine_knows_no_database_http_or_page():
    for path in (ROOT / "geo").rglob("*.py"):
        wrong = imported_packages(path) & NOT_IN_ENGINE
        assert not wrong, f"{path} imports {sorted(wrong)}"


def test_imported_packages_sees_imports_inside_functions(tmp_path):
    module = tmp_path / "module.py"
    module.write_text("import os.path\nfrom api import cli\ndef run():\n    from web.maps import build_map\n")
    assert imported_packages(module) == {"os", "api", "web"}
