"""Answers of the worklist to events; thin, idempotent, in the event's hospital and transaction."""

from pacs_core.archive.models import Study
from pacs_core.archive.services.fetch_ahead import fetch_ahead_on_commit
from pacs_core.events.models import Event
from worklist.models import Order
from worklist.services import examinations, opening, patient_changes, shown_images, signing


def open_worklist_item(event: Event) -> None:
    opening.open_worklist_item(study_id=event.payload["study_id"])


def note_study_growth(event: Event) -> None:
    late = event.payload["instances"] if event.payload.get("late") else 0
    opening.note_study_growth(study_id=event.payload["study_id"], late_images=late)


def follow_shown_images(event: Event) -> None:
    shown_images.follow_shown_images(study_id=event.payload["study_id"])


def note_study_complete(event: Event) -> None:
    opening.note_study_complete(study_id=event.payload["study_id"])


def follow_performed_step(event: Event) -> None:
    examinations.follow_performed_step(performed_step_id=event.payload["performed_step_id"])


def follow_steps_of_order(event: Event) -> None:
    examinations.follow_steps_of_order(order_id=event.payload["order_id"])


def match_order_to_study(event: Event) -> None:
    opening.apply_order(order_id=event.payload["order_id"])


def apply_changed_order(event: Event) -> None:
    opening.apply_order(order_id=event.payload["order_id"], has_changed=True)


def apply_cancelled_order(event: Event) -> None:
    opening.apply_order(order_id=event.payload["order_id"], has_changed=True)


def fetch_ahead_of_study(event: Event) -> None:
    fetch_ahead_on_commit(coming=Study.kept.get(pk=event.payload["study_id"]))


def fetch_ahead_of_order(event: Event) -> None:
    order = Order.objects.get(pk=event.payload["order_id"])
    coming = Study(patient_id=order.patient_id, modalities=[order.modality], body_part=order.body_part)
    fetch_ahead_on_commit(coming=coming)


def close_signed_item(event: Event) -> None:
    """Close the item whose report was signed; an addendum finds it closed already."""
    signing.close_worklist_item(worklist_item_id=event.payload["worklist_item_id"])


def follow_patient_change(event: Event) -> None:
    patient_changes.follow_patient_change(patient_change_id=event.payload["patient_change_id"])
