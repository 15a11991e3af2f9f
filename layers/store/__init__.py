"""Where layers live: one model, two databases."""
