"""Evidence bundles: one that somebody brings, recomputed here."""

import tempfile
from pathlib import Path

from fastapi import APIRouter, UploadFile
from fastapi.responses import JSONResponse

from api.results.verification import VerificationResult
from api.routes.imports import save_uploads
from api.settings import Settings
from layers.bundles import verify_bundle

__all__ = ["make_router"]

_MAX_FILES = 2


def make_router(settings: Settings) -> APIRouter:
    """Return the router; its request bodies may be as large as the settings allow."""
    router = APIRouter(tags=["checks"])
    router.post(
        "/verify",
        response_model=VerificationResult,
        max_body_size=settings.upload_limit_bytes,
        form_limits={"max_files": _MAX_FILES, "max_fields": 0},
    )(verify_upload)
    return router


def verify_upload(bundle: UploadFile, public_key: UploadFile | None = None) -> JSONResponse:
    """Recompute an evidence bundle from its own extracts: the same, or each difference by name; nothing is stored.

    ``public_key`` (Ed25519, PEM) is that of who should have signed the bundle. The data stored here are not read.
    """
    with tempfile.TemporaryDirectory(prefix="riskmap-verify-") as folder:
        path = save_uploads([bundle], Path(folder, "bundle"))
        given = public_key is not None and public_key.filename
        key = save_uploads([public_key], Path(folder, "key")) if public_key is not None and given else None
        return JSONResponse(verify_bundle(path, key).to_dict())
