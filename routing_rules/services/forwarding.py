"""Carry out the rules' effect `send_to_nodes`: once a study is complete, it goes to the nodes that the rules name."""

from django.db import transaction

from pacs_core.network.forwarding.services import request_forwarding
from routing_rules.models import ItemDemand

_NOT_SENT = ("cancelled",)


@transaction.atomic
def send_as_rules_ask(*, study_id: int) -> int:
    """Ask for everything that the item's demand wants sent; return how many jobs that made.

    Idempotent, in an open scope. Does nothing while images still arrive: StudyCompleted asks again; after late images
    only what is new goes out.
    """
    demand = (
        ItemDemand.objects.select_related("worklist_item__study")
        .filter(worklist_item__study=study_id, worklist_item__study__completed_at__isnull=False)
        .exclude(worklist_item__status__in=_NOT_SENT)
        .first()
    )
    if demand is None:
        return 0
    asked_by = ", ".join(demand.demand.get("matched", ()))
    jobs = [
        request_forwarding(study=demand.worklist_item.study, ae_title=ae_title, asked_by=asked_by)
        for ae_title in dict.fromkeys(demand.demand.get("send_to_nodes", ()))
    ]
    return sum(job is not None for job in jobs)
