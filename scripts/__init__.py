"""What makes the project: samples, pages of the documentation, the database of a first run."""
