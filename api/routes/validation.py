"""Page of the validation: computed once a process, in the background, when somebody first asks."""

import secrets
import threading
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import find_principal, get_principal
from api.deps import SettingsDep
from api.jobs import Job, Jobs, JobState
from geo.text import Text
from layers.errors import NotFoundError

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_LANGUAGES = ("zh", "en")
_OWNER = "the product itself"
"""Whose job it is: nobody's who could cancel it."""

_lock = threading.Lock()


@dataclass(frozen=True)
class _Computed:
    """A validation with its pictures, by key and language."""

    validation: Any
    json: str
    pictures: dict[tuple[str, str], str]


@router.get("/validation")
def show_validation(request: Request, settings: SettingsDep, lang: str | None = None) -> Response:
    """Return the page of the validation; while it is computed, a page that reloads itself."""
    from web.validation import POLICY, render_validation, render_waiting

    if find_principal(request) is None:
        return RedirectResponse("/login", 303)
    language = lang if lang in _LANGUAGES else settings.language
    nonce = secrets.token_urlsafe(16)
    status = _validation_job(request).status()
    if status.state is JobState.DONE:
        page = render_validation(status.result.validation, language, nonce)
    elif status.error is not None:
        problem = Text(status.error.message_zh, status.error.message)
        page = render_waiting(language, nonce, 0.0, problem)
    else:
        page = render_waiting(language, nonce, status.progress)
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY.format(nonce=nonce)})


@router.get("/validation/{key}.svg", dependencies=[Depends(get_principal)])
def show_picture(request: Request, settings: SettingsDep, key: str, lang: str | None = None) -> Response:
    """Return the picture of one trial set."""
    from web.validation import PICTURE_POLICY

    language = lang if lang in _LANGUAGES else settings.language
    picture = _computed(request).pictures.get((key, language))
    if picture is None:
        raise NotFoundError(f"there is no trial set {key!r}", zh=f"没有验证集“{key}”")
    return Response(picture, media_type="image/svg+xml", headers={"Content-Security-Policy": PICTURE_POLICY})


@router.get("/validation.json", dependencies=[Depends(get_principal)])
def get_validation(request: Request) -> Response:
    """Return all comparisons for programs."""
    return Response(_computed(request).json, media_type="application/json")


def _computed(request: Request) -> _Computed:
    status = _validation_job(request).status()
    if status.state is not JobState.DONE:
        raise NotFoundError(
            "the validation is not computed yet: open /validation", zh="验证尚未计算完：请打开 /validation"
        )
    computed: _Computed = status.result
    return computed


def _validation_job(request: Request) -> Job:
    """Return the job that computes the validation, started unless it was; started anew after it failed."""
    jobs: Jobs = request.app.state.jobs
    with _lock:
        job: Job | None = getattr(request.app.state, "validation_job", None)
        if job is None or job.state in (JobState.FAILED, JobState.CANCELLED):
            failed = job
            job = jobs.submit("validation", _compute, owner=_OWNER)
            request.app.state.validation_job = job
            if failed is not None:
                return failed
        return job


def _compute(progress: Any) -> _Computed:
    from geo.hazard.validation.evaluation import evaluate
    from layers.validation import draw_agreement, validation_json

    validation = evaluate(progress=lambda share, key: progress(0.9 * share, key))
    pictures = {
        (each.key, language): draw_agreement(each, language)
        for each in validation.sets
        for language in _LANGUAGES
    }
    return _Computed(validation, validation_json(validation), pictures)
