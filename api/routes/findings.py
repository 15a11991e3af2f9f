"""Findings of the latest setback check, as evidence lines for the map and as counts."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.deps import AtDep, BoundsDep, StoreDep
from api.parameters import (
    AdvisoryFilter,
    DecidedFilter,
    LayerFilter,
    Limit,
    Offset,
    RuleFilter,
    SubjectIdFilter,
    VerdictsFilter,
)
from api.routes.features import GEOJSON, MAX_FEATURES
from api.routes.register import publish_finding
from layers.geojson import collection_text, feature_texts
from layers.words import VERDICTS

__all__ = ["router"]

router = APIRouter(prefix="/findings", tags=["findings"])


class VerdictCount(BaseModel):
    """How many findings have one verdict, decided or within the doubt."""

    verdict: str
    zh: str
    en: str
    decided: int
    undecided: int
    advisory: int


class SummaryOut(BaseModel):
    """Counts of findings, worst verdict first; ``run`` and ``checked_on`` are null before the first check."""

    count: int
    verdicts: list[VerdictCount]
    checked_on: str | None
    run: str | None


@router.get("", responses={200: {"content": {GEOJSON: {}}}}, response_class=Response)
def list_findings(
    store: StoreDep,
    bounds: BoundsDep,
    at: AtDep,
    verdict: VerdictsFilter = None,
    decided: DecidedFilter = None,
    advisory: AdvisoryFilter = None,
    subject_layer: LayerFilter = None,
    subject_id: SubjectIdFilter = None,
    rule: RuleFilter = None,
    limit: Annotated[Limit, Field(ge=0, le=MAX_FEATURES)] = 1000,
    offset: Offset = 0,
) -> Response:
    """Return findings as evidence lines (null where nothing was measured), with their subject beside them.

    With ``at`` those that were known then.
    """
    given = {
        "verdict": verdict,
        "decided": decided,
        "advisory": advisory,
        "subject_layer": subject_layer,
        "subject_id": subject_id,
        "rule": rule,
    }
    where = {name: value for name, value in given.items() if value is not None}
    frame = store.read("findings", bounds=bounds, where=where, at=at, limit=limit, offset=offset)
    matched = store.count("findings", bounds=bounds, where=where, at=at)
    text = collection_text(
        feature_texts(frame, publish_finding),
        number_matched=matched,
        number_returned=len(frame),
        data_version=store.data_version(["findings"]),
    )
    return Response(text, media_type=GEOJSON)


@router.get("/summary")
def summarize_findings(store: StoreDep) -> SummaryOut:
    """Return the number of findings of every verdict, and the check they come from."""
    frame = store.read("findings", columns=["verdict", "decided", "advisory"])
    rows = list(
        zip(*(frame[name].astype(object) for name in ("verdict", "decided", "advisory")), strict=True)
    )
    # An imported finding may leave these out: it is neither advisory nor decided then.
    counted = Counter(
        (verdict, decided is True) for verdict, decided, advisory in rows if advisory is not True
    )
    advisories = Counter(verdict for verdict, _, advisory in rows if advisory is True)
    run = store.latest_run("setback")
    return SummaryOut(
        count=len(rows),
        verdicts=[
            VerdictCount(
                verdict=verdict,
                zh=word.zh,
                en=word.en,
                decided=counted[verdict, True],
                undecided=counted[verdict, False],
                advisory=advisories[verdict],
            )
            for verdict, word in VERDICTS.items()
        ],
        checked_on=None if run is None else str(run.checked_on),
        run=None if run is None else run.id,
    )
