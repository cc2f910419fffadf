"""Asks /readyz beside the supervisor's loop."""

import http.client
import json
import threading
from urllib.parse import urlsplit

_EVERY_SECONDS = 0.5
_EVERY_SECONDS_WHEN_READY = 15.0
_TIMEOUT_SECONDS = 10.0
# A worker that lost its broker can stay alive and deaf (celery/celery#8030, #10205): its heartbeat shows it.
DEAF_AFTER_FAILURES = 6


class ReadinessProbe(threading.Thread):
    """Polls /readyz; `ready` is set at the first success, `failing` holds the names that are not ready now."""

    def __init__(self, web_address: str) -> None:
        super().__init__(name="readiness", daemon=True)
        self.ready = threading.Event()
        self.failing: list[str] = ["web"]
        self._address = urlsplit(web_address)
        self._ended = threading.Event()
        self._worker_failures = 0

    def run(self) -> None:
        """Poll until `end` is called."""
        while not self._ended.wait(_EVERY_SECONDS_WHEN_READY if self.ready.is_set() else _EVERY_SECONDS):
            self.failing = self._ask()
            if not self.failing:
                self.ready.set()
            only_workers = self.ready.is_set() and self.failing == ["workers"]
            self._worker_failures = self._worker_failures + 1 if only_workers else 0

    def end(self) -> None:
        """Stop polling."""
        self._ended.set()

    def take_deaf_worker(self) -> bool:
        """Tell, once each time, that the workers alone have been failing for about a minute and a half."""
        if self._worker_failures < DEAF_AFTER_FAILURES:
            return False
        self._worker_failures = 0
        return True

    def _ask(self) -> list[str]:
        connection = http.client.HTTPConnection(
            self._address.hostname or "127.0.0.1", self._address.port, timeout=_TIMEOUT_SECONDS
        )
        try:
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            body = response.read(65536)
        except (OSError, http.client.HTTPException):
            return ["web"]
        finally:
            connection.close()
        if response.status == 200:
            return []
        return failing_names(body) or [f"web (status {response.status})"]


def failing_names(body: bytes) -> list[str]:
    """Return the names in a /readyz answer whose check is not ok, tolerant of its nesting."""
    try:
        answer = json.loads(body)
    except ValueError:
        return []
    checks = answer.get("checks", answer) if isinstance(answer, dict) else {}
    failing = []
    for name, state in checks.items() if isinstance(checks, dict) else ():
        value = state.get("ok", state.get("status")) if isinstance(state, dict) else state
        if name not in ("status", "ok", "ready") and value not in (True, "ok", "ready"):
            failing.append(str(name))
    return failing
