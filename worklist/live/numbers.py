"""The numbered events that a browser has seen, and those that it missed."""

from collections.abc import Collection, Mapping

from django.db.models import OuterRef, Subquery

from hospitals.models import Hospital
from pacs_core.events.live import hint_of
from pacs_core.events.models import Event

MOST_MISSED = 200
NETWORK = "null"


def last_numbers(hospital_ids: Collection[int], *, with_network: bool = False) -> dict[str, int]:
    """Return each hospital's last event number (0 without events), under "null" the network's own."""
    newest = Event.objects.filter(hospital=OuterRef("pk"), number__isnull=False).order_by("-number").values("number")
    rows = Hospital.objects.filter(pk__in=hospital_ids).annotate(last=Subquery(newest[:1])).values_list("pk", "last")
    numbers = {str(pk): last or 0 for pk, last in rows}
    if with_network:
        last = Event.objects.filter(hospital__isnull=True, number__isnull=False).order_by("-number").first()
        numbers[NETWORK] = last.number if last else 0
    return numbers


def missed_hints(
    seen: Mapping[str, int], *, hospital_ids: Collection[int], with_network: bool, only_user_id: int | None = None
) -> list[dict[str, object]] | None:
    """Return the hints after the numbers seen, in order; None when the browser has to fetch everything again.

    That is so when too much was missed, or when the browser does not say what it has seen of a hospital in its view.
    """
    wanted: dict[str, int | None] = {str(pk): pk for pk in sorted(hospital_ids)}
    if with_network:
        wanted[NETWORK] = None
    if only_user_id is None and any(key not in seen for key in wanted):
        return None
    hints: list[dict[str, object]] = []
    for key, hospital_id in wanted.items():
        events = (
            Event.objects.filter(hospital=hospital_id) if hospital_id else Event.objects.filter(hospital__isnull=True)
        )
        events = events.filter(number__gt=seen.get(key, 0)).order_by("number")
        if only_user_id is not None:
            events = events.filter(payload__user_ids__contains=[only_user_id])
        hints += [hint_of(event) for event in events[: MOST_MISSED + 1 - len(hints)]]
        if len(hints) > MOST_MISSED:
            return None
    return hints
