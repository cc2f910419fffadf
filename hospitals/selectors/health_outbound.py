"""What was given up on its way to nodes, in sentences: nobody tries it again before a person asks."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospitals.selectors.health_part import HealthPart
from pacs_core.network.availability.selectors import visible_notices
from pacs_core.network.commitment.selectors import visible_requests
from pacs_core.network.forwarding.selectors import visible_jobs
from pacs_core.network.outbound.models import OutboundJob

NODES_NAMED = 5
# Page -> its jobs, and what is said of them.
_KINDS: dict[str, tuple[Callable[[], QuerySet[Any]], Promise]] = {
    "forwarding": (visible_jobs, gettext_lazy("%(node)s did not get studies, %(count)s in all: %(reason)s")),
    "commitments": (
        visible_requests,
        gettext_lazy("%(node)s asked whether its images are safe and did not learn it, %(count)s in all: %(reason)s"),
    ),
    "availability": (visible_notices, gettext_lazy("%(node)s was not told of studies, %(count)s in all: %(reason)s")),
}


def given_up_parts(now: datetime) -> Iterator[HealthPart]:
    for page, (visible, sentence) in _KINDS.items():
        given_up = visible().filter(status=OutboundJob.Status.FAILED)
        counts = given_up.order_by().values("ae_title").annotate(count=Count("pk")).order_by("-count", "ae_title")
        named = {row["ae_title"]: row["count"] for row in counts[:NODES_NAMED]}
        last = given_up.filter(ae_title__in=named).order_by("ae_title", "-finished_at").distinct("ae_title")
        for job in last if named else ():
            query = urlencode({"state": OutboundJob.Status.FAILED, "search": job.ae_title})
            yield HealthPart(
                "overdue",
                _("given up"),
                str(sentence) % {"node": job.ae_title, "count": named[job.ae_title], "reason": job.last_error},
                _("It is not tried again by itself. Mend what stopped it, then send again."),
                f"{reverse(f'administration:{page}')}?{query}",
                _("Show"),
            )
