"""Constants of the engine, each with its unit and source."""

__all__ = ["CGCS2000_INVERSE_FLATTENING", "CGCS2000_SEMI_MAJOR_M"]

CGCS2000_SEMI_MAJOR_M = 6_378_137.0
"""Semi-major axis of the CGCS2000 ellipsoid. [m] GB 22021-2008; EPSG ellipsoid 1024."""

CGCS2000_INVERSE_FLATTENING = 298.257222101
"""Inverse flattening of the CGCS2000 ellipsoid. GB 22021-2008; EPSG ellipsoid 1024."""
