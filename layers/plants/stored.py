"""Plants in the database: each is a plant file with its boundary, and may have further layouts.

A layout is a plant file of its own whose feature names in ``variant_of`` the plant that it would change. Files are kept
in EPSG:4490, whatever they came in: a map can then move their equipment.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import shapely
from shapely.geometry import mapping, shape

from geo.hazard.digest import digest_of
from geo.missing import is_missing
from geo.text import Text
from layers.errors import FormatError
from layers.plants.document import FeatureRecord, PlantFile, parse_plant, plant_of
from layers.plants.placing import digest_plant, place_file
from layers.plants.results import PLANT_LAYER, drop_assessment, drop_changed_sums
from layers.store import Store

__all__ = [
    "PLANT_LAYER",
    "StoredPlant",
    "add_layout",
    "end_plant",
    "find_obstacle",
    "list_plants",
    "make_plant_feature",
    "patch_plant_feature",
    "put_plant",
    "put_plant_feature",
    "refuse_layouts",
    "stored_plant",
]

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
    """Keep a plant and return it as kept; what was computed for it as it was ends where it is another one now.

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
    _keep(store, _feature_of(file, layout, variant_of), expected_version)
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


def make_plant_feature(feature: Mapping[str, Any], kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a plant that is given as a GeoJSON feature, checked and with all that follows from its file.

    Parameters
    ----------
    feature : mapping
        With the plant file in ``properties.document``.
    kept : mapping, optional
        Properties that hold where the feature does not state them.

    Raises
    ------
    FormatError, HazardError
        If there is no plant file, it makes no sense, or the feature says something else than the file.
    """
    given = dict(feature.get("properties") or {})
    wanted = {**(kept or {}), **given}
    if not isinstance(wanted.get("document"), Mapping):
        raise FormatError(
            "properties.document: a plant is its plant file; send it to /api/v1/plants or put it here",
            zh="properties.document：企业即其描述文件；请提交到 /api/v1/plants，或写在此处",
        )
    file = parse_plant(wanted["document"], name="properties.document")
    made = _feature_of(file, wanted.get("layout"), wanted.get("variant_of"))
    _refuse_contradictions(feature, given, made)
    return {**made, "properties": {**wanted, **made["properties"]}}


def end_plant(store: Store, id: str, *, expected_version: int) -> None:
    """End a stored plant now, with all that was computed for it.

    Raises
    ------
    ConflictError, NotFoundError
        As for :meth:`layers.store.Store.supersede_feature`.
    """
    plant = stored_plant(store, id)
    store.supersede_feature(PLANT_LAYER, id, expected_version=expected_version)
    _drop_results(store, plant)
    drop_changed_sums(store, [id])


def find_obstacle(store: Store, file: PlantFile) -> Text | None:
    """Return why what is computed for a plant file must not be kept as what holds of the plant; None where it may be.

    Stored results count: rules measure to the contours, grids add them up. They are those of plants as they stand, and
    of one plant for each feature. A layout that nobody has built, a file that says something else than the stored
    plant, and one that names the feature which another stored plant is, would take the place of what holds.
    """
    plants = {row["id"]: row for row in store.read(PLANT_LAYER).to_dict("records")}
    id, feature = file.plant.id, file.plant.feature
    if id in plants and not is_missing(plants[id]["variant_of"]):
        return _tell_unbuilt(id, plants[id]["variant_of"])
    if id in plants and digest_of(plants[id]["document"]) != digest_plant(file):
        return Text(
            f"已入库的企业“{id}”与本次计算的描述文件不同：结果未入库；请先保存到该企业，再重新计算",
            f"the stored plant {id!r} is another one than this file: nothing is stored; save the file as that plant "
            "first, then compute again",
        )
    others = [] if feature is None else [other for other, row in plants.items() if _is_feature(row, feature)]
    if feature is None or not set(others) - {id}:
        return None
    place, other = f"{feature.layer}/{feature.id}", min(set(others) - {id})
    return Text(
        f"要素 {place} 已是企业“{other}”：结果未入库；请改用该编号，或修改 plant.feature",
        f"the feature {place} is the stored plant {other!r}: nothing is stored; take its id, or change plant.feature",
    )


def refuse_layouts(store: Store, files: Iterable[PlantFile]) -> None:
    """Refuse stored layouts where a sum of plants is to be kept.

    Raises
    ------
    FormatError
        If one of the files is a layout that nobody has built.
    """
    variants = {row["id"]: row["variant_of"] for row in list_plants(store)}
    for file in files:
        if variants.get(file.plant.id) is not None:
            told = _tell_unbuilt(file.plant.id, variants[file.plant.id])
            raise FormatError(told.en, zh=told.zh)


def _tell_unbuilt(id: str, present_id: str) -> Text:
    return Text(
        f"“{id}”是企业“{present_id}”的布局方案，尚未建成：结果不入库，现状的等值线、检查结果和栅格不变",
        f"{id!r} is a layout of {present_id!r} that nobody has built: nothing is stored; contours, findings and raster "
        "of the plant as it is stay",
    )


def _is_feature(row: Mapping[Any, Any], feature: FeatureRecord) -> bool:
    """Return whether a stored plant as it stands, no layout of one, is a feature."""
    said = row["document"]["plant"].get("feature")
    return is_missing(row["variant_of"]) and said == {"layer": feature.layer, "id": feature.id}


def _write_feature(
    store: Store, feature: Mapping[str, Any], kept: Mapping[str, Any], expected_version: int | None
) -> dict[str, Any]:
    return _keep(store, make_plant_feature(feature, kept), expected_version)


def _keep(store: Store, feature: dict[str, Any], expected_version: int | None) -> dict[str, Any]:
    """Write a plant; contours of the plant as it was would be drawn, and measured to, as if they were of this one."""
    former = None if expected_version is None else stored_plant(store, feature["id"])
    written = store.write_feature(PLANT_LAYER, feature, expected_version=expected_version)
    if former is not None and digest_plant(former.file) != digest_of(feature["properties"]["document"]):
        _drop_results(store, former)
    drop_changed_sums(store, [feature["id"]])
    return written


def _drop_results(store: Store, plant: StoredPlant) -> None:
    """End what was computed for a plant; of a layout nothing is kept, and what it names as its feature is the plant."""
    if plant.variant_of is None:
        drop_assessment(store, plant.file)


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
