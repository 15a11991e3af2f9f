"""Files into a store and layers out of it, each row and feature checked on the way."""
