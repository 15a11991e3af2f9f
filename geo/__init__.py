"""Spatial engine: pure functions on geometries and arrays; no database, HTTP, page or settings."""
