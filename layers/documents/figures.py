"""Diagrams as SVG, drawn on the server with the packaged font: the same figure gives the same bytes."""

import io
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from layers.letters.fonts import require_fonts

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

__all__ = ["draw_svg"]

_drawing = Lock()
"""Settings of matplotlib belong to the whole process: one figure at a time."""


def draw_svg(draw: "Callable[[Figure, FontProperties], None]", width_in: float, height_in: float) -> str:
    """Return what a function draws on an empty figure.

    Parameters
    ----------
    draw : callable
        Called with the figure and the packaged font.
    width_in, height_in : float
        Size of the figure in inches.

    Raises
    ------
    NotAvailableError
        If the fonts have not been built.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    font = FontProperties(fname=require_fonts() / "NotoSansSC-Regular.ttf", size=9)
    with _drawing, matplotlib.rc_context({"svg.hashsalt": "riskmap", "svg.fonttype": "path"}):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        draw(figure, font)
        picture = io.StringIO()
        figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    return picture.getvalue()
