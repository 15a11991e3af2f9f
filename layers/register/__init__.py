"""The register as a supervisor reads it: what the checks found, in lists, figures and gaps, by administrative area."""
