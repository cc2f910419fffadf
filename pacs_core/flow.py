"""The way of a study on one screen: what happens below, and the handler above that answers it.

The only place beside settings, urls and asgi that names the upper floors, by dotted string. A system check
(`events.E001`) fails on a name that does not resolve.
"""

from typing import Any

from django.urls import path
from django.utils.module_loading import import_string

# Event -> handlers, each run once in the event's hospital, in a transaction of its own, retried until done.
EVENT_HANDLERS: dict[str, tuple[str, ...]] = {
    "StudyReceived": ("worklist.handlers.open_worklist_item", "worklist.handlers.fetch_ahead_of_study"),
    "StudyGrew": ("worklist.handlers.note_study_growth",),
    "StudySentAgain": ("worklist.handlers.open_worklist_item",),
    "StudyCompleted": (
        "pacs_core.archive.handlers.gather_metadata_of_study",
        "worklist.handlers.note_study_complete",
        "routing_rules.handlers_forwarding.send_as_rules_ask",
        "pacs_core.network.availability.handlers.tell_of_study",
    ),
    "PatientIdentityChanged": ("worklist.handlers.follow_patient_change",),
    # Of a study that was complete, whoever reads it; LateImagesArrived is for its reader.
    "LateImagesFiled": ("pacs_core.network.availability.handlers.tell_of_study",),
    # What a reader made of images was stored with them.
    "StudyAnnotated": (
        "routing_rules.handlers_forwarding.send_as_rules_ask",
        "pacs_core.network.availability.handlers.tell_of_study",
    ),
    "ProcedureStepStarted": ("worklist.handlers.follow_performed_step",),
    "ProcedureStepCompleted": ("worklist.handlers.follow_performed_step",),
    "ProcedureStepDiscontinued": ("worklist.handlers.follow_performed_step",),
    "InstanceQuarantined": (),
    "InstancesRejected": ("worklist.handlers.follow_shown_images",),
    "InstancesRestored": ("worklist.handlers.follow_shown_images",),
    "AssociationRejected": (),
    "NodeEchoed": (),
    "OrderReceived": (
        "worklist.handlers.match_order_to_study",
        "worklist.handlers.follow_steps_of_order",
        "worklist.handlers.fetch_ahead_of_order",
    ),
    "OrderChanged": ("worklist.handlers.apply_changed_order", "worklist.handlers.follow_steps_of_order"),
    "OrderCancelled": ("worklist.handlers.apply_cancelled_order",),
    "WorkitemChanged": ("pacs_core.network.workitems.subscriptions.report_to_subscribers",),
    "WorklistItemOpened": (
        "routing_rules.handlers_procedures.note_procedure_of_item",
        "routing_rules.handlers.plan_opened_item",
    ),
    "WorklistItemChanged": (
        "routing_rules.handlers_procedures.note_procedure_of_item",
        "routing_rules.handlers.plan_again",
    ),
    "WorklistItemAssigned": ("routing_rules.handlers.plan_again",),
    "WorklistItemClaimed": ("routing_rules.handlers.plan_again",),
    "WorklistItemReleased": ("routing_rules.handlers.plan_again",),
    "WorklistItemEscalated": ("routing_rules.handlers.plan_again",),
    "WorklistItemClosed": ("routing_rules.handlers.plan_again",),
    "ItemDemandChanged": ("routing_rules.handlers_forwarding.send_as_rules_ask",),
    "LateImagesArrived": ("routing_rules.handlers_forwarding.send_as_rules_ask",),
    "ForwardingChanged": (),
    "DeidentifiedExportChanged": (),
    "ReportDraftSaved": (),
    "ReportSigningRequested": ("reporting.handlers.produce_signed_report",),
    "ReportSigningFailed": (),
    "ReportSigned": (
        "worklist.handlers.close_signed_item",
        "reporting.handlers.deliver_signed_report",
        "reporting.handlers.store_key_images_of_report",
    ),
    "ReportDelivered": (),
    # Who is no longer active, or no longer belongs to a hospital, reads nothing there.
    "AccessChanged": ("routing_rules.handlers.plan_again",),
    "ReadingRightsChanged": (
        "routing_rules.handlers.plan_again",
        "routing_rules.handlers_notices.clear_renewed_lapses",
    ),
    "LapseNoticed": ("routing_rules.handlers_notices.tell_of_lapse",),
    "NoticesChanged": (),
    "RotaChanged": (
        "routing_rules.handlers.plan_again",
        "routing_rules.handlers_notices.clear_outdated_decisions",
    ),
    "ShiftSwapDecided": ("routing_rules.handlers_notices.tell_of_decided_swap",),
    "TimeOffDecided": ("routing_rules.handlers_notices.tell_of_decided_time_off",),
    "ProceduresMapped": ("routing_rules.handlers.plan_mapped_procedures",),
    "PlanAsked": ("routing_rules.handlers.plan_again",),
    "RuleSetPublished": ("routing_rules.handlers.plan_again",),
    "EngineSettingsChanged": ("routing_rules.handlers.plan_again",),
}

# HL7 v2 message type (MSH-9.1^MSH-9.2) -> the service that stores it.
HL7_MESSAGES: dict[str, str] = {
    "ORM^O01": "worklist.hl7.receive_imaging_orders",
    "OMI^O23": "worklist.hl7.receive_imaging_orders",
    "ADT^A08": "pacs_core.archive.hl7.receive_patient_update",
    "ADT^A31": "pacs_core.archive.hl7.receive_patient_update",
    "ADT^A40": "pacs_core.archive.hl7.receive_patient_merges",
    "ADT^A45": "pacs_core.archive.hl7.receive_visit_moves",
}

# DIMSE service -> its handler (PS3.7 9.1).
DIMSE_SERVICES: dict[str, str] = {
    "C-ECHO": "pacs_core.network.dimse.verification.answer_echo",
    "C-FIND": "pacs_core.network.dimse.find.answer_find",
    "C-GET": "pacs_core.network.dimse.retrieve.choose_for_get",
    "C-MOVE": "pacs_core.network.dimse.retrieve.choose_for_move",
    "C-STORE": "pacs_core.network.dimse.storage.answer_store",
    "N-ACTION": "pacs_core.network.dimse.commitment.answer_action",
    "N-CREATE": "pacs_core.network.dimse.performed_steps.answer_create",
    "N-SET": "pacs_core.network.dimse.performed_steps.answer_set",
}

# Task -> seconds between runs; due times are rows that these sweep, never a Celery eta.
PERIODIC_TASKS: dict[str, float] = {
    "pacs_core.events.tasks.sweep_events": 5,
    "pacs_core.events.tasks.record_heartbeat": 10,
    "pacs_core.archive.tasks.sweep_received_instances": 5,
    "pacs_core.archive.tasks.complete_studies": 5,
    "pacs_core.archive.tasks.scrub_files": 60,
    "pacs_core.archive.tasks.sample_storage": 3_600,
    "pacs_core.archive.tasks.discard_corrected_copies": 3_600,
    "pacs_core.archive.tasks.announce_image_deletions": 86_400,
    "pacs_core.archive.tasks.delete_due_images": 300,
    "pacs_core.archive.tasks.archive_due_images": 300,
    "pacs_core.archive.tasks.look_for_same_people": 10,
    "pacs_core.network.tasks.sweep_forwarding_jobs": 15,
    "pacs_core.network.tasks.sweep_commitment_requests": 5,
    "pacs_core.network.tasks.sweep_availability_notices": 15,
    "pacs_core.network.tasks.sweep_deidentified_exports": 15,
    "pacs_core.network.tasks.remove_expired_exports": 3_600,
    "pacs_core.network.tasks.prune_node_traffic": 86_400,
    "hospitals.tasks.notice_lapses": 60,
    "hospitals.tasks.end_late_swaps": 60,
    "routing_rules.tasks.sweep_plans": 10,
    "routing_rules.tasks.empty_snapshots": 3_600,
    "routing_rules.tasks_escalation.sweep_escalation": 5,
    "routing_rules.tasks_escalation.sweep_notices": 5,
    "routing_rules.tasks_escalation.send_notice_mails": 10,
    "routing_rules.tasks_procedures.learn_daily": 86_400,
    "routing_rules.tasks_procedures.sweep_learning_runs": 30,
    "routing_rules.tasks_trials.sweep_trials": 15,
    "routing_rules.tasks_trials.prune_old_trials": 86_400,
}

# What makes the demonstration network, in this order; each may be run again.
DEMONSTRATION_LOADERS: tuple[str, ...] = (
    "hospitals.demonstration.network.load_hospitals",
    "hospitals.demonstration.network.load_senders",
    "hospitals.demonstration.network.load_people",
    "routing_rules.demonstration_procedures.load",
    "worklist.demonstration.load",
    "routing_rules.demonstration.load",
    "reporting.demonstration.load",
)

# What the floors below ask of the floors above.
RESOLVERS: dict[str, str] = {
    "scope_of_user": "hospitals.selectors.scopes.scope_of_user",
    "completion_rules": "pacs_core.network.nodes.selectors.completion_rules",
    "scheduled_steps": "worklist.dimse.scheduled_steps",
    "holder_of_token": "hospitals.selectors.tokens.holder_of_token",
    "reassign_orders": "worklist.services.patient_changes.reassign_orders",
    "what_a_visit_made": "worklist.services.patient_changes.what_a_visit_made",
    "return_orders": "worklist.services.patient_changes.return_orders",
    "expected_work": "routing_rules.selectors.expected_work.expected_work",
    "studies_with_open_reports": "reporting.selectors.open_reports.studies_with_open_reports",
    "subspecialties_of_items": "routing_rules.selectors.subspecialties.subspecialties_of_items",
}

# WebSocket path -> consumer.
WEBSOCKETS: dict[str, str] = {
    "dicom-web/subscribers/<str:ae_title>": "pacs_core.network.workitems.consumers.WorkitemConsumer",
    "ws/live/": "worklist.live.consumers.LiveConsumer",
    "ws/reports/<int:report_id>/": "reporting.consumers.ReportConsumer",
}


def resolve(name: str) -> Any:
    """Return the object behind one of RESOLVERS."""
    return import_string(RESOLVERS[name])


def websocket_urlpatterns() -> list[Any]:
    return [path(route, import_string(consumer).as_asgi()) for route, consumer in WEBSOCKETS.items()]
