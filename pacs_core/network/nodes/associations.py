"""The associations that nodes hold now, counted over all worker processes of all machines.

Each is a row with the beat of its process, so what a killed process held is free again soon. The rows are written
without waiting for the disk: a crash of the database ends the associations too.
"""

from collections.abc import Collection
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from pacs_core.access.scopes import all_hospitals_scope, hospital_scope, open_scope
from pacs_core.network.models import Node, OpenAssociation
from pacs_core.network.tls.certificates import Certificate

BEAT_SECONDS = 15
# A process that was silent for so long is gone.
GONE_AFTER = timedelta(seconds=60)
# Each association does this: one statement, where Django's would be three that take it longer to write.
_TAKE = """
with gone as (delete from network_openassociation where node_id = %(node)s and beat_at < %(gone)s)
insert into network_openassociation (hospital_id, node_id, process, peer_address, secured_by, opened_at, beat_at)
select %(hospital)s, %(node)s, %(process)s, %(peer_address)s, %(secured_by)s, %(now)s, %(now)s
where (select count(*) from network_openassociation where node_id = %(node)s and beat_at >= %(gone)s) < %(most)s
returning id
"""


def take_place(
    *, node: Node, process: str, peer_address: str, secured_by: str = "", certificate: Certificate | None = None
) -> int | None:
    """Note that a node opens an association; return its place, None when the node holds as many as it may.

    Opens its own scope. Places of one node are taken one after another: the update of its row comes first.
    """
    now = timezone.now()
    with open_scope(hospital_scope(process="dimse", hospital_id=node.hospital_id)):
        _do_not_wait_for_the_disk()
        Node.objects.filter(pk=node.pk).update(last_association_at=now, **_presented(certificate))
        with connection.cursor() as cursor:
            cursor.execute(
                _TAKE,
                {
                    "hospital": node.hospital_id,
                    "node": node.pk,
                    "process": process,
                    "peer_address": peer_address[:64],
                    "secured_by": secured_by[:60],
                    "now": now,
                    "gone": now - GONE_AFTER,
                    "most": node.most_associations,
                },
            )
            row = cursor.fetchone()
    return row[0] if row else None


def note_presented(*, node_id: int, certificate: Certificate) -> None:
    """Keep which certificate was shown as the node's by a caller that was refused."""
    Node.objects.filter(pk=node_id).update(**_presented(certificate))


def give_back_place(*, place_id: int, hospital_id: int) -> None:
    with open_scope(hospital_scope(process="dimse", hospital_id=hospital_id)):
        _do_not_wait_for_the_disk()
        with connection.cursor() as cursor:
            cursor.execute("delete from network_openassociation where id = %s", [place_id])


def beat_for_places(*, process: str) -> None:
    """Say that a process still serves what it holds."""
    with open_scope(all_hospitals_scope(process="dimse")):
        _do_not_wait_for_the_disk()
        OpenAssociation.objects.filter(process=process).update(beat_at=timezone.now())


def nodes_shut_out(*, node_ids: Collection[int]) -> set[int]:
    """Return which of these nodes may hold no association any more: paused, removed, of an inactive hospital."""
    admitted = Node.objects.filter(pk__in=node_ids, is_paused=False, hospital__is_active=True)
    return set(node_ids) - set(admitted.values_list("pk", flat=True))


def _presented(certificate: Certificate | None) -> dict[str, object]:
    if certificate is None:
        return {}
    return {
        "presented_fingerprint": certificate.fingerprint,
        "presented_subject": certificate.subject_words[:300],
        "presented_until": certificate.expires_at,
    }


def _do_not_wait_for_the_disk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local synchronous_commit to off")
