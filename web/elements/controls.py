"""The controls of the map. Each hands its options to the module of the same name in ``static/js``."""

from pathlib import Path
from typing import Any, ClassVar

from branca.element import MacroElement
from folium.template import Template

__all__ = [
    "AroundTool",
    "BaseMaps",
    "Control",
    "DetailPanel",
    "DrawTools",
    "FindingsPanel",
    "GridPanel",
    "LayerTree",
    "MeasureTools",
    "ParkBench",
    "PlaceLabels",
    "PlannerBench",
    "PrintTool",
    "RasterLayers",
    "SearchBox",
    "ShareTool",
    "StatusBar",
    "SupervisorTools",
    "SwipeTool",
    "TimeTool",
    "ViewTools",
]

_TEMPLATE = Path(__file__).parent.parent / "templates" / "map" / "control.js.j2"


class Control(MacroElement):
    """A control of the map.

    Parameters
    ----------
    **options
        JSON values for the control's module.
    """

    component: ClassVar[str]
    """Name of the module in ``static/js``."""

    _template = Template(_TEMPLATE.read_text(encoding="utf-8"))

    def __init__(self, **options: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca's has no annotation
        self._name = type(self).__name__
        self.options = options

    @classmethod
    def _generate_id(cls) -> str:
        """Return one fixed id: each control stands once on a page."""
        return "control"


class BaseMaps(Control):
    """Local background and the tiled maps that settings name."""

    component = "basemaps"


class PlaceLabels(Control):
    """Names of places, as many as the view has room for."""

    component = "labels"


class LayerTree(Control):
    """Layers by theme, with legend, count, date and accuracy."""

    component = "tree"


class FindingsPanel(Control):
    """Lists of violations and of existing facilities to rectify; their lines on the map."""

    component = "findings"


class SupervisorTools(Control):
    """Key figures by area, paged lists of findings, audits with what flips, and blind spots."""

    component = "supervisor"


class GridPanel(Control):
    """Risk grids: H3 cells drawn from their ids, with breaks and unit."""

    component = "grids"


class DetailPanel(Control):
    """What is known about the selection."""

    component = "detail"


class SearchBox(Control):
    """Search by name, number or coordinate."""

    component = "search"


class MeasureTools(Control):
    """Geodesic lengths and areas."""

    component = "measure"


class AroundTool(Control):
    """Everything within a radius of a place."""

    component = "around"


class DrawTools(Control):
    """Draw a plot and have it checked."""

    component = "draw"


class PlannerBench(Control):
    """Workbench of siting review: plot, attributes, verdict, papers, cases."""

    component = "planner"


class ParkBench(Control):
    """Workbench of a park: layout of a plant, its risk, and what moving a tank would change."""

    component = "park"


class RasterLayers(Control):
    """Stored rasters as tiles, with their classes of values."""

    component = "rasters"


class SwipeTool(Control):
    """Two states of the map side by side."""

    component = "swipe"


class TimeTool(Control):
    """The data as they were at the end of a day."""

    component = "time"


class ShareTool(Control):
    """Address of the view, kept current and handed on as a link."""

    component = "share"


class PrintTool(Control):
    """The view on a sheet of A4 or A3."""

    component = "print"


class ViewTools(Control):
    """Zoom, whole extent, full screen, language, scale bar, end of the session."""

    component = "view"


class StatusBar(Control):
    """Coordinates under the pointer and messages about what is shown."""

    component = "status"
