"""Echo tests: a person asks for one, a worker calls the node, the page shows how far it is and what came of it."""

import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from pynetdicom import build_context
from pynetdicom.sop_class import Verification

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from pacs_core.network.errors import EchoNotPossible
from pacs_core.network.models import EchoTest, Node
from pacs_core.network.outbound.association import NothingSent, open_association

# Longer than all our time-outs together: no worker took it, or it was killed.
LOST_AFTER = timedelta(seconds=90)


@transaction.atomic
def ask_for_echo(*, node: Node) -> EchoTest:
    """Have a worker send a C-ECHO to the node; raises EchoNotPossible. One that is under way is returned instead."""
    if not node.host or not node.port:
        raise EchoNotPossible(f"{node.ae_title} has no host and port to call. Maybe set them first.")
    now = timezone.now()
    list(Node.objects.select_for_update(no_key=True, of=("self",)).filter(pk=node.pk))
    running = EchoTest.objects.filter(node=node, finished_at__isnull=True, asked_at__gt=now - LOST_AFTER).first()
    if running is not None:
        return running
    EchoTest.objects.filter(node=node).delete()
    test = EchoTest.objects.create(hospital_id=node.hospital_id, node=node, asked_at=now)
    record_audit(
        action="node.echo_asked",
        object_type="node",
        object_id=node.pk,
        hospital_id=node.hospital_id,
        detail={"ae_title": node.ae_title},
    )
    _enqueue(test)
    return test


def carry_out_echo(*, echo_test_id: int, hospital_id: int) -> None:
    """Call the node and keep what came of it in words; one worker does it, and twice is harmless."""
    scope = hospital_scope(process="echo", hospital_id=hospital_id)
    with open_scope(scope):
        waiting = EchoTest.objects.filter(pk=echo_test_id, started_at__isnull=True)
        if not waiting.update(started_at=timezone.now()):
            return
        test = EchoTest.objects.select_related("node").get(pk=echo_test_id)
    began = time.monotonic()
    error = _echo(test.node)
    milliseconds = round((time.monotonic() - began) * 1000)
    with open_scope(scope):
        values = {"finished_at": timezone.now(), "milliseconds": milliseconds, "error": error[:300]}
        EchoTest.objects.filter(pk=echo_test_id).update(**values)
        emit_event("NodeEchoed", hospital_id=hospital_id, node_id=test.node_id)


def _echo(node: Node) -> str:
    """Return what went wrong, "" when the node answered."""
    try:
        association = open_association(node, [build_context(Verification)], takes="the Verification service")
    except NothingSent as error:
        return str(error)
    try:
        answer = association.send_c_echo()
    except (RuntimeError, ValueError):
        return f"{node.ae_title} ended the association before it answered."
    finally:
        if association.is_established:
            association.release()
    if "Status" not in answer:
        return f"{node.ae_title} gave no answer to C-ECHO in time."
    return "" if answer.Status == 0x0000 else f"{node.ae_title} answered C-ECHO with status 0x{answer.Status:04X}."


def _enqueue(test: EchoTest) -> None:
    from pacs_core.network.tasks import echo_node

    echo_node.delay_on_commit(test.pk, test.hospital_id)
