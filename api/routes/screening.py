"""Screening of stored features: what a pond's failure may reach, and who lies in the fans of gullies."""

import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from api.actions.ponds import screen_file
from api.deps import StoreDep
from api.parameters import PondId
from api.results.screening import FansResult, PondResult, PondsResult
from api.routes.checks import ProposalsIn, save_proposals
from layers.siting.debris_fans import find_fans
from layers.siting.ponds import screen_stored

__all__ = ["router"]

router = APIRouter(tags=["checks"])


@router.get("/ponds/{pond:path}", response_model=PondResult)
def screen_pond(
    pond: PondId,
    store: StoreDep,
    layer: Annotated[
        Literal["tailings_ponds", "proposals"], Query(description="where the pond is stored")
    ] = "tailings_ponds",
) -> JSONResponse:
    """Screen a stored pond: grade, overhead facilities, band of run-outs with the people in it, missing monitoring."""
    # Answered as it is: the tests hold the results against the published shape.
    return JSONResponse(screen_stored(store, layer, pond))


@router.post("/ponds", response_model=PondsResult)
def screen_proposals(proposals: ProposalsIn, store: StoreDep) -> JSONResponse:
    """Screen ponds that are sent along, as for a check; nothing is stored."""
    with tempfile.TemporaryDirectory(prefix="riskmap-ponds-") as folder:
        answer: dict[str, Any] = screen_file(store, save_proposals(proposals, Path(folder)), {})
    return JSONResponse(answer)


@router.get("/fans", response_model=FansResult)
def list_fans(
    store: StoreDep,
    gully: Annotated[list[str] | None, Query(description="ids in the layer geohazards; default: all")] = None,
) -> JSONResponse:
    """Estimate the fans of debris-flow gullies and who lies in them (DZ/T 0220)."""
    return JSONResponse({"fans": find_fans(store, gully)})
