"""Shapes of results as the interface publishes them; the OpenAPI description and the tests read them."""
