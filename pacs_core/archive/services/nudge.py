"""Wake the indexer soon after an instance was stored, without a message per instance.

The first instance of a study nudges at once, later ones at most every 200 ms (of several studies that come at the same
time each more seldom: a batch costs as much as twenty images), and the last one always does, sooner when its sender has
ended. One thread of the process sends the nudges, so a broker that is away never delays the answer to a
sender. A nudge that is lost costs only time: sweep_received_instances finds the row.
"""

import logging
import threading
import time

from django.db import transaction

from pacs_core.archive.errors import without_values

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.2
LONGEST_INTERVAL_SECONDS = 1.0
# Some senders open an association for each image, so its end is no reason to index one by one.
SHORTEST_INTERVAL_SECONDS = 0.05

Study = tuple[int, str]  # hospital id, StudyInstanceUID


def nudge_index_on_commit(*, hospital_id: int, study_instance_uid: str) -> None:
    """Have index_received_study enqueued once the running transaction has committed."""
    transaction.on_commit(lambda: _nudger.nudge((hospital_id, study_instance_uid)))


def nudge_index_later(*, hospital_id: int, study_instance_uid: str) -> None:
    """Have index_received_study enqueued after the interval: another worker is at the study now."""
    _nudger.nudge((hospital_id, study_instance_uid), after_seconds=INTERVAL_SECONDS)


def hurry_nudges() -> None:
    """Send what is held back now: a sender has ended, so waiting gathers no more of it."""
    _nudger.hurry()


class Nudger:
    """Holds back nudges of a study that had one within the interval; starts its thread at the first one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[Study, float] = {}
        self._last: dict[Study, float] = {}
        self._thread: threading.Thread | None = None

    def nudge(self, study: Study, *, after_seconds: float = 0.0) -> None:
        with self._changed:
            earliest = time.monotonic() + after_seconds
            interval = min(INTERVAL_SECONDS * max(1, len(self._last)), LONGEST_INTERVAL_SECONDS)
            self._due.setdefault(study, max(earliest, self._last.get(study, 0.0) + interval))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="index-nudger", daemon=True)
                self._thread.start()
            self._changed.notify()

    def hurry(self) -> None:
        with self._changed:
            now = time.monotonic()
            for study, due in self._due.items():
                self._due[study] = min(due, max(now, self._last.get(study, 0.0) + SHORTEST_INTERVAL_SECONDS))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            study = self._next()
            try:
                _send(study)
            except Exception as error:
                logger.error("Nudge not sent: %s", type(error).__name__, exc_info=without_values(error))

    def _next(self) -> Study:
        """Wait until a nudge is due and take it."""
        with self._changed:
            while True:
                now = time.monotonic()
                study = min(self._due, key=lambda key: self._due[key], default=None)
                if study is not None and self._due[study] <= now:
                    del self._due[study]
                    self._last = {key: at for key, at in self._last.items() if now - at < LONGEST_INTERVAL_SECONDS}
                    self._last[study] = now
                    return study
                self._changed.wait(None if study is None else self._due[study] - now)


_nudger = Nudger()


def _send(study: Study) -> None:
    from pacs_core.archive.tasks import index_received_study

    index_received_study.enqueue(*study)
