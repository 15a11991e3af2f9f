"""What a machine may lack: skipped at a desk, a failure in continuous integration."""

import os

import pytest


def require_service(found: object, what: str) -> None:
    """Skip the test when something was not found; fail it when ``CI`` is set."""
    if found:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI is set")
    pytest.skip(f"{what} is missing")
