"""What the parameters of addresses are called, and what each of them means: one word, one description.

A route says the range of a number itself: ``limit: Annotated[Limit, Field(ge=0, le=500)] = 50``.
"""

from datetime import date
from typing import Annotated, Literal

from fastapi import Header, Path, Query

from geo.standing import Standing

__all__ = [
    "AdvisoryFilter",
    "AreaCode",
    "CellId",
    "ConclusionFilter",
    "CrsName",
    "Day",
    "DecidedFilter",
    "FeatureId",
    "FileExtension",
    "FileName",
    "HeaderLanguage",
    "JobId",
    "KindFilter",
    "KnownETag",
    "Language",
    "LayerFilter",
    "LayerSlug",
    "LayerSlugs",
    "LayersFilter",
    "Limit",
    "ListFilter",
    "MetricFilter",
    "Moment",
    "NewRun",
    "Offset",
    "OldRun",
    "PipelineId",
    "PlantId",
    "PondId",
    "RasterId",
    "RuleFilter",
    "RuleId",
    "RunId",
    "StandingFilter",
    "SubjectIdFilter",
    "SumId",
    "TiandituLayer",
    "TileColumn",
    "TileRow",
    "TileVersion",
    "TileZoom",
    "VerdictsFilter",
]

_MAX_OFFSET = 2**63 - 1
"""Largest number that both databases take."""

CellId = Annotated[str, Path(description="H3 index of the cell, 15 hexadecimal digits")]
Day = Annotated[date, Path(description="day in China, YYYY-MM-DD")]
FeatureId = Annotated[str, Path(description="id of the feature in its layer; slashes may stand in it")]
FileExtension = Annotated[
    str, Path(description="extension of the file's format, such as geojson, gpkg or csv")
]
FileName = Annotated[str, Path(description="name of a file that the job lists")]
JobId = Annotated[str, Path(description="id of the job, as its start answered")]
LayerSlug = Annotated[str, Path(description="slug of the layer, as /api/v1/layers lists it")]
LayerSlugs = Annotated[str, Path(description="slug of the layer, or of several with commas between them")]
PipelineId = Annotated[str, Path(description="id of the pipeline in the layer pipelines")]
PlantId = Annotated[str, Path(description="id of the stored plant or layout")]
PondId = Annotated[str, Path(description="id of the pond in its layer")]
RasterId = Annotated[str, Path(description="id of the raster, as /api/v1/rasters lists it")]
RuleId = Annotated[str, Path(description="id of the rule, as /api/v1/rules lists it")]
RunId = Annotated[str, Path(description="id of the run that made the grid, as /api/v1/grids lists it")]
SumId = Annotated[str, Path(description="id of the run that added the plants up")]
TileColumn = Annotated[int, Path(ge=0, description="column of the tile, from the west, in tiles of the zoom")]
TileRow = Annotated[int, Path(ge=0, description="row of the tile, from the north, in tiles of the zoom")]
TileVersion = Annotated[
    str, Path(description="version of what is drawn; a tile of the present one may be kept")
]
TileZoom = Annotated[
    int, Path(description="zoom level of the tile in web Mercator; 0 is the world in one tile")
]
TiandituLayer = Annotated[
    Literal["vec", "cva", "img", "cia", "ter", "cta"],
    Path(description="map of Tianditu: vec streets, img pictures, ter terrain; cva, cia, cta their names"),
]

AdvisoryFilter = Annotated[
    bool | None,
    Query(description="only findings of advisory rules (true) or of others (false); default: all"),
]
AreaCode = Annotated[str, Query(description="division code (GB/T 2260), or all")]
ConclusionFilter = Annotated[str | None, Query(description="only facilities of this conclusion")]
CrsName = Annotated[str, Query(description="coordinate system of the file, such as EPSG:4490")]
DecidedFilter = Annotated[
    bool | None, Query(description="only findings beyond doubt (true) or in doubt (false); default: all")
]
HeaderLanguage = Annotated[
    Literal["en", "zh"], Query(description="language of the columns' names: en (fields) or zh")
]
KindFilter = Annotated[str | None, Query(description="only facilities of this kind")]
Language = Annotated[Literal["zh", "en"], Query(description="language of the file: zh or en")]
LayerFilter = Annotated[
    str | None, Query(description="only facilities of this layer (slug), and findings on them")
]
LayersFilter = Annotated[list[str] | None, Query(description="only these layers (slugs); default: all")]
Limit = Annotated[int, Query(description="most rows or features of the answer")]
ListFilter = Annotated[
    str | None, Query(alias="list", description="fail, legacy, undecidable, conditional or pass")
]
MetricFilter = Annotated[str | None, Query(description="only grids of this metric")]
Moment = Annotated[
    str | None,
    Query(description="date (end of that day in China) or time with zone; default: current state"),
]
NewRun = Annotated[str, Query(description="id of the run of the later grid")]
Offset = Annotated[
    int, Query(ge=0, le=_MAX_OFFSET, description="rows or features passed over before the first")
]
OldRun = Annotated[str, Query(description="id of the run of the earlier grid")]
RuleFilter = Annotated[str | None, Query(description="only findings of this rule (id)")]
StandingFilter = Annotated[Standing | None, Query(description="only rules of this standing")]
SubjectIdFilter = Annotated[str | None, Query(description="only findings on the facility of this id")]
VerdictsFilter = Annotated[list[str] | None, Query(description="only these verdicts; default: all")]

KnownETag = Annotated[
    str | None, Header(description="ETag of the answer that is held already; 304 while it is the present one")
]
