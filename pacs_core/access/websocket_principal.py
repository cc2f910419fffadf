"""Who speaks through a WebSocket: a machine by `Authorization: Token ...` in the handshake, a person by session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from pacs_core import flow
from pacs_core.access.errors import TokenRefused

Application = Callable[[dict[str, Any], Any, Any], Awaitable[Any]]


class TokenOrSession:
    """Send a handshake with a token to `by_token`, every other to `by_session`, which checks the origin.

    A browser can't set the header, so no foreign page is to be feared; cookies beside a token are dropped, that nobody
    passes the check of the origin by a wrong one.
    """

    def __init__(self, *, by_token: Application, by_session: Application) -> None:
        self._by_token, self._by_session = by_token, by_session

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        if not _token_header(scope):
            return await self._by_session(scope, receive, send)
        headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        return await self._by_token(scope | {"headers": headers}, receive, send)


def principal_of(scope: dict[str, Any]) -> AbstractBaseUser | None:
    """Return the active user as the database has it now, None when the token or the session is no more."""
    header = _token_header(scope)
    user = _user_of_token(header) if header else _user_of_session(scope.get("session"))
    return user if user is not None and user.is_authenticated and user.is_active else None


def _token_header(scope: dict[str, Any]) -> str:
    header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    return header if header.startswith("Token ") else ""


def _user_of_token(header: str) -> Any:
    try:
        user, _, _ = flow.resolve("holder_of_token")(header)
    except TokenRefused:
        return None
    return user


def _user_of_session(session: Any) -> Any:
    """Read the session anew: the one of the handshake is what it was then."""
    key = getattr(session, "session_key", None)
    if not key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return get_user(request)
