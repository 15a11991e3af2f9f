"""Plants in the database: each is a plant file with its boundary, and may have further layouts.

A layout is a plant file of its own whose feature names in ``variant_of`` the plant that it would change. Files are kept
in EPSG:4490, whatever they came in: a map can then move their equipment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import shapely
from shapely.geometry import mapping, shape

from geo.crs import SourceCrs, resolve_crs
from geo.hazard.plant import Plant
from layers.errors import FormatError
from layers.plants import PlantFile, parse_plant, plant_of
from layers.store import Store

__all__ = [
    "PLANT_LAYER",
    "StoredPlant",
    "add_layout",
    "list_plants",
    "patch_plant_feature",
    "place_file",
    "put_plant",
    "put_plant_feature",
    "stored_plant",
]

PLANT_LAYER = "plants"
"""Layer whose features are plant files; they are written by the functions of this module alone."""

_OWN = frozenset({"document", "layout", "variant_of"})
"""What a feature of a plant says itself; the rest follows from its file."""
_SAME_PLACE_DEG = 1e-9
_ILLUSTRATIVE = "illustrative"


@dataclass(frozen=True)
class StoredPlant:
    """A plant file as it is kept.

    Attributes
    ----------
    version : int
        To be named by who changes it.
    layout, variant_of : str or None
        Name of the layout and id of the plant that it would change; None for a plant as it is.
    file : PlantFile
        In EPSG:4490.
    """

    version: int
    layout: str | None
    variant_of: str | None
    file: PlantFile

    def describe(self) -> dict[str, Any]:
        """Return the plant without its file, as lists show it."""
        return {
            "id": self.file.plant.id,
            "name": self.file.plant.name,
            "state": self.file.plant.state,
            "illustrative": self.file.illustrative,
            "layout": self.layout,
            "variant_of": self.variant_of,
            "version": self.version,
            "equipment": _equipment_count(self.file),
        }


def list_plants(store: Store) -> list[dict[str, Any]]:
    """Return the stored plants without their files, by id; layouts stand among them."""
    columns = ["id", "name", "state", "layout", "variant_of", "version"]
    frame = store.read(PLANT_LAYER)
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {
            **{name: row[name] for name in columns},
            "illustrative": row["source"] == _ILLUSTRATIVE,
            "equipment": row["equipment_count"],
        }
        for row in plain.to_dict("records")
    ]


def stored_plant(store: Store, id: str) -> StoredPlant:
    """Return a stored plant.

    Raises
    ------
    NotFoundError
        If there is none of that id.
    FormatError
        If what is stored is no plant file.
    """
    properties = store.feature(PLANT_LAYER, id)["properties"]
    return StoredPlant(
        version=properties["version"],
        layout=properties["layout"],
        variant_of=properties["variant_of"],
        file=parse_plant(properties["document"], name=id),
    )


def put_plant(
    store: Store,
    file: PlantFile,
    *,
    expected_version: int | None = None,
    layout: str | None = None,
    variant_of: str | None = None,
) -> StoredPlant:
    """Keep a plant and return it as kept.

    Parameters
    ----------
    store : Store
    file : PlantFile
        In any coordinate system.
    expected_version : int or None
        Version that it replaces; None: it must be new.
    layout, variant_of : str, optional
        Name of the layout, and id of the plant that it would change.

    Raises
    ------
    ConflictError
        If the stored version is another one.
    HazardError, FormatError
        If the plant makes no sense.
    """
    feature = _feature_of(file, layout, variant_of)
    store.write_feature(PLANT_LAYER, feature, expected_version=expected_version)
    return stored_plant(store, file.plant.id)


def put_plant_feature(
    store: Store, feature: Mapping[str, Any], *, expected_version: int | None
) -> dict[str, Any]:
    """Keep a plant that is given as a GeoJSON feature and return the feature as stored.

    Parameters
    ----------
    store : Store
    feature : mapping
        With the plant file in ``properties.document``; what else follows from the file may be left out.
    expected_version : int or None
        Version that it replaces; None: it must be new.

    Raises
    ------
    FormatError, HazardError
        If there is no plant file, it makes no sense, or the feature says something else than the file.
    ConflictError
        If the stored version is another one.
    """
    return _write_feature(store, feature, {}, expected_version)


def patch_plant_feature(
    store: Store, id: str, changes: Mapping[str, Any], *, expected_version: int
) -> dict[str, Any]:
    """Change the plant file, or the names of the layout, of a stored plant and return its feature as stored.

    Parameters
    ----------
    store : Store
    id : str
    changes : mapping
        GeoJSON feature with what changes.
    expected_version : int

    Raises
    ------
    NotFoundError
        If there is no such plant.
    FormatError, HazardError, ConflictError
        As for `put_plant_feature`.
    """
    stored = store.feature(PLANT_LAYER, id)["properties"]
    kept = {name: value for name, value in stored.items() if name not in {"valid_from", "version"}}
    return _write_feature(store, {**changes, "id": changes.get("id", id)}, kept, expected_version)


def _write_feature(
    store: Store, feature: Mapping[str, Any], kept: Mapping[str, Any], expected_version: int | None
) -> dict[str, Any]:
    given = dict(feature.get("properties") or {})
    wanted = {**kept, **given}
    if not isinstance(wanted.get("document"), Mapping):
        raise FormatError(
            "properties.document: a plant is its plant file; send it to /api/v1/plants or put it here",
            zh="properties.document：企业即其描述文件；请提交到 /api/v1/plants，或写在此处",
        )
    file = parse_plant(wanted["document"], name="properties.document")
    made = _feature_of(file, wanted.get("layout"), wanted.get("variant_of"))
    _refuse_contradictions(feature, given, made)
    made["properties"] = {**wanted, **made["properties"]}
    return store.write_feature(PLANT_LAYER, made, expected_version=expected_version)


def _refuse_contradictions(
    feature: Mapping[str, Any], given: Mapping[str, Any], made: Mapping[str, Any]
) -> None:
    """Refuse a feature that says something else than its plant file: which of the two is meant nobody knows."""
    follows = {name: value for name, value in made["properties"].items() if name not in _OWN}
    wrong = [f"properties.{name}" for name in follows if name in given and given[name] != follows[name]]
    if feature.get("id") not in {None, made["id"]}:
        wrong.insert(0, "id")
    boundary = feature.get("geometry")
    if boundary is not None and not _is_same_place(boundary, made["geometry"]):
        wrong.append("geometry")
    if wrong:
        names = ", ".join(wrong)
        raise FormatError(
            f"{names}: not what the plant file says; change it in properties.document",
            zh=f"{names}：与企业描述文件不一致；请在 properties.document 中修改",
        )


def _is_same_place(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether two boundaries cover the same ground; vertices along an edge do not count."""
    given, own = shape(one), shape(other)
    if not given.is_valid:
        return False
    return bool(shapely.symmetric_difference(given, own).area <= _SAME_PLACE_DEG * own.length)


def _feature_of(file: PlantFile, layout: str | None, variant_of: str | None) -> dict[str, Any]:
    """Return a plant, checked, as a feature of its layer."""
    plant = plant_of(file)
    placed = place_file(file, plant)
    return {
        "type": "Feature",
        "id": plant.id,
        "geometry": mapping(plant.boundary),
        "properties": {
            "name": plant.name,
            "source": _ILLUSTRATIVE if file.illustrative else file.source,
            "accuracy_m": placed.plant.accuracy_m,
            "state": plant.state,
            "layout": layout,
            "variant_of": variant_of,
            "equipment_count": _equipment_count(file),
            "document": placed.model_dump(mode="json", exclude_none=True),
        },
    }


def add_layout(store: Store, present_id: str, layout: str, file: PlantFile) -> StoredPlant:
    """Keep another layout of a stored plant under an id of its own and return it as kept.

    Raises
    ------
    NotFoundError
        If the plant is not stored.
    FormatError
        If the plant is itself a layout.
    """
    present = stored_plant(store, present_id)
    if present.variant_of is not None:
        raise FormatError(
            f"{present_id!r} is a layout of {present.variant_of!r}; save a layout of the plant itself",
            zh=f"“{present_id}”本身是“{present.variant_of}”的方案；请在该企业下另存方案",
        )
    own = file.plant.model_copy(update={"id": _free_id(store, present_id)})
    return put_plant(store, file.model_copy(update={"plant": own}), layout=layout, variant_of=present_id)


def _free_id(store: Store, present_id: str) -> str:
    """Return the first of ``<id>-2``, ``<id>-3`` … that no plant has."""
    known = {row["id"] for row in list_plants(store)}
    return next(name for name in (f"{present_id}-{n}" for n in count(2)) if name not in known)


def _equipment_count(file: PlantFile) -> int:
    return sum(len(unit.equipment) for unit in file.units)


def place_file(file: PlantFile, plant: Plant) -> PlantFile:
    """Return a plant's file with all positions in EPSG:4490; one that is in it already stays to the last digit."""
    if _is_geographic_cgcs2000(resolve_crs(file.crs)):
        return file
    content = file.model_dump(mode="json", exclude_none=True)
    content["crs"] = "EPSG:4490"
    content["plant"]["boundary"] = _ring(plant.boundary)
    if plant.accuracy_m is not None:
        content["plant"]["accuracy_m"] = plant.accuracy_m
    for record, unit in zip(content["units"], plant.units, strict=True):
        if unit.boundary is not None:
            record["boundary"] = _ring(unit.boundary)
        for item, placed in zip(record["equipment"], unit.equipment, strict=True):
            item["position"] = [placed.lon, placed.lat]
    return parse_plant(content, name=plant.id)


def _is_geographic_cgcs2000(source: SourceCrs) -> bool:
    moved = source.projected or source.shift is not None or source.datum_change is not None
    return not moved and source.added_accuracy_m == 0.0


def _ring(area: shapely.Polygon) -> list[list[float]]:
    return [[float(lon), float(lat)] for lon, lat in shapely.get_coordinates(area.exterior)]
