"""Write nodes and count rejected associations."""

from datetime import datetime
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import Principal, Scope, hospital_scope, open_scope
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from pacs_core.network.errors import HospitalUnknown, NodeOfOtherHospital, NodeValueRefused
from pacs_core.network.models import Node, RejectedAssociation
from pacs_core.network.nodes.credentials import is_changed, with_sealed_secret
from pacs_core.network.nodes.values import normal_fingerprint

# A caller that is refused again is news again only after this long.
NEWS_AGAIN_SECONDS = 60
# Anyone who reaches the port can make rows; the oldest ones go.
REJECTIONS_KEPT = 2000


def hospital_of_code(*, code: str) -> Any:
    """Return the hospital, or raise HospitalUnknown that names the ones there are."""
    hospitals = apps.get_model(settings.TENANT_MODEL).objects
    hospital = hospitals.filter(code=code).first()
    if hospital is None:
        raise HospitalUnknown(code, list(hospitals.order_by("code").values_list("code", flat=True)[:10]))
    return hospital


def save_node(*, hospital_id: int, ae_title: str, **values: Any) -> tuple[Node, bool]:
    """Make the hospital's node with this AE title or change it; return (node, made). Idempotent.

    `values` may hold whatever of a node is set by people; what is left out stays, and a new node may store unless told
    otherwise. Runs in an open scope. Raises NodeOfOtherHospital or NodeValueRefused.
    """
    with transaction.atomic():
        node = Node.objects.select_for_update(no_key=True, of=("self",)).filter(ae_title=ae_title).first()
        if node is not None and node.hospital_id != hospital_id:
            raise NodeOfOtherHospital(ae_title)
        made = node is None
        node = node or Node(hospital_id=hospital_id, ae_title=ae_title, may_store=True)
        changed = [name for name, value in values.items() if made or is_changed(node, name, value)]
        if changed or made:
            _write_node(node, {name: values[name] for name in changed})
            _audit_node("node.added" if made else "node.changed", node, fields=sorted(changed))
    return node, made


def change_node(*, node: Node, **values: Any) -> Node:
    """Change some values of a node, its AE title too; raises NodeOfOtherHospital or NodeValueRefused.

    What is as it was when the node was read is not written: another person may have changed it since.
    """
    with transaction.atomic():
        if not Node.objects.select_for_update(no_key=True, of=("self",)).filter(pk=node.pk).first():
            raise NotVisible(f"Node {node.pk} was removed meanwhile.")
        changed = {name: value for name, value in values.items() if is_changed(node, name, value)}
        if changed:
            _write_node(node, changed)
            _audit_node("node.changed", node, fields=sorted(changed))
    return node


def remove_node(*, node: Node) -> None:
    """Remove a node; its caller is rejected from now on, what it sent stays."""
    with transaction.atomic():
        # First its row, as who counts its images or associations does: none of these comes while they are removed.
        list(Node.objects.select_for_update(no_key=True, of=("self",)).filter(pk=node.pk))
        _audit_node("node.removed", node, fields=[])
        node.delete()


def note_error(*, node_id: int, words: str) -> None:
    """Keep what went wrong last with a node, in words that name no patient."""
    Node.objects.filter(pk=node_id).update(last_error=words[:300], last_error_at=timezone.now())


def store_presented_certificate(*, node: Node, fingerprint: str) -> Node:
    """Let the certificate that the node showed last stand for it, beside those it has; raises NodeValueRefused.

    `fingerprint` is the one that the person saw: nobody slips in another between look and click.
    """
    if not fingerprint or fingerprint != node.presented_fingerprint:
        raise NodeValueRefused(
            {"certificate_fingerprints": ["It has shown another certificate meanwhile: look again."]}
        )
    kept = [one for one in node.certificate_fingerprints if one != fingerprint]
    return change_node(node=node, certificate_fingerprints=[*kept, fingerprint])


def count_rejected_association(
    *, calling_ae_title: str, called_ae_title: str, peer_address: str, reason: str, hospital_id: int | None
) -> RejectedAssociation:
    """Count a rejection in one statement; emit AssociationRejected when it is new or was silent for a minute.

    Opens its own scope. `hospital_id` is that of the node the AE title belongs to, None for an unknown one.
    """
    principal_scope = (
        hospital_scope(process="dimse", hospital_id=hospital_id)
        if hospital_id
        else Scope(principal=Principal(process="dimse"))
    )
    now = timezone.now()
    key = [calling_ae_title[:16], called_ae_title[:16], peer_address[:64], reason]
    with open_scope(principal_scope), connection.cursor() as cursor:
        cursor.execute(
            """
            with earlier as (
                select last_at from network_rejectedassociation
                where (calling_ae_title, called_ae_title, peer_address, reason) = (%s, %s, %s, %s)
            )
            insert into network_rejectedassociation as counted
                (calling_ae_title, called_ae_title, peer_address, reason, times, first_at, last_at)
            values (%s, %s, %s, %s, 1, %s, %s)
            on conflict (calling_ae_title, called_ae_title, peer_address, reason)
                do update set times = counted.times + 1, last_at = excluded.last_at
            returning id, times, (select last_at from earlier)
            """,
            [*key, *key, now, now],
        )
        rejected_id, times, earlier_at = cast(tuple[int, int, datetime | None], cursor.fetchone())
        # `earlier` does not see a row that another worker inserts at this moment; the count does.
        was_silent = earlier_at is not None and (now - earlier_at).total_seconds() > NEWS_AGAIN_SECONDS
        if times == 1:
            _forget_oldest_rejections()
        if times == 1 or was_silent:
            emit_event("AssociationRejected", hospital_id=hospital_id, rejected_association_id=rejected_id)
    return RejectedAssociation.objects.get(pk=rejected_id)


def _forget_oldest_rejections() -> None:
    oldest = RejectedAssociation.objects.order_by("-last_at", "-pk")[REJECTIONS_KEPT:]
    RejectedAssociation.objects.filter(pk__in=list(oldest.values_list("pk", flat=True))).delete()


def _write_node(node: Node, values: dict[str, Any]) -> None:
    written = with_sealed_secret(node, values)
    for name, value in written.items():
        setattr(node, name, value)
    if "certificate_fingerprints" in values:
        node.certificate_fingerprints = [normal_fingerprint(value) for value in node.certificate_fingerprints]
    absent = [field.name for field in Node._meta.fields if field.null and getattr(node, field.name) is None]
    try:
        node.full_clean(validate_unique=False, validate_constraints=False, exclude=["hospital", *absent])
        with transaction.atomic():
            node.save(update_fields=None if node._state.adding else list(written))
    except ValidationError as error:
        raise NodeValueRefused(error.message_dict) from error
    except IntegrityError as error:
        if Node.objects.filter(ae_title=node.ae_title, hospital_id=node.hospital_id).exists():
            raise NodeValueRefused({"ae_title": ["Another node of this hospital has it."]}) from error
        raise NodeOfOtherHospital(node.ae_title) from error


def _audit_node(action: str, node: Node, *, fields: list[str]) -> None:
    record_audit(
        action=action, object_type="node", object_id=node.pk, hospital_id=node.hospital_id, detail={"fields": fields}
    )
