"""Two layouts of a plant assessed one after the other, as a job."""

from functools import partial
from pathlib import Path
from typing import Any

from geo.hazard.kernel_store import KernelStore
from geo.hazard.weather import WindRose
from geo.progress import Progress
from layers.plants.distances import assess_plant, describe_assessment
from layers.plants.document import PlantFile
from layers.plants.layout_comparison import compare_layouts, list_changes
from layers.store import Store

__all__ = ["compare_plants"]

_HALF = 0.5


def compare_plants(
    *,
    former: PlantFile,
    present: PlantFile,
    rose: WindRose,
    population: Path | None,
    store: Store,
    kernels: KernelStore,
    progress: Progress,
) -> dict[str, Any]:
    """Assess both layouts and return both answers with what differs; nothing is stored.

    Parameters
    ----------
    former, present : PlantFile
    rose : WindRose
    population : Path or None
    store : Store
        Where targets are.
    kernels : KernelStore
    progress : callable
    """
    answers = [
        describe_assessment(
            assess_plant(
                file,
                rose,
                store=store,
                population=population,
                kernels=kernels,
                bands=False,
                progress=partial(_tell_half, progress, place),
            )
        )
        for place, file in enumerate((former, present))
    ]
    changes = list_changes(former, present)
    progress(1.0, "")
    return {
        "former": answers[0],
        "present": answers[1],
        "differences": compare_layouts(answers[0], answers[1], changes),
    }


def _tell_half(progress: Progress, place: int, done: float, what: str) -> None:
    progress(_HALF * (place + done), what)
