"""What each database does in its own way: one module for each, with the same functions."""
