"""Exports of a layer, in every format that can be written."""

import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask

from api.access import PrincipalDep
from api.actions.files import ExportOptions, export_download
from api.deps import AtDep, BoundsDep, JobsDep, LayerDep, StoreDep, WhereDep
from api.jobs import JobStatus
from api.parameters import CrsName, FileExtension, HeaderLanguage
from api.queries import Bounds
from layers.catalog import get_layer
from layers.errors import FormatError
from layers.formats import WRITERS

__all__ = ["router"]

router = APIRouter(prefix="/exports", tags=["exports"])


class ExportIn(BaseModel):
    """What to export; filters as in the features' query, by field name."""

    model_config = ConfigDict(extra="forbid")

    layer: str
    format: str
    where: dict[str, Any] = Field(default_factory=dict)
    bbox: Bounds | None = None
    at: datetime | None = None
    crs: str = "EPSG:4490"
    headers: Literal["en", "zh"] = "en"


@router.get("/{slug}.{extension}", response_class=FileResponse)
def download_layer(
    layer: LayerDep,
    extension: FileExtension,
    store: StoreDep,
    bounds: BoundsDep,
    where: WhereDep,
    at: AtDep,
    crs: CrsName = "EPSG:4490",
    headers: HeaderLanguage = "en",
) -> FileResponse:
    """Return a layer as a file; filters as in the features' query."""
    options = ExportOptions(layer.slug, where, bounds, at, crs, headers)
    name = f"{layer.slug}.{check_format(extension)}"
    folder = Path(tempfile.mkdtemp(prefix="riskmap-export-"))
    remove = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    try:
        export_download(store, folder, name, options)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    (path,) = folder.iterdir()
    return FileResponse(path, filename=path.name, background=remove)


@router.post("", status_code=202)
def start_export(wanted: ExportIn, store: StoreDep, jobs: JobsDep, principal: PrincipalDep) -> JobStatus:
    """Export a layer: the answer is a job, which holds the file."""
    layer = get_layer(wanted.layer)
    options = ExportOptions(layer.slug, wanted.where, wanted.bbox, wanted.at, wanted.crs, wanted.headers)
    # A wrong filter or moment is said now, not by a job that fails.
    store.count(layer.slug, where=options.where, bounds=options.bounds, at=options.at)
    folder = jobs.make_folder()
    job = jobs.submit(
        "export",
        export_download,
        owner=principal.name,
        folder=folder,
        store=store,
        results=folder / "files",
        name=f"{layer.slug}.{check_format(wanted.format)}",
        options=options,
    )
    return job.status()


def check_format(extension: str) -> str:
    """Return the extension of a format that can be written.

    Raises
    ------
    FormatError
        If it cannot.
    """
    known = extension.lower().removeprefix(".")
    if f".{known}" not in WRITERS:
        formats = ", ".join(suffix.removeprefix(".") for suffix in WRITERS)
        raise FormatError(
            f"{extension!r} cannot be written; formats are: {formats}",
            zh=f"不能导出“{extension}”；可用格式：{formats}",
        )
    # The files of a shapefile can only be sent together.
    return "zip" if known == "shp" else known
