"""Folium elements, one class per control."""
