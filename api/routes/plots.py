"""Plots of a file, read and handed back: a map shows them, and a person completes them, before they are checked."""

import re
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Response, UploadFile
from pydantic import BaseModel, Field

from api.errors import RejectedError
from api.results.shapes import RejectionOut
from api.routes.features import GEOJSON
from api.routes.imports import MAX_FILES, ReadingDep, save_uploads
from api.settings import Settings
from layers.errors import FormatError
from layers.exchange.importing import ReadingOptions, read_features
from layers.geojson import collection_text, feature_texts

__all__ = ["PlotsOut", "make_router", "parse_control_points"]

_MAX_PLOTS = 200
"""Most plots of a file that a person looks at one by one; ``POST /check/file`` takes more."""


class PlotsOut(BaseModel):
    """The plots of a file in CGCS2000 (EPSG:4490), and what became of the rest of it."""

    type: Literal["FeatureCollection"]
    crs: dict[str, Any]
    features: list[dict[str, Any]]
    rejected: list[RejectionOut] = Field(description="rows that could not be read")
    notes: list[str] = Field(description="what was taken for granted or converted, in English")
    notes_zh: list[str]


def make_router(settings: Settings) -> APIRouter:
    """Return the router; its request bodies may be as large as the settings allow."""
    router = APIRouter(tags=["checks"])
    router.post(
        "/plots",
        response_model=PlotsOut,
        max_body_size=settings.upload_limit_bytes,
        form_limits={"max_files": MAX_FILES, "max_fields": 200},
    )(read_plots)
    return router


ControlPointsDep = Annotated[
    str | None,
    Form(
        description="x, y in the drawing, then easting and northing or lon and lat in crs; one point a line"
    ),
]


def read_plots(
    file: list[UploadFile], reading: ReadingDep, control_points: ControlPointsDep = None
) -> Response:
    """Read the plots of a file in any format that can be imported; nothing is stored and nothing checked.

    A shapefile comes as all of its files, or as a zip archive; a drawing that states no coordinate system with two or
    more control points.
    """
    if control_points and control_points.strip():
        reading["control_points"] = parse_control_points(control_points)
    with tempfile.TemporaryDirectory(prefix="riskmap-plots-") as folder:
        text = _plots_text(save_uploads(file, Path(folder, "upload")), reading)
    return Response(text, media_type=GEOJSON)


def parse_control_points(text: str) -> list[tuple[float, float, float, float]]:
    """Return control points typed one a line, four numbers each.

    Raises
    ------
    FormatError
        If a line has other than four numbers.
    """
    points = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        words = re.split(r"[\s,，;；]+", line.strip())
        try:
            x, y, east, north = (float(word) for word in words)
        except ValueError as error:
            raise FormatError(
                f"control point in line {number}: {line.strip()!r} is not four numbers "
                "(x, y in the drawing, then easting and northing or lon and lat)",
                zh=f"第 {number} 行控制点“{line.strip()}”不是四个数（图上 x、y，再加东、北坐标或经度、纬度）",
            ) from error
        points.append((x, y, east, north))
    return points


def _plots_text(path: Path, reading: ReadingOptions) -> str:
    frame, report = read_features(path, "proposals", **reading)
    rejected = [vars(rejection) for rejection in report.rejected]
    if not report.accepted:
        raise RejectedError.of_rows(rejected)
    if report.accepted > _MAX_PLOTS:
        raise FormatError(
            f"{path.name} has {report.accepted} plots; at most {_MAX_PLOTS} are looked at one by one",
            zh=f"{path.name} 共 {report.accepted} 个地块；逐个审查时最多 {_MAX_PLOTS} 个",
        )
    return collection_text(
        feature_texts(frame), rejected=rejected, notes=report.notes, notes_zh=report.notes_zh
    )
