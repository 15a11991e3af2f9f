"""Pages and maps; no computation."""
