"""External safety distance as the routes and the command line call it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.hazard.kernel_store import KernelStore
from geo.hazard.weather import WindRose
from geo.progress import Progress
from layers.errors import FormatError
from layers.plants.accumulation import accumulate_plants, describe_accumulation
from layers.plants.distance_files import draw_risk_raster, write_accumulation, write_assessment
from layers.plants.distance_store import store_assessment, store_sum
from layers.plants.distances import assess_plant, describe_assessment
from layers.plants.document import PlantFile
from layers.plants.stored import find_obstacle, refuse_layouts
from layers.store import Store
from web.distance_report import render_distance_report

__all__ = ["DistanceOptions", "run_distance", "run_distances", "run_together"]

_COMPUTED = 0.9
"""Part of the progress at which the assessment is there and files are written."""


@dataclass(frozen=True, kw_only=True)
class DistanceOptions:
    """How a plant is assessed, and where the answer goes.

    Attributes
    ----------
    rose : WindRose
    population : Path or None
        Raster of residents.
    keep : bool
        Store contours, findings and raster.
    count_unconfirmed : bool
        Findings count although numbers await confirmation.
    bands : bool
        Estimate how far the distances stray.
    effects : bool
        Find how far each piece of equipment kills and injures.
    domino : bool
        What others knock over adds to the risk.
    language : str
        Of the files.
    """

    rose: WindRose
    population: Path | None
    keep: bool
    count_unconfirmed: bool
    bands: bool
    effects: bool
    domino: bool
    language: str


def run_distance(
    *,
    file: PlantFile,
    options: DistanceOptions,
    store: Store | None,
    kernels: KernelStore | None = None,
    files: Path | None = None,
    progress: Progress,
) -> dict[str, Any]:
    """Assess a plant, write its files into a folder, keep it, and return the answer with what was kept.

    What is not of the plant as it stands (:func:`layers.plants.stored.find_obstacle`) is answered, with a warning that
    says why it is not kept.

    Parameters
    ----------
    file : PlantFile
    options : DistanceOptions
    store : Store, optional
        Where targets are, and where results go if they are kept.
    kernels : KernelStore, optional
    files : Path, optional
        Folder for files; none are written without it.
    progress : callable
    """
    assessed = assess_plant(
        file,
        options.rose,
        store=store,
        population=options.population,
        kernels=kernels,
        count_unconfirmed=options.count_unconfirmed,
        bands=options.bands,
        effects=options.effects,
        domino=options.domino,
        progress=lambda done, what: progress(done * _COMPUTED, what),
    )
    result = describe_assessment(assessed)
    into = _store_for(store, file, result) if options.keep and store is not None else None
    raster = None
    if into is not None or files is not None:
        raster = draw_risk_raster(assessed.assessment.field, assessed.assessment.plane)
    if files is not None:
        progress(_COMPUTED, "files")
        write_assessment(assessed, result, files, options.language, raster)
        _write_report(result, files, options.language)
    stored = None
    if into is not None:
        progress(0.98, "store")
        stored = store_assessment(into, file, result, raster)
    progress(1.0, "")
    return {**result, "stored": stored}


def _store_for(store: Store, file: PlantFile, result: dict[str, Any]) -> Store | None:
    """Return where an answer is to be kept; None where it must not be, which is added to its warnings."""
    obstacle = find_obstacle(store, file)
    if obstacle is None:
        return store
    result["warnings"].insert(0, {"zh": obstacle.zh, "en": obstacle.en})
    return None


def run_distances(
    *,
    plants: Sequence[PlantFile],
    options: DistanceOptions,
    store: Store | None,
    kernels: KernelStore | None = None,
    files: Path | None = None,
    progress: Progress,
) -> dict[str, Any]:
    """Assess several plants, each alone and all together, and keep both where that is wanted.

    Parameters
    ----------
    plants : sequence of PlantFile
        Each with an id of its own.
    options : DistanceOptions
    store : Store, optional
    kernels : KernelStore, optional
    files : Path, optional
        Folder: a folder in it for each plant, by its id, and contours and raster of all.
    progress : callable

    Returns
    -------
    dict
        ``plants``: the answers of each; ``together``: as :func:`run_together`.

    Raises
    ------
    FormatError
        If two plants have the same id.
    """
    _refuse_twins(plants)
    kernels, steps = KernelStore() if kernels is None else kernels, len(plants) + 1
    answers = [
        run_distance(
            file=file,
            options=options,
            store=store,
            kernels=kernels,
            files=None if files is None else files / file.plant.id,
            progress=_part_of(progress, number, steps),
        )
        for number, file in enumerate(plants)
    ]
    together = run_together(
        files=plants,
        rose=options.rose,
        store=store,
        kernels=kernels,
        keep=options.keep,
        folder=files,
        count_unconfirmed=options.count_unconfirmed,
        progress=_part_of(progress, steps - 1, steps),
    )
    progress(1.0, "")
    return {"plants": answers, "together": together}


def run_together(
    *,
    files: Sequence[PlantFile],
    rose: WindRose,
    store: Store | None,
    kernels: KernelStore,
    keep: bool,
    folder: Path | None = None,
    count_unconfirmed: bool = False,
    progress: Progress,
) -> dict[str, Any]:
    """Add up the individual risk of several plants, write its files, keep it, and return it with what was kept.

    Parameters
    ----------
    files : sequence of PlantFile
        Each with an id of its own.
    rose : WindRose
    store : Store or None
        Where targets are, and where the sum goes if it is kept.
    kernels : KernelStore
    keep : bool
    folder : Path, optional
        For files; none are written without it.
    count_unconfirmed : bool
        Findings count although numbers await confirmation.
    progress : callable

    Returns
    -------
    dict
        As :func:`layers.plants.accumulation.describe_accumulation`, and ``stored``: how much was, None where
        nothing should be.

    Raises
    ------
    FormatError
        If two plants have the same id, or the sum is to be kept and one of them is a layout that nobody has built.
    """
    _refuse_twins(files)
    if keep and store is not None:
        refuse_layouts(store, files)
    found = accumulate_plants(files, rose, store=store, kernels=kernels, progress=progress)
    together = describe_accumulation(found, count_unconfirmed=count_unconfirmed)
    raster = draw_risk_raster(found.field, found.plane) if keep or folder is not None else None
    stored = None
    if keep and store is not None:
        progress(0.98, "store")
        stored = store_sum(store, files, rose, together, raster)
    result = {**together, "stored": stored}
    if folder is not None:
        write_accumulation(result, folder, raster)
    return result


def _part_of(progress: Progress, number: int, steps: int) -> Progress:
    return lambda done, what: progress((number + done) / steps, what)


def _refuse_twins(plants: Sequence[PlantFile]) -> None:
    seen: set[str] = set()
    for file in plants:
        if file.plant.id in seen:
            raise FormatError(
                f"plant.id: {file.plant.id!r} is the id of two of the files; give each plant its own",
                zh=f"plant.id：编号“{file.plant.id}”在多个文件中重复；每个企业的编号不得相同",
            )
        seen.add(file.plant.id)


def _write_report(result: dict[str, Any], folder: Path, language: str) -> None:
    """Write the report page beside the other files, with their pictures inside."""
    pictures = {
        name: (folder / f"{name}.svg").read_text(encoding="utf-8")
        for name in ("map", "fn")
        if (folder / f"{name}.svg").exists()
    }
    (folder / "report.html").write_text(render_distance_report(result, pictures, language), encoding="utf-8")
