"""How fast a node may send: its images are answered later, so that they come more slowly (decision 0018).

A generic cell rate over all processes: one row for each node says until when its images are already booked. An
association books about a second's worth at a time, so a limit costs one statement a second and no limit none.
"""

from datetime import datetime, timedelta

from django.db import connection

# Who has been idle may send this much at once before it is slowed down.
BURST = timedelta(seconds=2)


def instances_a_booking(instances_per_minute: int) -> int:
    return max(1, instances_per_minute // 60)


def book_turns(*, node_id: int, instances_per_minute: int, longest_wait: timedelta, now: datetime) -> timedelta | None:
    """Book the node's next images; return how long to wait before the first, None (and book none) if longer than that.

    Books `instances_a_booking` images, in one statement that locks the node's row.
    """
    booked = timedelta(minutes=1) / instances_per_minute * instances_a_booking(instances_per_minute)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into network_nodepace as pace (node_id, booked_until) values (%(node)s, %(now)s + %(booked)s)
            on conflict (node_id) do update
                set booked_until = greatest(pace.booked_until, %(now)s - %(burst)s) + %(booked)s
                where pace.booked_until <= %(now)s + %(longest)s
            returning booked_until
            """,
            {"node": node_id, "now": now, "booked": booked, "burst": BURST, "longest": longest_wait},
        )
        row = cursor.fetchone()
    return None if row is None else max(timedelta(0), row[0] - booked - now)
