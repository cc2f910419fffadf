"""Senders of HL7 messages: whom MSH-3 and MSH-4 name, and whom we turn away."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from pacs_core.access.scopes import Principal, Scope, current_scope, open_scope, scope_is_open
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from pacs_core.network.hl7.errors import Hl7SourceTaken, UnknownHospitalCode
from pacs_core.network.hl7.models import Hl7Source
from pacs_core.network.models import RejectedAssociation

UNKNOWN_SENDER = "unknown HL7 sender"
NOT_MLLP = "no MLLP block"
NOT_HL7 = "no HL7 message"
# A noisy peer is counted each time but told of once in this time.
TELL_AGAIN_AFTER = timedelta(minutes=1)
SEEN_PRECISION = timedelta(seconds=5)


def find_source(*, application: str, facility: str) -> Hl7Source | None:
    """Return the sender that MSH-3.1 and MSH-4.1 name, letter by letter."""
    return Hl7Source.objects.filter(sending_application=application, sending_facility=facility).first()


def note_seen(source: Hl7Source) -> None:
    """Keep when the sender was last heard, to a few seconds, so that parallel messages don't queue for this row."""
    now = timezone.now()
    Hl7Source.objects.filter(
        Q(last_message_at__isnull=True) | Q(last_message_at__lt=now - SEEN_PRECISION), pk=source.pk
    ).update(last_message_at=now)


def add_hl7_source(*, hospital_code: str, application: str, facility: str) -> tuple[Hl7Source, bool]:
    """Let a sender act for a hospital; return it and whether it is new. Adding it again changes nothing."""
    hospital = apps.get_model(settings.TENANT_MODEL).objects.filter(code=hospital_code.upper()).first()
    if hospital is None:
        raise UnknownHospitalCode(f"There is no hospital {hospital_code!r}. Maybe add it with add_hospital first.")
    principal = current_scope().principal if scope_is_open() else Principal(process="command")
    with open_scope(Scope(frozenset((hospital.pk,)), principal)):
        source, is_new = Hl7Source.objects.get_or_create(
            sending_application=application, sending_facility=facility, defaults={"hospital": hospital}
        )
        if source.hospital_id != hospital.pk:
            raise Hl7SourceTaken(
                f"{application} of {facility} already sends for hospital {source.hospital_id}. "
                "Maybe the sender can use another MSH-4."
            )
        if is_new:
            record_audit(
                action="hl7_source.added", object_type="hl7_source", object_id=source.pk, hospital_id=hospital.pk
            )
    return source, is_new


def hospital_of_code(code: str) -> Any:
    """Return the hospital of a code, None when there is none."""
    return apps.get_model(settings.TENANT_MODEL).objects.filter(code=code.upper()).first()


def count_rejection(*, application: str = "", facility: str = "", peer_address: str, reason: str) -> None:
    """Count a peer we turned away for the administrators, who hear of it at most once a minute."""
    now = timezone.now()
    key = {
        "calling_ae_title": application[:16],
        "called_ae_title": facility[:16],
        "peer_address": peer_address[:64],
        "reason": reason,
    }
    with open_scope(Scope(principal=Principal(process="hl7", address=peer_address))):
        known = RejectedAssociation.objects.filter(**key)
        is_news = not known.filter(last_at__gt=now - TELL_AGAIN_AFTER).exists()
        if not known.update(times=F("times") + 1, last_at=now):
            try:
                with transaction.atomic():
                    RejectedAssociation.objects.create(**key)
            except IntegrityError:
                known.update(times=F("times") + 1, last_at=now)
        if is_news:
            emit_event("AssociationRejected", hospital_id=None, reason=reason)
