"""How much a node sends us, by the hour.

Written a few times a minute, not for each instance: what a killed process had not written yet is missing from the
plot, never from the archive.
"""

from datetime import datetime, timedelta

from django.db import connection

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.network.models import Node, NodeTraffic

KEPT = timedelta(days=90)


def add_traffic(
    *, node_id: int, hospital_id: int, instances: int, size_bytes: int, refused: int, error: str, now: datetime
) -> None:
    """Add to the node's hour in one statement, with what went wrong last; opens its own scope.

    A node that was removed meanwhile gets nothing.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    noted: dict[str, object] = {"last_stored_at": now} if instances else {}
    if error:
        noted |= {"last_error": error[:300], "last_error_at": now}
    with open_scope(hospital_scope(process="dimse", hospital_id=hospital_id)), connection.cursor() as cursor:
        cursor.execute("set local synchronous_commit to off")
        if not Node.objects.filter(pk=node_id).update(**noted):
            return
        cursor.execute(
            """
            insert into network_nodetraffic as hour (hospital_id, node_id, hour_at, instances, bytes, refused)
            values (%s, %s, %s, %s, %s, %s)
            on conflict (node_id, hour_at) do update set
                instances = hour.instances + excluded.instances,
                bytes = hour.bytes + excluded.bytes,
                refused = hour.refused + excluded.refused
            """,
            [hospital_id, node_id, hour, instances, size_bytes, refused],
        )


def forget_old_traffic(*, now: datetime) -> None:
    """Runs in an open scope."""
    NodeTraffic.objects.filter(hour_at__lt=now - KEPT).delete()
