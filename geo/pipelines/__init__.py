"""Oil and gas pipelines: area classes and high-consequence areas, segment by segment."""
