"""Send a study to a node because a person asks for it."""

from django.db import transaction
from django.db.models import Q, QuerySet

from pacs_core.archive.models import Study
from pacs_core.network.errors import NetworkError
from pacs_core.network.forwarding.models import ForwardingJob
from pacs_core.network.forwarding.selectors import node_for
from pacs_core.network.forwarding.services import request_forwarding, retry_forwarding
from pacs_core.network.models import Node


class NothingToSend(NetworkError):
    """The node has every image, or is being sent them."""


def nodes_to_send_to(*, hospital_id: int) -> QuerySet[Node]:
    """Return the nodes that may get this hospital's studies and can be reached."""
    has_address = Q(host__gt="", port__isnull=False) | Q(dicomweb_url__gt="")
    may_have_them = Q(hospital_id=hospital_id) | Q(is_network_service=True)
    return Node.objects.filter(has_address, may_have_them, is_paused=False).order_by("ae_title")


@transaction.atomic
def forward_by_hand(*, study: Study, ae_title: str, asked_by: str) -> ForwardingJob:
    """Ask that the node gets what it has not got of the study; a job that was given up begins anew.

    Runs in an open scope. Raises NodeNotUsable, or NothingToSend.
    """
    node_for(ae_title=ae_title, hospital_id=study.hospital_id, by_dicomweb=True)
    given_up = ForwardingJob.objects.filter(
        study=study,
        ae_title=ae_title,
        content_version=study.number_of_instances,
        status=ForwardingJob.Status.FAILED,
    ).first()
    if given_up is not None:
        return retry_forwarding(job_id=given_up.pk)
    job = request_forwarding(study=study, ae_title=ae_title, asked_by=asked_by)
    if job is None:
        raise NothingToSend(f"{ae_title} has every image of the study, or is being sent them.")
    return job
