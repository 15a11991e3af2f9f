"""Assessed plants in the database: contours for the map and for siting rules, findings beside those of the rules."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
from shapely.geometry import shape

from layers.checks import store_findings
from layers.plants import PlantFile
from layers.store import Store

__all__ = ["DISTANCE_SOURCE", "StoredAssessment", "store_assessment"]

DISTANCE_SOURCE = "riskmap distance"
"""Source of the findings and contours of this engine."""

StoredAssessment = dict[str, int]
"""How many ``contours`` and ``findings`` were stored."""


def store_assessment(store: Store, file: PlantFile, result: Mapping[str, Any]) -> StoredAssessment:
    """Store contours and findings of a plant; former ones of the same plant are superseded.

    Findings are stored where the file names the feature that the plant is.

    Parameters
    ----------
    store : Store
    file : PlantFile
    result : mapping
        As published by :func:`layers.distances.describe_assessment`.
    """
    subject = file.plant.id if file.plant.feature is None else file.plant.feature.id
    contours = _contour_rows(file, result, subject)
    store.write("risk_contours", contours, replacing={"subject_id": subject})
    if file.plant.feature is None:
        return {"contours": len(contours), "findings": 0}
    layer = file.plant.feature.layer
    proposal = {"layer": layer, "id": subject, "name": file.plant.name, "findings": result["findings"]}
    findings = store_findings(
        store, {"proposals": [proposal]}, [layer], subjects=[subject], source=DISTANCE_SOURCE
    )
    return {"contours": len(contours), "findings": findings}


def _contour_rows(file: PlantFile, result: Mapping[str, Any], subject: str) -> gpd.GeoDataFrame:
    rows = [
        {
            "id": f"{file.plant.id}/{contour['risk_per_year']:.0e}",
            "name": f"{file.plant.name} {contour['risk_per_year']:.0e}/a",
            "source": "illustrative" if file.illustrative else DISTANCE_SOURCE,
            "run_id": result["digest"],
            "subject_id": subject,
            "risk_per_year": contour["risk_per_year"],
            "geom": shape(contour["geometry"]),
        }
        for contour in result["contours"]
    ]
    there = [row for row in rows if not row["geom"].is_empty]
    columns = ["id", "name", "source", "run_id", "subject_id", "risk_per_year", "geom"]
    return gpd.GeoDataFrame(there, columns=columns, geometry="geom", crs="EPSG:4490")
