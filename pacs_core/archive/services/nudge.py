"""Wake the indexer soon after an instance was stored, without a message per instance.

The first instance of a study nudges at once, later ones at most every 200 ms, and the last one always does. A nudge
that is lost costs only time: sweep_received_instances finds the row.
"""

import threading
import time

from django.db import transaction

INTERVAL_SECONDS = 0.2
_FORGET_SECONDS = 60

_lock = threading.Lock()
_last_nudge: dict[tuple[int, str], float] = {}
_waiting: set[tuple[int, str]] = set()


def nudge_index_on_commit(*, hospital_id: int, study_instance_uid: str) -> None:
    """Enqueue index_received_study once the running transaction has committed."""
    transaction.on_commit(lambda: _nudge((hospital_id, study_instance_uid)))


def _nudge(study: tuple[int, str]) -> None:
    now = time.monotonic()
    with _lock:
        wait = _last_nudge.get(study, 0.0) + INTERVAL_SECONDS - now
        if wait > 0:
            if study not in _waiting:
                _waiting.add(study)
                _start_timer(study, wait)
            return
        _note(study, now)
    _send(study)


def _start_timer(study: tuple[int, str], seconds: float) -> None:
    timer = threading.Timer(seconds, _nudge_late, [study])
    timer.daemon = True
    timer.start()


def _nudge_late(study: tuple[int, str]) -> None:
    with _lock:
        _waiting.discard(study)
        _note(study, time.monotonic())
    _send(study)


def _note(study: tuple[int, str], now: float) -> None:
    if len(_last_nudge) > 1000:
        for old in [key for key, at in _last_nudge.items() if now - at > _FORGET_SECONDS]:
            del _last_nudge[old]
    _last_nudge[study] = now


def _send(study: tuple[int, str]) -> None:
    from pacs_core.archive.tasks import index_received_study

    index_received_study.enqueue(*study)
