"""Siting rules as data, and the code that decides them."""
