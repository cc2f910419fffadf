"""How often a node usually sends, and whether it has been silent for unusually long."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from django.db import connection

# Read per node: enough for several studies of a big scanner, and bounded whatever the archive holds.
INSTANCES_READ = 3000
NODES_READ = 60
FEWEST_STUDIES = 4
SHORTEST_SILENCE = timedelta(minutes=30)
TIMES_THE_USUAL = 6
DAYS_COMPARED = 7


@dataclass(frozen=True)
class Silence:
    """A node that sent nothing for `lasting`, where it usually sends a study every `usual`."""

    ae_title: str
    lasting: timedelta
    usual: timedelta


def unusual_silence(ae_title: str, arrivals: list[datetime], now: datetime) -> Silence | None:
    """Judge the arrivals of a node's studies (aware, any order); None when its silence is nothing special.

    A silence that an earlier day had at the same time of day is the rhythm of the house, not a fault.
    """
    times = sorted(arrivals)
    if len(times) < FEWEST_STUDIES:
        return None
    usual = timedelta(seconds=median((b - a).total_seconds() for a, b in pairwise(times)))
    lasting = now - times[-1]
    if lasting < max(SHORTEST_SILENCE, TIMES_THE_USUAL * usual):
        return None
    for days in range(1, DAYS_COMPARED + 1):
        then = now - timedelta(days=days)
        before = [time for time in times if time <= then]
        if before and then - before[-1] >= lasting / 2:
            return None
    return Silence(ae_title, lasting, usual)


def study_arrivals(ae_titles: Iterable[str]) -> dict[str, list[datetime]]:
    """Return when each of these callers' latest studies began to arrive, within the open scope."""
    arrivals: dict[str, list[datetime]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select caller.ae_title, min(latest.received_at)
            from unnest(%s::text[]) as caller(ae_title)
            cross join lateral (
                select study_instance_uid, received_at from "archive_receivedinstance"
                where calling_ae_title = caller.ae_title order by id desc limit %s
            ) latest
            group by caller.ae_title, latest.study_instance_uid
            """,
            [list(ae_titles)[:NODES_READ], INSTANCES_READ],
        )
        for ae_title, began_at in cursor.fetchall():
            arrivals.setdefault(ae_title, []).append(began_at)
    return arrivals
