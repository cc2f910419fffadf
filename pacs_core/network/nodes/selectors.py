"""Find nodes and rejected associations; both tables are the network's, so the scope is applied here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import CharField, Min, Q, QuerySet

from pacs_core.access.compiled_query import CompiledQuery, Parameter
from pacs_core.access.errors import PermissionRefused
from pacs_core.access.scopes import current_scope
from pacs_core.archive.completion_rules import LONGEST_WAIT_MINUTES, CompletionRule
from pacs_core.archive.media.importing import SOURCE_OF_PRIORS
from pacs_core.archive.models import ReceivedInstance, Study
from pacs_core.network.models import Node, RejectedAssociation
from pacs_core.network.nodes.credentials import is_changed

SYSTEM_ADMINISTRATOR = "system_administrator"
# What decides whose patients go where.
SHARED_FIELDS = (
    *("is_network_service", "ae_title", "host", "port"),
    *("wants_availability", "dicomweb_url", "dicomweb_user", "dicomweb_secret"),
    *("is_reached_over_tls", "certificate_fingerprints", "certificate_subject"),
)


def settings_of_a_node() -> list[str]:
    """Return what people set about a node, in the order of its form; pausing has a button of its own."""
    fields = [field.name for field in Node._meta.fields if field.editable and not field.primary_key]
    return [name for name in fields if name not in ("hospital", "is_paused")]


_HOSPITAL: Any = Node._meta.get_field("hospital").related_model
_OF_NODE = [field.attname for field in Node._meta.concrete_fields]
_OF_HOSPITAL = [field.attname for field in _HOSPITAL._meta.concrete_fields]
_node_titled = CompiledQuery(
    lambda: Node.objects.filter(ae_title=Parameter("ae_title", CharField())).values_list(
        *_OF_NODE, *(f"hospital__{name}" for name in _OF_HOSPITAL)
    )
)


def node_calling(*, ae_title: str) -> Node | None:
    """Return the node of a calling AE title, whichever hospital's it is: the caller has no scope yet."""
    for row in _node_titled.rows(ae_title=ae_title):
        node = Node.from_db(DEFAULT_DB_ALIAS, _OF_NODE, row[: len(_OF_NODE)])
        node.hospital = _HOSPITAL.from_db(DEFAULT_DB_ALIAS, _OF_HOSPITAL, row[len(_OF_NODE) :])
        return node
    return None


def received_for_reading_at(study: Study) -> datetime | None:
    """Return when the study's first instance came that is to be read; None when all came as priors.

    As priors come what nodes for priors send and what is imported as such. Whatever was received counts, indexed or not
    yet, and a duplicate too: a scanner sends again what the PACS had sent.
    """
    priors = Node.objects.filter(hospital_id=study.hospital_id, sends_priors=True).values_list("ae_title", flat=True)
    as_priors = Q(calling_ae_title__in=list(priors)) | Q(source=SOURCE_OF_PRIORS)
    received = ReceivedInstance.objects.filter(
        hospital_id=study.hospital_id, study_instance_uid=study.study_instance_uid
    ).aggregate(any=Min("received_at"), for_reading=Min("received_at", filter=~as_priors))
    return received["for_reading"] if received["any"] else study.first_received_at


def completion_rules() -> dict[tuple[int, str], CompletionRule]:
    """Return the rules of nodes that have one of their own, by hospital and AE title."""
    ruled = Node.objects.filter(Q(completion_rule__isnull=False) | Q(quiet_seconds__isnull=False))
    return {
        (node.hospital_id, node.ae_title): CompletionRule(
            kind=node.completion_rule or "quiet_time",
            quiet_seconds=node.quiet_seconds,
            expected_instances=node.expected_instances,
            longest_wait_minutes=node.longest_wait_minutes or LONGEST_WAIT_MINUTES,
        )
        for node in ruled
    }


def visible_nodes() -> QuerySet[Node]:
    """Nodes of the open scope's hospitals."""
    return Node.objects.filter(hospital_id__in=current_scope().hospital_ids).select_related("hospital").order_by("pk")


def may_change_node(node: Node | None, values: Mapping[str, Any]) -> None:
    """Raise PermissionRefused unless the open scope's principal may so change a node (None: make one).

    Any hospital's patients are sent to a service of the whole network: only the system's administrator names one, and
    says where it is.
    """
    if current_scope().principal.role == SYSTEM_ADMINISTRATOR:
        return
    before = node or Node()
    changed = {name for name, value in values.items() if name in SHARED_FIELDS and is_changed(before, name, value)}
    if "is_network_service" in changed:
        raise PermissionRefused("Only a system administrator makes a node a service of the whole network.")
    if before.is_network_service and changed:
        raise PermissionRefused("Only a system administrator says where a service of the whole network is.")


def visible_node_titled(ae_title: str) -> Node | None:
    """Return the node with this AE title of the hospitals in view."""
    return visible_nodes().filter(ae_title=ae_title).first()


def visible_rejected_associations() -> QuerySet[RejectedAssociation]:
    """Every rejection for a system administrator; for others those of their own hospitals' AE titles.

    A title that nobody owns may be another hospital's new scanner, so only the network's administrator sees it.
    """
    scope = current_scope()
    rejected = RejectedAssociation.objects.order_by("-last_at", "-pk")
    if scope.principal.role == SYSTEM_ADMINISTRATOR:
        return rejected
    own = Node.objects.filter(hospital_id__in=scope.hospital_ids).values("ae_title")
    return rejected.filter(calling_ae_title__in=own)
