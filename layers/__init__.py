"""What a layer is, where it lives, how it comes in and goes out."""
