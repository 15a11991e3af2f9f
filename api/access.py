"""Who may come in: host names, origins, access keys and sessions.

:func:`get_principal` is the one seam where accounts, roles and areas will come: every route that shows or changes
data depends on it and is told who asks. Today a principal is the name of an access key, or ``local`` on a
loopback address without keys.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.answers import answer
from api.errors import AccessError, TooManyTriesError
from api.settings import Settings, is_loopback

__all__ = ["COOKIE", "Gate", "Guard", "Principal", "PrincipalDep", "find_principal", "get_principal"]

COOKIE = "riskmap_session"
"""Name of the session's cookie."""
SESSION_S = 12 * 3600
"""Life of a session. [s]"""

_MAX_SESSIONS = 1000
_MAX_FAILURES = 10
_FAILURE_WINDOW_S = 300.0
_MAX_ADDRESSES = 10_000
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_DEFAULT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Principal:
    """Who asks.

    Attributes
    ----------
    name : str
        Name of the access key, or ``local``.
    """

    name: str


LOCAL = Principal("local")
"""Whoever sits at this machine, where no access keys are set."""


class Gate:
    """Access keys, sessions and the count of failed tries of one application."""

    def __init__(self, settings: Settings) -> None:
        self._digests = {name: _digest(key) for name, key in settings.keys.items()}
        self._sessions: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._failures: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def is_locked(self) -> bool:
        """Whether a key is needed."""
        return bool(self._digests)

    def check_key(self, key: str, address: str) -> Principal:
        """Return who holds a key.

        Raises
        ------
        AccessError
            If nobody does.
        TooManyTriesError
            If `address` has failed too often in the last minutes.
        """
        self._check_tries(address)
        given = _digest(key)
        # All keys are compared, each in constant time: neither the outcome nor the place shows in the time taken.
        held = [name for name, digest in self._digests.items() if hmac.compare_digest(given, digest)]
        if not held:
            self._note_failure(address)
            raise AccessError("this access key is not valid", zh="访问密钥无效")
        return Principal(held[0])

    def open_session(self, principal: Principal) -> str:
        """Return the id of a new session."""
        session_id = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[session_id] = (principal.name, time.monotonic() + SESSION_S)
            while len(self._sessions) > _MAX_SESSIONS:
                self._sessions.popitem(last=False)
        return session_id

    def resume_session(self, session_id: str) -> Principal | None:
        """Return whose session it is; ``None`` when it is over or never was."""
        name, ends_s = self._sessions.get(session_id, ("", 0.0))
        return Principal(name) if time.monotonic() < ends_s else None

    def close_session(self, session_id: str) -> None:
        """End a session, if it is one."""
        with self._lock:
            self._sessions.pop(session_id, None)

    def _check_tries(self, address: str) -> None:
        since_s = time.monotonic() - _FAILURE_WINDOW_S
        if sum(at_s > since_s for at_s in self._failures.get(address, ())) >= _MAX_FAILURES:
            raise TooManyTriesError(
                "too many wrong access keys from this address; wait five minutes",
                zh="此地址多次提交错误的访问密钥，请五分钟后再试",
            )

    def _note_failure(self, address: str) -> None:
        with self._lock:
            recent = [*self._failures.pop(address, ()), time.monotonic()][-_MAX_FAILURES:]
            self._failures[address] = recent
            while len(self._failures) > _MAX_ADDRESSES:
                self._failures.popitem(last=False)


def find_principal(request: Request) -> Principal | None:
    """Return who asks, ``None`` for a stranger.

    Raises
    ------
    AccessError
        If a key is given and wrong.
    """
    gate: Gate = request.app.state.gate
    if not gate.is_locked:
        # The settings refuse to listen beyond loopback without keys; this holds for any other way of starting too.
        return LOCAL if is_loopback((request.scope.get("server") or ("", 0))[0]) else None
    key = request.headers.get("X-Riskmap-Key")
    if key is not None:
        return gate.check_key(key, client_address(request))
    return gate.resume_session(request.cookies.get(COOKIE, ""))


def get_principal(request: Request) -> Principal:
    """Return who asks.

    Raises
    ------
    AccessError
        If it is a stranger.
    """
    principal = find_principal(request)
    if principal is None:
        raise AccessError(
            "an access key is needed: send it as X-Riskmap-Key, or log in at /login",
            zh="需要访问密钥：请在请求头 X-Riskmap-Key 中提供，或在 /login 登录",
        )
    return principal


PrincipalDep = Annotated[Principal, Depends(get_principal)]


def client_address(request: Request) -> str:
    """Return the address a request comes from."""
    return request.client.host if request.client else ""


class Guard:
    """ASGI layer before everything else: host names, origins of writes, security headers.

    The Host header is checked because a foreign page can point its own name at 127.0.0.1 and would then count
    as the same origin (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, host_names: frozenset[str]) -> None:
        self.app = app
        self.host_names = host_names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope)
            await send(message)

        refusal = self._refuse(scope["method"], headers)
        await (refusal or self.app)(scope, receive, send_guarded)

    def _refuse(self, method: str, headers: Headers) -> ASGIApp | None:
        host = headers.get("host", "")
        if host_name(host) not in self.host_names:
            return _refusal(400, "HostError", "this host name is not served here", "本服务器不接受此主机名")
        if method in _WRITES and not comes_from_here(headers, host):
            return _refusal(
                403,
                "OriginError",
                "changes from pages of another origin are refused",
                "拒绝来自其他网站页面的修改请求",
            )
        return None


def host_name(host: str) -> str:
    """Return the name in a Host header, without port and in lower case; empty when it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def comes_from_here(headers: Headers, host: str) -> bool:
    """Whether a write comes from our own page, or from a program that is no browser."""
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() == host.lower()
    return headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _refusal(status: int, kind: str, message: str, zh: str) -> ASGIApp:
    return answer(status, {"type": kind, "message": message, "message_zh": zh, "details": None})


def _add_headers(headers: MutableHeaders, scope: Scope) -> None:
    is_static = scope["path"].startswith("/static/")
    is_versioned = is_static and scope["query_string"].startswith(b"v=")
    keep = "public, max-age=31536000, immutable" if is_versioned else "no-cache" if is_static else "no-store"
    headers.setdefault("Cache-Control", keep)
    headers.setdefault("Content-Security-Policy", _DEFAULT_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    # Tile servers ask for a referrer; they get the origin and no more.
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
