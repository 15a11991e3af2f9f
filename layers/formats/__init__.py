"""File formats: one module per format, each with the same two functions."""
