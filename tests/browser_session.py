"""A person's session over HTTP, signed in as a browser would be."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from tests.story import PASSWORD

SignIn = Callable[[str], "Session"]


class Session:
    """Signed-in requests of one person; `get` and `post` return the answer, whatever its status."""

    def __init__(self, url: str, email: str, password: str = PASSWORD) -> None:
        self.client = httpx.Client(base_url=url, timeout=30, headers={"Referer": url})
        page = self.client.get("/sign-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text).group(1)
        answer = self.client.post(
            "/sign-in/", data={"username": email, "password": password, "csrfmiddlewaretoken": token}
        )
        assert answer.status_code == 302, answer.text

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.client.get(path, params=params or None)

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return self.client.post(path, json=body, headers={"X-CSRFToken": self._csrf()})

    def save_draft(self, report_id: int, base_version: int, sections: dict[str, str]) -> httpx.Response:
        body = {"request_id": str(uuid.uuid4()), "base_version": base_version, "sections": sections}
        return self.post(f"/api/reports/{report_id}/draft/", body)

    @property
    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.client.cookies.jar)

    def _csrf(self) -> str:
        return next(cookie.value for cookie in self.client.cookies.jar if "csrf" in cookie.name)
