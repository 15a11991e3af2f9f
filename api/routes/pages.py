"""Pages: the map, the login form, the description of this interface, and the health check."""

import secrets
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from api.access import COOKIE, SESSION_S, Gate, Principal, client_address, find_principal, get_principal
from api.deps import SettingsDep, StoreDep
from api.description import list_operations
from api.errors import AccessError, TooManyTriesError, http_status
from api.html import answer_page
from api.settings import Settings
from layers.admin import list_attributions
from layers.errors import StoreError
from layers.samples import Attribution
from web.config import MapConfig, openstreetmap, tianditu
from web.maps import content_security_policy, render_page

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/")
def show_map(request: Request, settings: SettingsDep, store: StoreDep, lang: str | None = None) -> Response:
    """Return the map; strangers are sent to the login form."""
    principal = find_principal(request)
    if principal is None:
        return RedirectResponse("/login", 303)
    gate: Gate = request.app.state.gate
    config = map_config(
        settings,
        lang,
        principal,
        list_attributions(store),
        can_log_out=gate.is_locked,
        can_write=store.is_writable,
    )
    policy = {"Content-Security-Policy": content_security_policy(config)}
    return HTMLResponse(render_page(config), headers=policy)


def map_config(
    settings: Settings,
    lang: str | None,
    principal: Principal,
    attributions: tuple[Attribution, ...],
    *,
    can_log_out: bool,
    can_write: bool,
) -> MapConfig:
    """Return what the map page is told."""
    osm = (openstreetmap(settings.osm_tile_url),) if settings.osm_tile_url else ()
    official = tianditu() if settings.tianditu_key else ()
    return MapConfig(
        lang=lang if lang in ("zh", "en") else settings.language,
        reader=principal.name,
        can_log_out=can_log_out,
        can_write=can_write,
        base_maps=(*osm, *official),
        attributions=attributions,
        nonce=secrets.token_urlsafe(16),
    )


@router.get("/login")
def show_login(request: Request) -> Response:
    """Return the login form; where no keys are set there is nothing to log in to."""
    gate: Gate = request.app.state.gate
    return _login_form() if gate.is_locked else RedirectResponse("/", 303)


@router.post("/login")
def log_in(request: Request, key: Annotated[str, Form(max_length=1000)]) -> Response:
    """Open a session for an access key and go to the map."""
    gate: Gate = request.app.state.gate
    try:
        principal = gate.check_key(key.strip(), client_address(request))
    except (AccessError, TooManyTriesError) as error:
        return _login_form(error.zh, error.message, http_status(error))
    response = RedirectResponse("/", 303)
    response.set_cookie(
        COOKIE,
        gate.open_session(principal),
        max_age=SESSION_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/logout")
def log_out(request: Request) -> Response:
    """End the session."""
    gate: Gate = request.app.state.gate
    gate.close_session(request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return response


@router.get("/docs")
def show_docs(request: Request) -> Response:
    """Return the description of the interface as a page that loads nothing from elsewhere."""
    if find_principal(request) is None:
        return RedirectResponse("/login", 303)
    schema = request.app.openapi()
    groups = [(tag, list(of_tag)) for tag, of_tag in groupby(list_operations(schema), attrgetter("tag"))]
    return answer_page("docs.html", {"info": schema["info"], "groups": groups})


@router.get("/openapi.json", dependencies=[Depends(get_principal)])
def get_openapi(request: Request) -> dict[str, Any]:
    """Return the description of the interface for programs."""
    schema: dict[str, Any] = request.app.openapi()
    return schema


@router.get("/healthz")
def check_health(store: StoreDep) -> Response:
    """Say whether the database answers; open to everybody, so it says nothing else."""
    try:
        store.latest_run("setback")
    except StoreError:
        return JSONResponse({"status": "database unavailable"}, 503)
    return JSONResponse({"status": "ok"})


def _login_form(problem_zh: str = "", problem: str = "", status: int = 200) -> Response:
    return answer_page(
        "login.html", {"problem_zh": problem_zh, "problem": problem}, status=status, has_form=True
    )
