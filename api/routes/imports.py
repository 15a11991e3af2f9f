"""Imports: upload a file, get a job; its result is the report, its file the sheet of rejected rows."""

import shutil
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated

from fastapi import APIRouter, Depends, Form, UploadFile

from api.access import PrincipalDep
from api.actions.files import ImportOptions, import_upload
from api.deps import JobsDep, StoreDep
from api.jobs import JobStatus
from api.queries import parse_helmert, parse_pairs
from api.settings import Settings
from layers.catalog import get_layer
from layers.errors import FormatError
from layers.exchange.importing import ReadingOptions

__all__ = ["MAX_FILES", "ReadingDep", "make_router", "safe_name", "save_uploads"]

MAX_FILES = 12
"""Most files of one upload: those of a shapefile."""
_MAX_NAME_BYTES = 200
_SIDE_FILES = frozenset({".cpg", ".dbf", ".idx", ".prj", ".qix", ".qpj", ".sbn", ".sbx", ".shx", ".xml"})
"""Files that belong to another one and are never imported by themselves."""


def make_router(settings: Settings) -> APIRouter:
    """Return the router; its request bodies may be as large as the settings allow."""
    router = APIRouter(tags=["imports"])
    router.post(
        "/imports",
        status_code=202,
        max_body_size=settings.upload_limit_bytes,
        form_limits={"max_files": MAX_FILES, "max_fields": 200},
    )(start_import)
    return router


def read_reading(
    source_layer: Annotated[str | None, Form(description="layer of the file")] = None,
    map: Annotated[list[str] | None, Form(description="FIELD=COLUMN")] = None,
    set: Annotated[list[str] | None, Form(description="FIELD=VALUE for every row")] = None,
    accuracy_m: Annotated[float | None, Form(ge=0, allow_inf_nan=False)] = None,
    crs: Annotated[str | None, Form(description="EPSG code, WKT, GCJ-02, BD-09")] = None,
    encoding: Annotated[str | None, Form()] = None,
    helmert: Annotated[
        str | None,
        Form(description="dx,dy,dz [m],rx,ry,rz [arc seconds],scale [ppm],accuracy [m] to CGCS2000"),
    ] = None,
) -> ReadingOptions:
    """Return from the form how a file is read; an empty field is one that was left out."""
    return {
        "source_layer": source_layer or None,
        "mapping": parse_pairs(map or []),
        "constants": parse_pairs(set or []),
        "accuracy_m": accuracy_m,
        "crs": crs or None,
        "encoding": encoding or None,
        "helmert": parse_helmert(helmert) if helmert else None,
    }


ReadingDep = Annotated[ReadingOptions, Depends(read_reading)]


def read_options(
    layer: Annotated[str, Form(description="layer to import into")],
    reading: ReadingDep,
    dry_run: Annotated[bool, Form()] = False,
    strict: Annotated[bool, Form(description="refuse the file when a row is rejected")] = False,
) -> ImportOptions:
    """Return the options of the form."""
    return ImportOptions(get_layer(layer).slug, reading, dry_run=dry_run, strict=strict)


def start_import(
    file: list[UploadFile],
    options: Annotated[ImportOptions, Depends(read_options)],
    store: StoreDep,
    jobs: JobsDep,
    principal: PrincipalDep,
    control_points: UploadFile | None = None,
) -> JobStatus:
    """Import a file: the answer is a job.

    A shapefile comes as all of its files, or as a zip archive; a drawing without coordinate system with a table of
    ``control_points``. Accepted rows are stored together; every rejected row is
    in the job's result with its number, column, value and reason, and in its file ``rejected_rows.xlsx``.
    """
    if not options.dry_run:
        store.require_writable()
    folder = jobs.make_folder()
    try:
        path = save_uploads(file, folder / "upload")
        if control_points is not None and control_points.filename:
            points = save_uploads([control_points], folder / "control_points")
            options.reading["control_points"] = points
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    job = jobs.submit(
        "import",
        import_upload,
        owner=principal.name,
        folder=folder,
        store=store,
        path=path,
        options=options,
        results=folder / "files",
    )
    return job.status()


def safe_name(name: str | None) -> str:
    """Return the last part of an uploaded file's name, fit for this machine's file system.

    Raises
    ------
    FormatError
        If nothing is left of it.
    """
    last = PurePosixPath(PureWindowsPath(unicodedata.normalize("NFC", name or "")).name).name
    kept = "".join(letter for letter in last if letter.isprintable()).strip().lstrip(".")
    if not kept or len(kept.encode()) > _MAX_NAME_BYTES:
        raise FormatError(f"{name!r} is no file name", zh=f"文件名“{name}”无效")
    return kept


def save_uploads(uploads: list[UploadFile], folder: Path) -> Path:
    """Write the uploads into a new folder and return the one that is to be read.

    Raises
    ------
    FormatError
        If it is not clear which one that is, or one was sent twice.
    """
    folder.mkdir()
    for upload in uploads:
        path = folder / safe_name(upload.filename)
        if path.exists():
            raise FormatError(f"{path.name} was sent twice", zh=f"文件“{path.name}”重复")
        with path.open("wb") as target:
            shutil.copyfileobj(upload.file, target)
    main = [path for path in sorted(folder.iterdir()) if path.suffix.lower() not in _SIDE_FILES]
    if len(main) != 1:
        names = ", ".join(path.name for path in main) or "none"
        raise FormatError(
            f"send one file to import, with its side files; to import there are: {names}",
            zh=f"一次只能导入一个文件（及其附属文件）；收到：{names}",
        )
    return main[0]
