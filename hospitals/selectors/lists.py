"""The administration's lists, narrowed down as the filter bar asks; each within the open scope."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from hospitals.models import Hospital, Membership, User
from hospitals.selectors.administration import administered_hospitals, administered_people
from pacs_core.access.scopes import current_scope
from pacs_core.archive.models import Instance, QuarantinedInstance, RejectedReference, RejectionNote, StudyConflict
from pacs_core.archive.selectors.conflicts import rejection_notes, study_conflicts
from pacs_core.archive.selectors.quarantine import quarantined_instances
from pacs_core.audit.models import AuditEntry
from pacs_core.network.hl7.models import Hl7Source
from pacs_core.network.models import Node, RejectedAssociation
from pacs_core.network.nodes.selectors import visible_nodes, visible_rejected_associations
from pacs_core.network.outbound.models import OutboundJob
from pacs_core.network.research.models import DeidentifiedExport
from pacs_core.network.research.selectors import visible_exports

# A name that fits more people than this is no name to look for in the audit trail.
PEOPLE_COMPARED = 200


def find_hospitals(*, search: str = "", state: str = "") -> QuerySet[Hospital]:
    """Hospitals in view; `state` active or inactive."""
    rows = administered_hospitals()
    for word in search.split():
        rows = rows.filter(Q(code__icontains=word) | Q(name__icontains=word) | Q(city__icontains=word))
    return rows.filter(is_active=state == "active") if state else rows


def find_nodes(*, search: str = "", hospital: Hospital | None = None, state: str = "") -> QuerySet[Node]:
    """Nodes in view; `state` paused, sends or never."""
    rows = visible_nodes().order_by("hospital__code", "ae_title")
    for word in search.split():
        rows = rows.filter(Q(ae_title__icontains=word) | Q(host__icontains=word))
    if hospital:
        rows = rows.filter(hospital=hospital)
    if state == "paused":
        rows = rows.filter(is_paused=True)
    elif state == "sends":
        rows = rows.filter(is_paused=False, last_stored_at__isnull=False)
    elif state == "never":
        rows = rows.filter(last_stored_at__isnull=True)
    return rows


def find_hl7_sources(*, search: str = "", hospital: Hospital | None = None) -> QuerySet[Hl7Source]:
    """Senders of HL7 messages of the hospitals in view."""
    rows = Hl7Source.objects.filter(hospital__in=current_scope().hospital_ids).select_related("hospital")
    for word in search.split():
        rows = rows.filter(Q(sending_application__icontains=word) | Q(sending_facility__icontains=word))
    rows = rows.filter(hospital=hospital) if hospital else rows
    return rows.order_by("hospital__code", "sending_application", "sending_facility")


def find_people(
    *, search: str = "", role: str = "", hospital: Hospital | None = None, state: str = ""
) -> QuerySet[User]:
    """People in view with their current memberships in `current_memberships`; `state` active or locked_out."""
    rows = administered_people().prefetch_related(None).prefetch_related(_current_memberships())
    for word in search.split():
        rows = rows.filter(Q(name__icontains=word) | Q(email__icontains=word))
    if role:
        rows = rows.filter(role=role)
    if hospital:
        rows = rows.filter(pk__in=Membership.objects.filter(hospital=hospital).values("user"))
    return rows.filter(is_active=state == "active") if state else rows


def memberships_in_view(user: User) -> QuerySet[Membership]:
    """A person's memberships in hospitals of the open scope, ended ones too."""
    rows = Membership.objects.filter(user=user, hospital__in=current_scope().hospital_ids)
    return rows.select_related("hospital").order_by("hospital__code")


def find_rejections(*, search: str = "", reason: str = "", days: int | None = None) -> QuerySet[RejectedAssociation]:
    """Callers that were turned away within `days`."""
    rows = visible_rejected_associations()
    for word in search.split():
        rows = rows.filter(
            Q(calling_ae_title__icontains=word) | Q(called_ae_title__icontains=word) | Q(peer_address__icontains=word)
        )
    rows = rows.filter(reason=reason) if reason else rows
    return rows.filter(last_at__gte=_since(days)) if days else rows


def find_quarantined(
    *, search: str = "", hospital: Hospital | None = None, state: str = ""
) -> QuerySet[QuarantinedInstance]:
    """Quarantined content; `state` open (waits for a decision), retried, rejected or all."""
    rows = quarantined_instances(only_open=state == "open").select_related("hospital", "resolved_by")
    for word in search.split():
        rows = rows.filter(
            Q(calling_ae_title__icontains=word)
            | Q(reason__icontains=word)
            | Q(reason_code__icontains=word)
            | Q(study_instance_uid=word)
            | Q(sop_instance_uid=word)
        )
    rows = rows.filter(resolution=state) if state in QuarantinedInstance.Resolution.values else rows
    return rows.filter(hospital=hospital) if hospital else rows


def find_conflicts(
    *, search: str = "", hospital: Hospital | None = None, state: str = "open"
) -> QuerySet[StudyConflict]:
    """What contradicts the archive; `state` open, a decision, or all."""
    rows = study_conflicts(only_open=state == "open")
    for word in search.split():
        named = QuarantinedInstance.objects.filter(conflict=OuterRef("pk"), sop_instance_uid=word)
        rows = rows.filter(Q(study_instance_uid=word) | Exists(named))
    rows = rows.filter(decision=state) if state in StudyConflict.Decision.values else rows
    return rows.filter(hospital=hospital) if hospital else rows


def find_rejection_notes(
    *, search: str = "", hospital: Hospital | None = None, state: str = ""
) -> QuerySet[RejectionNote]:
    """What hides images; `state` in_force or revoked."""
    rows = rejection_notes()
    for word in search.split():
        named = RejectedReference.objects.filter(note=OuterRef("pk"))
        rows = rows.filter(Exists(named.filter(Q(study_instance_uid=word) | Q(sop_instance_uid=word))))
    if state in ("in_force", "revoked"):
        rows = rows.filter(revoked_at__isnull=state == "in_force")
    return rows.filter(hospital=hospital) if hospital else rows


def find_outbound_jobs(
    rows: QuerySet[Any], *, search: str = "", hospital: Hospital | None = None, state: str = ""
) -> QuerySet[Any]:
    """Narrow down jobs for nodes: forwarded studies, commitment requests, availability notices."""
    for word in search.split():
        rows = rows.filter(Q(ae_title__icontains=word) | Q(last_error__icontains=word))
    rows = rows.filter(status=state) if state in OutboundJob.Status.values else rows
    return rows.filter(hospital=hospital) if hospital else rows


def find_damaged_files(*, search: str = "", hospital: Hospital | None = None) -> QuerySet[Instance]:
    """Instances whose stored files are gone or not what was received."""
    rows = Instance.kept.exclude(damage="").select_related("hospital", "series__study").defer("metadata")
    for word in search.split():
        rows = rows.filter(Q(series__study__study_instance_uid=word) | Q(sop_instance_uid=word))
    rows = rows.filter(hospital=hospital) if hospital else rows
    return rows.order_by("hospital", "series__study", "pk")


def find_deidentified_exports(
    *, search: str = "", hospital: Hospital | None = None, state: str = ""
) -> QuerySet[DeidentifiedExport]:
    """De-identified copies that projects asked for, the newest first."""
    rows = visible_exports()
    for word in search.split():
        rows = rows.filter(
            Q(project__code__icontains=word) | Q(ae_title__icontains=word) | Q(last_error__icontains=word)
        )
    rows = rows.filter(status=state) if state in DeidentifiedExport.Status.values else rows
    return rows.filter(hospital=hospital) if hospital else rows


def find_audit_entries(
    *, search: str = "", action: str = "", target: str = "", hospital: Hospital | None = None, days: int = 7
) -> QuerySet[AuditEntry]:
    """The audit trail of the last `days`, the newest first.

    `search` is a person's name or address, or a process; `action` the beginning of one ("report."); `target` an object
    ("worklist_item 5" or "worklist_item").
    """
    rows = _audit_in_view().filter(at__gte=_since(days)).select_related("actor", "hospital").order_by("-pk")
    if search:
        people = find_people(search=search).order_by().values_list("pk", flat=True)[:PEOPLE_COMPARED]
        rows = rows.filter(Q(actor__in=list(people)) | Q(process=search) | Q(address=search))
    if action:
        rows = rows.filter(action__istartswith=action)
    if target:
        kind, _space, key = target.strip().rpartition(" ")
        rows = rows.filter(object_type=kind.replace(" ", "_"), object_id=key) if kind else rows.filter(object_type=key)
    return rows.filter(hospital=hospital) if hospital else rows


def _audit_in_view() -> QuerySet[AuditEntry]:
    """Entries of the scope's hospitals; those without a hospital only where they concern people of these alone.

    The row-level policy shows entries of the network to everyone, because sign-ins have no hospital.
    """
    scope = current_scope()
    if scope.principal.role == User.Role.SYSTEM_ADMINISTRATOR:
        return AuditEntry.objects.all()
    elsewhere = Membership.objects.exclude(hospital__in=scope.hospital_ids).values("user")
    own = list(administered_people().exclude(pk__in=elsewhere).order_by().values_list("pk", flat=True))
    concerns = Q(actor__in=own) | Q(object_type="user", object_id__in=[str(pk) for pk in own])
    return AuditEntry.objects.filter(Q(hospital__in=scope.hospital_ids) | Q(hospital__isnull=True) & concerns)


def _current_memberships() -> Prefetch:
    now = timezone.now()
    running = Membership.objects.filter(valid_from__lte=now, hospital__in=current_scope().hospital_ids).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    )
    return Prefetch(
        "memberships", running.select_related("hospital").order_by("hospital__code"), to_attr="current_memberships"
    )


def _since(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)
