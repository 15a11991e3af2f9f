"""Overpressure of explosions: TNT, air-blast formula, multi-energy, Baker-Strehlow-Tang."""
