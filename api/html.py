"""Pages of the server itself, from its own templates: none of them runs a script or loads anything."""

import secrets
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

__all__ = ["answer_page"]

_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
_POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; "
    "form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
)


def answer_page(
    template: str,
    values: dict[str, Any],
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    has_form: bool = False,
) -> HTMLResponse:
    """Return a page; only one that has a form may send it, and only to this server."""
    nonce = secrets.token_urlsafe(16)
    policy = _POLICY.format(nonce=nonce, form_action="'self'" if has_form else "'none'")
    page = _TEMPLATES.get_template(template).render(nonce=nonce, **values)
    return HTMLResponse(page, status, {**(headers or {}), "Content-Security-Policy": policy})
