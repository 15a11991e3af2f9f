"""Pictures of every screen for ``docs/images``, made from the product as it runs."""
