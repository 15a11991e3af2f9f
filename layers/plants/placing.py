"""Plant files in EPSG:4490, as they are kept and compared."""

import shapely

from geo.crs import SourceCrs, resolve_crs
from geo.hazard.digest import digest_of
from geo.hazard.plant import Plant
from layers.plants.document import PlantFile, parse_plant, plant_of

__all__ = ["digest_plant", "place_file"]


def digest_plant(file: PlantFile) -> str:
    """Return the digest of a plant file as it would be kept, whatever coordinate system it came in."""
    placed = place_file(file, plant_of(file))
    return digest_of(placed.model_dump(mode="json", exclude_none=True))


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
