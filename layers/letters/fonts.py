"""The fonts of letters and map pictures: those of the package, never the machine's."""

from pathlib import Path

from layers.errors import NotAvailableError

__all__ = ["FONTS_FOLDER", "FONT_FAMILY", "require_fonts"]

FONT_FAMILY = "Noto Sans SC"
"""Family name inside the font files: Han characters up to plane 2, Latin, Greek, Cyrillic."""

FONTS_FOLDER = Path(__file__).parent / "fonts"
"""Where ``make assets`` puts the font files; ignored by git, part of the wheel."""

_FILES = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf")


def require_fonts() -> Path:
    """Return the folder of the fonts.

    Raises
    ------
    NotAvailableError
        If they have not been built.
    """
    if not all((FONTS_FOLDER / name).is_file() for name in _FILES):
        raise NotAvailableError(
            "the fonts of letters are not built: run `make assets` (or `python -m web.assets`) in the source folder",
            zh="意见书字体尚未构建：请在源代码目录运行 make assets（或 python -m web.assets）",
        )
    return FONTS_FOLDER
