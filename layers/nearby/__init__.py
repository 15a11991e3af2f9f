"""What lies near a place: the nearest feature, and all within a radius, with exact distances."""
