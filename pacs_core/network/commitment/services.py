"""Storage commitment: keep a request, judge it once everything is filed, report the result until the node has it."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from pacs_core.access.scopes import Scope, hospital_scope, open_scope
from pacs_core.archive.errors import StorageUnavailable
from pacs_core.audit.services import record_audit
from pacs_core.network.commitment.event_report import send_event_report
from pacs_core.network.commitment.judgement import (
    DUPLICATE_TRANSACTION,
    Reference,
    anything_being_filed,
    failures_of,
)
from pacs_core.network.commitment.models import CommitmentRequest
from pacs_core.network.errors import TlsNotConfigured
from pacs_core.network.forwarding.selectors import node_for
from pacs_core.network.models import Node
from pacs_core.network.nodes.services import note_error
from pacs_core.network.outbound import jobs
from pacs_core.network.outbound.association import NothingSent
from pacs_core.network.outbound.reaching import why_not_reached

logger = logging.getLogger(__name__)

Status = CommitmentRequest.Status
# About a day of attempts: modalities are switched off over night. Then a person has to look.
ATTEMPTS = 30
# What is not filed by then is not committed to.
WAIT_FOR_FILING = timedelta(minutes=5)
LOOK_AGAIN = timedelta(seconds=2)
FIRST_LOOK_HERE_SECONDS, LONGEST_PAUSE_HERE_SECONDS = 0.2, 2.0
LOCK_SPACE = 7_301_011


class _TooEarly(Exception):
    """Instances of the request are being filed: it is judged later."""


def request_commitment(
    *,
    hospital_id: int,
    ae_title: str,
    transaction_uid: str,
    references: Sequence[Reference],
    is_answered_here: bool = False,
) -> CommitmentRequest:
    """Keep a node's request; it is judged and reported afterwards. Runs in an open scope.

    With `is_answered_here` the caller reports it over its own association (`answer_commitment_here`); when it can't,
    the sweep does. The same request again is reported again; a transaction that named other instances before is refused
    for all of these with 0x0131.
    """
    digest = hashlib.sha256(json.dumps(references).encode()).hexdigest()
    with transaction.atomic():
        _lock_transaction(ae_title, transaction_uid)
        known = CommitmentRequest.objects.filter(
            hospital_id=hospital_id, ae_title=ae_title, transaction_uid=transaction_uid
        )
        same = known.filter(references_sha256=digest).first()
        now = timezone.now()
        state = {
            "status": Status.RUNNING if is_answered_here else Status.WAITING,
            **{"requested_at": now, "retry_at": now, "heartbeat_at": now},
        }
        if same is not None:
            jobs.write(same, **state, attempts=0, last_error="", finished_at=None)
            request = same
        else:
            request = CommitmentRequest.objects.create(
                hospital_id=hospital_id,
                ae_title=ae_title,
                transaction_uid=transaction_uid,
                references=references,
                references_sha256=digest,
                failures=[(*one, DUPLICATE_TRANSACTION) for one in references] if known.exists() else [],
                **state,
            )
        _audit(request, "commitment.asked")
        if not is_answered_here:
            _enqueue(request)
    return request


def carry_out_commitment(*, job_id: int, hospital_id: int) -> None:
    """Judge a request that is due and report it on a new association; safe to call at any time and twice."""
    scope = _scope(hospital_id)
    with open_scope(scope):
        request = jobs.take(CommitmentRequest, job_id)
    if request is None:
        return

    _carry_out(
        request,
        deliver=lambda judged: send_event_report(judged, _node_of(judged)),
        # Judging reads every file: not again and again for a node that is switched off over night.
        before_judging_again=lambda: _look_for_node(request),
    )


def answer_commitment_here(
    *,
    job_id: int,
    hospital_id: int,
    deliver: Callable[[CommitmentRequest], None],
    goes_on: Callable[[], bool],
) -> None:
    """Judge a request, waiting for filing while `goes_on()`, and hand it to `deliver`, which may raise NothingSent."""
    with open_scope(_scope(hospital_id)):
        request = CommitmentRequest.objects.get(pk=job_id)
    pause = FIRST_LOOK_HERE_SECONDS
    while _is_too_early(request) and goes_on():
        _give_sign_of_life(request)
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_HERE_SECONDS)
    _carry_out(request, deliver)


@transaction.atomic
def retry_commitment(*, job_id: int) -> CommitmentRequest:
    """Report a given-up or waiting request anew at once, as a person asks; raises JobNotRetriable."""
    request = jobs.begin_anew(CommitmentRequest, job_id)
    _audit(request, "commitment.retried")
    _enqueue(request)
    return request


def _node_of(request: CommitmentRequest) -> Node:
    with open_scope(_scope(request.hospital_id)):
        return node_for(ae_title=request.ae_title, hospital_id=request.hospital_id)


def _look_for_node(request: CommitmentRequest) -> None:
    """Raise NothingSent when the request's node is not there."""
    node = _node_of(request)
    try:
        words = why_not_reached(node)
    except TlsNotConfigured as error:
        words = str(error)
    if words:
        note_error(node_id=node.pk, words=words)
        raise NothingSent(words)


def _carry_out(
    request: CommitmentRequest,
    deliver: Callable[[CommitmentRequest], None],
    before_judging_again: Callable[[], None] = lambda: None,
) -> None:
    try:
        if request.judged_at:
            before_judging_again()
        _judge(request)
        deliver(request)
    except _TooEarly:
        with open_scope(_scope(request.hospital_id)):
            jobs.put_back(request, after=LOOK_AGAIN)
    except (NothingSent, StorageUnavailable) as error:
        _end(request, error=str(error))
    except Exception as error:
        logger.exception("Commitment request %s failed", request.pk)
        _end(request, error=f"Something unexpected stopped it ({type(error).__name__}); the log has more.")
    else:
        _end(request, error="")


def _judge(request: CommitmentRequest) -> None:
    """Judge anew before each attempt: a report that nobody took for hours must still be true when it is sent."""
    if _refuses_duplicate(request):
        return
    if _is_too_early(request):
        raise _TooEarly
    failures = failures_of(
        request.references, hospital_id=request.hospital_id, on_progress=lambda: _give_sign_of_life(request)
    )
    with open_scope(_scope(request.hospital_id)):
        jobs.write(request, failures=failures, judged_at=timezone.now())


def _is_too_early(request: CommitmentRequest) -> bool:
    if timezone.now() > request.requested_at + WAIT_FOR_FILING:
        return False
    return anything_being_filed(request.references, hospital_id=request.hospital_id)


def _give_sign_of_life(request: CommitmentRequest) -> None:
    with open_scope(_scope(request.hospital_id)):
        jobs.write(request, heartbeat_at=timezone.now())


def _end(request: CommitmentRequest, *, error: str) -> None:
    with open_scope(_scope(request.hospital_id)):
        if not error:
            jobs.note_done(request)
            _audit(request, "commitment.reported")
        elif jobs.note_failure(request, error, attempts=ATTEMPTS):
            _audit(request, "commitment.given_up")


def _refuses_duplicate(request: CommitmentRequest) -> bool:
    return any(reason == DUPLICATE_TRANSACTION for *_, reason in request.failures)


def _lock_transaction(ae_title: str, transaction_uid: str) -> None:
    """Two requests of one transaction at once are looked at one after the other."""
    with connection.cursor() as cursor:
        key = f"{ae_title}\\{transaction_uid}"
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, %s))", [key, LOCK_SPACE])


def _audit(request: CommitmentRequest, action: str) -> None:
    detail = {
        "ae_title": request.ae_title,
        "instances": len(request.references),
        "not_committed": len(request.failures),
    }
    record_audit(
        action=action,
        object_type="commitment_request",
        object_id=request.pk,
        hospital_id=request.hospital_id,
        detail=detail,
    )


def _scope(hospital_id: int) -> Scope:
    return hospital_scope(process="commitment", hospital_id=hospital_id)


def _enqueue(request: CommitmentRequest) -> None:
    from pacs_core.network.tasks import report_commitment

    report_commitment.delay_on_commit(request.pk, request.hospital_id)
