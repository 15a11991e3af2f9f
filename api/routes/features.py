"""Features of a layer: the view of a map, one feature, its versions, and changes.

Nothing is overwritten: every change makes a new version, and says in ``If-Match`` which version it was made
to, so that two people cannot undo each other's work unseen.
"""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.deps import (
    AtDep,
    BoundsDep,
    LayerDep,
    RequiredVersionDep,
    StoreDep,
    VersionDep,
    WhereDep,
    WritableLayerDep,
)
from api.edges import densify_geometry
from api.parameters import FeatureId, KnownETag, Limit, Offset
from geo.errors import CrsError
from layers.errors import NotFoundError
from layers.exchange import single_features
from layers.geojson import CRS_MEMBER, collection_text, feature_texts

__all__ = ["GEOJSON", "MAX_FEATURES", "FeatureIn", "not_modified", "router"]

GEOJSON = "application/geo+json"
"""Media type of RFC 7946."""

MAX_FEATURES = 10_000
"""Most features of one answer; ask for the next page with ``offset``."""

router = APIRouter(prefix="/layers/{slug}/features", tags=["features"])

Responses = dict[int | str, dict[str, Any]]

_COLLECTION: Responses = {
    200: {"content": {GEOJSON: {}}, "description": "FeatureCollection with number_matched"}
}
_FEATURE: Responses = {200: {"content": {GEOJSON: {}}, "description": "Feature; its version is the ETag"}}


class FeatureIn(BaseModel):
    """A GeoJSON feature in CGCS2000 (EPSG:4490), longitude before latitude."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["Feature"]
    id: str | None = None
    geometry: dict[str, Any] | None = None
    properties: dict[str, Any] = Field(default_factory=dict)
    crs: dict[str, Any] | None = None


class PatchIn(BaseModel):
    """What to change; a property set to null becomes missing, one left out stays."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["Feature"] = "Feature"
    id: str | None = None
    geometry: dict[str, Any] | None = None
    properties: dict[str, Any] = Field(default_factory=dict)


class VersionsOut(BaseModel):
    """All versions of a feature, oldest first."""

    versions: list[dict[str, Any]]


@router.get("", responses=_COLLECTION, response_class=Response)
def list_features(
    layer: LayerDep,
    store: StoreDep,
    bounds: BoundsDep,
    where: WhereDep,
    at: AtDep,
    request: Request,
    limit: Annotated[Limit, Field(ge=0, le=MAX_FEATURES)] = 1000,
    offset: Offset = 0,
    if_none_match: KnownETag = None,
) -> Response:
    """Return features ordered by id.

    Any field of the layer is a filter (``state=new``); given twice, either value matches; empty, a missing value.
    """
    data_version = store.data_version([layer.slug])
    etag = f'W/"{data_version}"'
    if if_none_match == etag:
        return not_modified(etag)
    frame = store.read(layer.slug, bounds=bounds, where=where, at=at, limit=limit, offset=offset)
    matched = store.count(layer.slug, bounds=bounds, where=where, at=at)
    text = collection_text(
        feature_texts(frame), number_matched=matched, number_returned=len(frame), data_version=data_version
    )
    return Response(text, media_type=GEOJSON, headers=_keep(etag))


# Ids may hold slashes: the longer address stands first.
@router.get("/{feature_id:path}/versions", response_model=VersionsOut)
def list_versions(
    layer: LayerDep, feature_id: FeatureId, store: StoreDep, at: AtDep
) -> VersionsOut | Response:
    """Return all versions of a feature; where there is none of that id, the feature whose id ends in ``/versions``."""
    own = f"{feature_id}/versions"
    try:
        return VersionsOut(versions=store.versions(layer.slug, feature_id))
    except NotFoundError:
        if not len(store.read(layer.slug, ids=[own], at=at)):
            raise
    return _answer(store.feature(layer.slug, own, at))


@router.get("/{feature_id:path}", responses=_FEATURE, response_class=Response)
def get_feature(layer: LayerDep, feature_id: FeatureId, store: StoreDep, at: AtDep) -> Response:
    """Return one feature."""
    return _answer(store.feature(layer.slug, feature_id, at))


@router.post("", status_code=201, responses={201: _FEATURE[200]}, response_class=Response)
def create_feature(
    layer: WritableLayerDep, feature: FeatureIn, store: StoreDep, version: VersionDep
) -> Response:
    """Store a new feature, or with ``If-Match`` the next version of one.

    Long edges get the vertices that keep them straight as given (geodesics between vertices leave them by less than
    1 mm), as in imports.
    Without ``If-Match`` the id must be new (412 otherwise); a feature without id is given one.
    """
    _check_crs(feature.crs)
    given = feature.model_dump(exclude={"crs"})
    own = feature.properties.get("id")
    if feature.id is None and isinstance(own, str):  # as many programs write it
        given["id"] = own
    given["geometry"] = densify_geometry(feature.geometry)
    stored = single_features.put_feature(store, layer.slug, given, expected_version=version)
    response = _answer(stored, status=201)
    response.headers["Location"] = f"/api/v1/layers/{layer.slug}/features/{quote(stored['id'], safe='')}"
    return response


@router.patch("/{feature_id:path}", responses=_FEATURE, response_class=Response)
def patch_feature(
    layer: WritableLayerDep,
    feature_id: FeatureId,
    changes: PatchIn,
    store: StoreDep,
    version: RequiredVersionDep,
) -> Response:
    """Store a new version with some properties or the geometry changed."""
    given = changes.model_dump(exclude_unset=True)
    if "geometry" in given:
        given["geometry"] = densify_geometry(changes.geometry)
    stored = single_features.patch_feature(store, layer.slug, feature_id, given, expected_version=version)
    return _answer(stored)


@router.delete("/{feature_id:path}", status_code=204)
def end_feature(
    layer: WritableLayerDep, feature_id: FeatureId, store: StoreDep, version: RequiredVersionDep
) -> None:
    """End the current version; what was stays readable with ``at``."""
    single_features.end_feature(store, layer.slug, feature_id, expected_version=version)


def not_modified(etag: str) -> Response:
    """Return the answer to a browser that has the same already."""
    return Response(status_code=304, headers=_keep(etag))


def _keep(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": "private, no-cache"}


def _answer(feature: dict[str, Any], status: int = 200) -> Response:
    etag = f'"{feature["properties"]["version"]}"'
    return JSONResponse({**feature, "crs": CRS_MEMBER}, status, headers=_keep(etag), media_type=GEOJSON)


def _check_crs(crs: dict[str, Any] | None) -> None:
    if crs is not None and crs != CRS_MEMBER:
        raise CrsError(
            "single features are stored in CGCS2000 (urn:ogc:def:crs:EPSG::4490); use /api/v1/imports for others",
            zh="单个要素须为 CGCS2000（EPSG:4490）；其他坐标系请用导入功能",
        )
