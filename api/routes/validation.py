"""Page of the validation: computed once a process, in the background, when somebody first asks."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import find_principal, get_principal
from api.deps import SettingsDep
from api.jobs import Job, Jobs, JobState
from geo.text import Text
from layers.errors import NotFoundError

if TYPE_CHECKING:
    from geo.hazard.validation.evaluation import Validation

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_LANGUAGES = ("zh", "en")
_OWNER = "the product itself"
"""Whose job it is: nobody's who could cancel it."""

_lock = threading.Lock()
_drawing = threading.Lock()


@dataclass(frozen=True)
class _Computed:
    """A validation, and its pictures as far as somebody has asked for them, by key and language."""

    validation: "Validation"
    pictures: dict[tuple[str, str], str] = field(default_factory=dict)

    def picture(self, key: str, language: str) -> str:
        """Return the picture of a set, drawn when it is first asked for."""
        from layers.validation import draw_agreement

        found = [each for each in self.validation.sets if each.key == key]
        if not found:
            raise NotFoundError(f"there is no trial set {key!r}", zh=f"没有验证集“{key}”")
        with _drawing:  # matplotlib's settings belong to the whole process
            if (key, language) not in self.pictures:
                self.pictures[key, language] = draw_agreement(found[0], language)
            return self.pictures[key, language]


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
    return Response(
        _computed(request).picture(key, language),
        media_type="image/svg+xml",
        headers={"Content-Security-Policy": PICTURE_POLICY},
    )


@router.get("/validation.json", dependencies=[Depends(get_principal)])
def get_validation(request: Request) -> Response:
    """Return all comparisons for programs."""
    from layers.validation import validation_json

    return Response(validation_json(_computed(request).validation), media_type="application/json")


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


def _compute(progress: Callable[[float, str], None]) -> _Computed:
    from geo.hazard.validation.evaluation import evaluate

    return _Computed(evaluate(progress=progress))
