"""Place, change and cancel orders; each is known by accession number with issuer, and applied once, newest last."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from hospitals.models import ReferringPhysicianIdentifier
from pacs_core.archive.models import Patient
from pacs_core.archive.services.patients import identify_patient, note_identifiers, owners_of
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from pacs_core.standards.dicom.uid import new_uid
from pacs_core.standards.hl7.scheduling import Scheduling
from pacs_core.standards.identifiers import OtherIdentifier
from worklist.errors import OrderNotUsable
from worklist.models import Order, Priority
from worklist.services.matching import lock_names

Status = Order.Status


@dataclass(frozen=True, kw_only=True)
class OrderedPatient:
    """Whom the order is for; the name is a DICOM person name."""

    patient_id: str
    issuer: str
    name: str = ""
    birth_date: date | None = None
    sex: str = ""
    identifiers: tuple[OtherIdentifier, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OrderDetails(Scheduling):
    """What an order says, in the words of the model Order; all text is "" when absent."""

    accession_number: str
    issuer_of_accession_number: str
    placer_order_number: str = ""
    filler_order_number: str = ""
    study_instance_uid: str = ""
    priority: str = Priority.ROUTINE
    procedure_code: str = ""
    procedure_description: str = ""
    modality: str = ""
    body_part: str = ""
    laterality: str = ""
    patient_class: str = ""
    clinical_information: str = ""
    reason_for_study: str = ""
    referring_physician_name: str = ""
    referring_physician_identifier: str = ""
    requested_at: datetime | None = None
    procedure_scheme: str = ""


def place_order(
    *, hospital_id: int, patient: OrderedPatient, details: OrderDetails, message_at: datetime | None = None
) -> Order:
    """Store a new order; one that is known is changed, one that was cancelled or discontinued is ordered again."""
    return _apply(hospital_id, patient, details, message_at, status=Status.ORDERED)


def change_order(
    *, hospital_id: int, patient: OrderedPatient, details: OrderDetails, message_at: datetime | None = None
) -> Order:
    """Change an order; one that is unknown is created, one that was cancelled stays so."""
    return _apply(hospital_id, patient, details, message_at, status=None)


def cancel_order(
    *, hospital_id: int, patient: OrderedPatient, details: OrderDetails, message_at: datetime | None = None
) -> Order:
    """Cancel an order; one that is unknown is kept as cancelled, so that a late "new" is known to be older."""
    return _apply(hospital_id, patient, details, message_at, status=Status.CANCELLED)


@transaction.atomic
def _apply(
    hospital_id: int,
    ordered_patient: OrderedPatient,
    details: OrderDetails,
    message_at: datetime | None,
    *,
    status: str | None,
) -> Order:
    """Apply one message under the lock of the order's names, which also makes find-or-create safe.

    A message older than the last applied changes nothing. One that says nothing new only moves `message_at`, without
    event or audit, so that what is older than it stays out.
    """
    message_at = message_at or timezone.now()
    key = _key(hospital_id, details)
    lock_names(
        hospital_id=hospital_id,
        study_instance_uid="",
        issuer=key["issuer_of_accession_number"],
        accession_number=key["accession_number"],
    )
    order = Order.objects.filter(**key).first()
    if order is not None and order.message_at is not None and message_at < order.message_at:
        return order
    patient = _identify(hospital_id, ordered_patient)
    owners = owners_of(patient)
    # Locked after the patients, as a merge does; until here the names' lock has kept other messages off the order.
    order = Order.objects.select_for_update(no_key=True, of=("self",)).filter(**key).first()
    if order is not None and patient.pk == (order.identified_as_id or order.patient_id):
        # The message names whom it named before: whom the order was given to since, keeps it.
        owners = {"patient": order.patient, "identified_as": order.identified_as}
    values = asdict(details) | key | owners | {"status": status or Status.ORDERED}
    # Assigned once, so that images and performed steps are known by it; only the RIS may name another.
    values["study_instance_uid"] = (
        details.study_instance_uid or (order.study_instance_uid if order else "") or new_uid()
    )
    values["referring_physician_id"] = _referring_physician_id(hospital_id, details.referring_physician_identifier)
    if order is None:
        order = Order.objects.create(**values, message_at=message_at)
        return _announce(order, "OrderCancelled" if status == Status.CANCELLED else "OrderReceived")
    if status != Status.CANCELLED and (status is None or order.status in (Status.IN_PROGRESS, Status.PERFORMED)):
        values["status"] = order.status
    return _change(order, values, message_at)


def _identify(hospital_id: int, ordered: OrderedPatient) -> Patient:
    patient = identify_patient(
        hospital_id=hospital_id,
        patient_id=ordered.patient_id,
        issuer_of_patient_id=ordered.issuer,
        name=ordered.name,
        birth_date=ordered.birth_date,
        sex=ordered.sex,
    )
    note_identifiers(patient, ordered.identifiers)
    return patient


def _key(hospital_id: int, details: OrderDetails) -> dict[str, str | int]:
    """Return the order's unique key; a message without accession number finds it by its order numbers."""
    if details.accession_number:
        return {
            "hospital_id": hospital_id,
            "issuer_of_accession_number": details.issuer_of_accession_number,
            "accession_number": details.accession_number,
        }
    numbers = {
        name: number for name in ("placer_order_number", "filler_order_number") if (number := getattr(details, name))
    }
    found = list(Order.objects.filter(hospital_id=hospital_id, **numbers)[:2]) if numbers else []
    if len(found) != 1:
        raise OrderNotUsable(
            "The order has no accession number, and its order numbers name "
            f"{'several orders' if found else 'no known order'}. Maybe send it in OBR-18 or IPC-1."
        )
    return {
        "hospital_id": hospital_id,
        "issuer_of_accession_number": found[0].issuer_of_accession_number,
        "accession_number": found[0].accession_number,
    }


def _change(order: Order, values: dict[str, object], message_at: datetime) -> Order:
    if values["status"] == Status.CANCELLED:
        # A cancellation often comes without the order's details: what it leaves out is kept.
        values = {name: value for name, value in values.items() if value not in ("", None) or name == "identified_as"}
        values.pop("priority", None)
    was_cancelled = order.status == Status.CANCELLED
    if values["status"] == Status.ORDERED and order.status in (Status.CANCELLED, Status.DISCONTINUED):
        values["placed_again_at"] = timezone.now()
    changed = [name for name, value in values.items() if _current(order, name) != value]
    for name in changed:
        setattr(order, name, values[name])
    order.message_at = message_at
    if not changed:
        order.save(update_fields=["message_at"])
        return order
    order.changed_at = timezone.now()
    order.save()
    is_cancelled = order.status == Status.CANCELLED
    return _announce(order, "OrderCancelled" if is_cancelled and not was_cancelled else "OrderChanged", changed)


def _current(order: Order, name: str) -> object:
    return order.patient if name == "patient" else getattr(order, name)


def _announce(order: Order, event: str, changed: list[str] | None = None) -> Order:
    item_ids = list(order.worklist_items.order_by("pk").values_list("pk", flat=True)[:1])
    emit_event(
        event,
        hospital_id=order.hospital_id,
        order_id=order.pk,
        **({"worklist_item_id": item_ids[0]} if item_ids else {}),
    )
    action = {"OrderReceived": "received", "OrderChanged": "changed", "OrderCancelled": "cancelled"}[event]
    record_audit(
        action=f"order.{action}",
        object_type="order",
        object_id=order.pk,
        hospital_id=order.hospital_id,
        detail={"fields": sorted(changed)} if changed else {},
    )
    return order


def _referring_physician_id(hospital_id: int, identifier: str) -> int | None:
    if not identifier:
        return None
    found = ReferringPhysicianIdentifier.objects.filter(hospital_id=hospital_id, identifier=identifier)
    return found.values_list("user_id", flat=True).first()
