"""Which node gets a study, what it has not got yet, and the jobs that a person may see."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from pacs_core.access.scopes import current_scope
from pacs_core.archive.models import Instance, Study
from pacs_core.archive.selectors.corrections import corrections_of
from pacs_core.network.forwarding.errors import NodeNotUsable
from pacs_core.network.forwarding.models import ForwardedInstance, ForwardingJob
from pacs_core.network.models import Node
from pacs_core.standards.dicom.coercion import Corrections


@dataclass(frozen=True)
class Parcel:
    """One instance to be sent: its file as it was received, how that is encoded, and what is corrected on the way."""

    instance_id: int
    file_path: str
    sop_class_uid: str
    transfer_syntax_uid: str
    sop_instance_uid: str
    size_bytes: int
    corrections: Corrections | None = None


_PARCEL_COLUMNS = ("pk", "file_path", "sop_class_uid", "transfer_syntax_uid", "sop_instance_uid", "size_bytes")


def node_for(*, ae_title: str, hospital_id: int, by_dicomweb: bool = False) -> Node:
    """Return the node that a study of this hospital may be sent to now; NodeNotUsable says why not.

    With `by_dicomweb` a DICOMweb address serves instead of host and port. A hospital's patients go to its own nodes and
    to services of the whole network, to nobody else's.
    """
    node = Node.objects.filter(ae_title=ae_title).first()
    if node is None:
        raise NodeNotUsable(f"No node has the AE title {ae_title}. Maybe add it under Nodes.")
    if node.hospital_id != hospital_id and not node.is_network_service:
        raise NodeNotUsable(f"{ae_title} is another hospital's node and no service of the whole network: nothing sent.")
    if node.is_paused:
        raise NodeNotUsable(f"{ae_title} is paused. Maybe resume it under Nodes.")
    if not (node.host and node.port) and not (by_dicomweb and node.dicomweb_url):
        raise NodeNotUsable(f"{ae_title} has no host and port to send to. Maybe set them under Nodes.")
    return node


def unsent_instances(*, study_id: int, ae_title: str) -> QuerySet[Instance]:
    """Return the study's instances that the node has not taken yet."""
    taken = ForwardedInstance.objects.filter(instance=OuterRef("pk"), ae_title=ae_title)
    return Instance.objects.filter(~Exists(taken), series__study=study_id)


def unsent_parcels(job: ForwardingJob) -> list[Parcel]:
    return parcels_of(unsent_instances(study_id=job.study_id, ae_title=job.ae_title))


def parcels_of(rows: QuerySet[Instance]) -> list[Parcel]:
    """Return these instances to be sent, in the order of series and images."""
    ordered = rows.order_by("series_id", "instance_number", "pk")
    corrections = corrections_of(rows)
    return [Parcel(*row, corrections.get(row[0])) for row in ordered.values_list(*_PARCEL_COLUMNS)]


def sent_count(*, study: Study, ae_title: str) -> int:
    return ForwardedInstance.objects.filter(instance__series__study=study, ae_title=ae_title).count()


def visible_jobs() -> QuerySet[ForwardingJob]:
    """Return the jobs of the open scope's hospitals, the newest first."""
    return (
        ForwardingJob.objects.filter(hospital_id__in=current_scope().hospital_ids)
        .select_related("hospital", "study")
        .order_by("-requested_at", "-pk")
    )
