"""Checks: proposals sent along, and the river setback of all that is stored."""

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, UploadFile
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import PrincipalDep
from api.actions.checks import (
    CheckedFile,
    check_file,
    check_layout,
    run_setback,
    write_check_bundle,
    write_check_letter,
)
from api.deps import AppliedRulesDep, JobsDep, SettingsDep, StoreDep, WritableStoreDep
from api.jobs import JobStatus
from api.parameters import Language
from api.queries import today
from api.results.checks import CheckResult, LayoutResult
from api.routes.imports import MAX_FILES, ReadingDep, save_uploads
from api.settings import Settings
from layers.exchange.importing import ReadingOptions
from layers.siting.checks import SETBACK_LAYERS, choose_subject_layers

__all__ = ["ProposalsIn", "make_router", "router", "save_proposals"]

router = APIRouter(tags=["checks"])

_MAX_PROPOSALS = 2_000


class ProposalsIn(BaseModel):
    """A GeoJSON FeatureCollection; one that names no coordinate system counts as WGS 84 (RFC 7946), with a note."""

    model_config = ConfigDict(extra="allow")

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]] = Field(min_length=1, max_length=_MAX_PROPOSALS)
    crs: dict[str, Any] | None = None


class ParkLayoutIn(BaseModel):
    """Which park to check, on which day; by default today in China."""

    model_config = ConfigDict(extra="forbid")

    park: str = Field(min_length=1, description="id in the layer chemical_parks")
    on: date | None = None
    with_advisory: bool = Field(default=False, description="count rules of recalled or disputed standing")


class SetbackIn(BaseModel):
    """Which facilities to check, on which day; by default today in China."""

    model_config = ConfigDict(extra="forbid")

    on: date | None = None
    layers: list[str] = Field(default=list(SETBACK_LAYERS), min_length=1)
    with_advisory: bool = Field(default=False, description="count rules of recalled or disputed standing")


DayDep = Annotated[date | None, Query(description="day of the decision; default: today in China")]

LetterFormat = Literal["docx", "pdf", "xlsx"]
_OFFICE = "application/vnd.openxmlformats-officedocument"
_MEDIA_TYPES: dict[LetterFormat, str] = {
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "pdf": "application/pdf",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
}
_BUNDLE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {}}, "description": "the bundle"}
}
_LETTER: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in _MEDIA_TYPES.values()}, "description": "the letter"}
}


def make_router(settings: Settings) -> APIRouter:
    """Return the router of checks of files; its request bodies may be as large as the settings allow."""
    files = APIRouter(tags=["checks"])
    files.post(
        "/check/file",
        response_model=CheckResult,
        max_body_size=settings.upload_limit_bytes,
        form_limits={"max_files": MAX_FILES, "max_fields": 200},
    )(check_upload)
    return files


def check_sent(
    proposals: ProposalsIn,
    store: StoreDep,
    rules: AppliedRulesDep,
    on: DayDep = None,
    crs: Annotated[
        str | None, Query(description="coordinate system, where the member crs is missing")
    ] = None,
    accuracy_m: Annotated[
        float | None,
        Query(gt=0, allow_inf_nan=False, description="accuracy in metres, where a plot has none"),
    ] = None,
) -> CheckedFile:
    """Return what is answered on the plots of the request."""
    with tempfile.TemporaryDirectory(prefix="riskmap-check-") as folder:
        path = save_proposals(proposals, Path(folder))
        reading: ReadingOptions = {"crs": crs, "accuracy_m": accuracy_m}
        return check_file(store, path, reading, on=on or today(), pack=rules)


CheckedDep = Annotated[CheckedFile, Depends(check_sent)]


@router.post("/check", response_model=CheckResult)
def check_proposals(checked: CheckedDep) -> JSONResponse:
    """Check plots (id, name, kind, state, purpose and quantities) against the stored layers, by all rules.

    Nothing is stored. Rows that cannot be read are in ``rejected``; where none can, that is an error.
    """
    # Answered as it is: the tests hold the results against the published shape.
    return JSONResponse(checked.result)


@router.post("/check/letter", responses=_LETTER, response_class=Response)
def write_opinion(
    checked: CheckedDep,
    store: StoreDep,
    format: Annotated[LetterFormat, Query(description="Word, PDF, or the Excel annex")] = "docx",
    lang: Language = "zh",
) -> Response:
    """Check plots and return the opinion letter (选址安全审查意见) as a file."""
    with tempfile.TemporaryDirectory(prefix="riskmap-letter-") as folder:
        path = Path(folder, f"opinion.{format}")
        write_check_letter(store, checked, path, language=lang)
        return _attach(path, _MEDIA_TYPES[format])


@router.post("/check/bundle", responses=_BUNDLE, response_class=Response)
def write_evidence(checked: CheckedDep, store: StoreDep, settings: SettingsDep) -> Response:
    """Check plots and return the evidence bundle, signed if the server has a key; ``riskmap verify`` recomputes it."""
    with tempfile.TemporaryDirectory(prefix="riskmap-bundle-") as folder:
        path = Path(folder, "evidence.zip")
        overlays, key = settings.rule_pack_paths, settings.signing_key_file
        write_check_bundle(store, checked, path, overlays=overlays, signing_key=key)
        return _attach(path, "application/zip")


def _attach(path: Path, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{path.name}"'}
    return Response(path.read_bytes(), media_type=media_type, headers=headers)


def save_proposals(proposals: ProposalsIn, folder: Path) -> Path:
    """Write proposals into a folder, as a file that is read like any other."""
    path = folder / "proposals.geojson"
    path.write_text(json.dumps(proposals.model_dump(exclude_unset=True)), encoding="utf-8")
    return path


def check_upload(
    file: list[UploadFile],
    reading: ReadingDep,
    store: StoreDep,
    rules: AppliedRulesDep,
    on: DayDep = None,
) -> JSONResponse:
    """Check the plots of a file in any format that can be imported; a shapefile comes as all of its files.

    Nothing is stored.
    """
    with tempfile.TemporaryDirectory(prefix="riskmap-check-") as folder:
        path = save_uploads(file, Path(folder, "upload"))
        checked = check_file(store, path, reading, on=on or today(), pack=rules, max_rows=_MAX_PROPOSALS)
    return JSONResponse(checked.result)


@router.post("/layout", response_model=LayoutResult)
def check_layout_of_park(wanted: ParkLayoutIn, store: StoreDep) -> JSONResponse:
    """Check the layout of a stored park: spacing of every pair, zones, control rooms, crowded places, wind, height."""
    day = wanted.on or today()
    return JSONResponse(check_layout(store, wanted.park, on=day, with_advisory=wanted.with_advisory))


@router.post("/setback", status_code=202)
def start_setback(
    store: WritableStoreDep, jobs: JobsDep, principal: PrincipalDep, wanted: SetbackIn | None = None
) -> JobStatus:
    """Check all stored facilities against the rivers and store the findings: the answer is a job."""
    wanted = wanted or SetbackIn()
    layers = choose_subject_layers(wanted.layers)
    job = jobs.submit(
        "setback",
        run_setback,
        owner=principal.name,
        store=store,
        on=wanted.on or today(),
        layers=layers,
        with_advisory=wanted.with_advisory,
    )
    return job.status()
