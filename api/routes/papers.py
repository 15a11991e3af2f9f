"""Reports: one enterprise as a page and as a file, the white paper of an area as a job, and an area's trend."""

import secrets
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict

from api.access import PrincipalDep, find_principal, get_principal
from api.deps import JobsDep, SettingsDep, StoreDep
from api.jobs import JobStatus
from api.parameters import AreaCode
from layers.register.areas import WHOLE, find_area
from layers.register.trend import list_trend
from layers.store import Store

__all__ = ["pages", "router"]

router = APIRouter(tags=["register"])
pages = APIRouter(include_in_schema=False)

_MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}

Language = Literal["zh", "en"]
Format = Literal["pdf", "docx"]


class ReportIn(BaseModel):
    """The area of a white paper and the kind of file."""

    model_config = ConfigDict(extra="forbid")

    area: str = WHOLE
    format: Format = "docx"
    lang: Language = "zh"


class AuditCountOut(BaseModel):
    """Findings by list as they stood at one audit."""

    run: str
    checked_on: str
    recorded_at: str
    findings: dict[str, int]


class TrendOut(BaseModel):
    """The latest audits of an area, the oldest first."""

    audits: list[AuditCountOut]


@router.get("/register/trend")
def get_trend(store: StoreDep, area: AreaCode = WHOLE) -> TrendOut:
    """Return how many findings of an area stood in each list at the latest audits."""
    return TrendOut.model_validate({"audits": list_trend(store, area)})


@router.post("/reports", status_code=202)
def start_report(wanted: ReportIn, store: StoreDep, jobs: JobsDep, principal: PrincipalDep) -> JobStatus:
    """Write the safety-risk white paper of an area: the answer is a job, which holds the file."""
    area = find_area(store, wanted.area)
    folder = jobs.make_folder()
    job = jobs.submit(
        "report",
        write_report,
        owner=principal.name,
        folder=folder,
        store=store,
        area=area.adcode,
        path=folder / "files" / f"white-paper-{area.adcode}.{wanted.format}",
        language=wanted.lang,
    )
    return job.status()


def write_report(
    store: Store, area: str, path: Path, language: Language, progress: Any = None
) -> dict[str, Any]:
    """Write the white paper of an area and return what was written."""
    from layers.papers import write_white_paper

    if progress is not None:
        progress(0.05, path.name)
    path.parent.mkdir(exist_ok=True)
    write_white_paper(store, area, path, language=language)
    return {"area": area, "file": path.name}


@pages.get("/enterprises/{id:path}.{kind}", dependencies=[Depends(get_principal)])
def download_dossier(id: str, kind: Format, store: StoreDep, lang: Language = "zh") -> Response:
    """Return the file of an enterprise as PDF or Word."""
    from layers.papers import set_paper
    from layers.papers.dossier import build_dossier

    content = set_paper(build_dossier(store, id, lang), f".{kind}")
    name = quote(f"{id}.{kind}", safe="")
    disposition = f"attachment; filename*=UTF-8''{name}"
    return Response(content, media_type=_MEDIA[kind], headers={"Content-Disposition": disposition})


@pages.get("/enterprises/{id:path}")
def show_dossier(
    request: Request, id: str, store: StoreDep, settings: SettingsDep, lang: str | None = None
) -> Response:
    """Return one enterprise on one page; strangers are sent to the login form."""
    from layers.papers.dossier import build_dossier
    from web.papers import POLICY, render_paper

    if find_principal(request) is None:
        return RedirectResponse("/login", 303)
    language = lang if lang in ("zh", "en") else settings.language
    address = f"/enterprises/{quote(id, safe='')}"
    files = {title: f"{address}.{kind}?lang={language}" for title, kind in (("PDF", "pdf"), ("Word", "docx"))}
    other = f"{address}?lang={'en' if language == 'zh' else 'zh'}"
    nonce = secrets.token_urlsafe(16)
    page = render_paper(build_dossier(store, id, language), nonce, files, other)
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY.format(nonce=nonce)})
