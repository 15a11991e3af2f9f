"""Tiles for the map: features, grids of H3 cells, rasters."""
