"""The table of doors: every address and method, who may, and how its arguments and its body are made.

A new address fails test_doors.py until it has its line here. `<argument>=value` names a value of world.World.
"""

import json
from collections.abc import Callable
from typing import Any

from pydicom.uid import EnhancedSRStorage

from pacs_core.network.dicomweb.multipart_stream import multipart_bytes
from routing_rules.demonstration import RULES
from tests.architecture.door import ADMINISTER, COORDINATE, EVERYBODY, READ, REFER, SYSTEM, Body, Door
from tests.architecture.door import door as _door
from tests.architecture.door import form_of as _form
from tests.architecture.door import own_list as _list
from tests.architecture.doors_identity import IDENTITY_API, IDENTITY_PAGES
from tests.architecture.doors_rota import ROTA_API, ROTA_PAGES
from tests.pacs_core.network.dicomweb.archive import make_dataset, part10
from tests.pacs_core.network.workitems.arrange import NEW_WORKITEM
from tests.reporting.arrange import TEXT
from tests.story import PASSWORD

# Tables of their own, held elsewhere against the same router: prefix of the address -> module of the test.
ELSEWHERE = {
    "administration/": "tests.hospitals.test_administration_access",
    "viewer/": "tests.pacs_core.web.viewer.test_views",
}

DECIDE = (COORDINATE, ADMINISTER, SYSTEM)


def _finding(world: dict[str, Any]) -> Any:
    return {
        "study_instance_uid": world["study_uid"],
        "service": "BleedNet",
        "code": "bleed",
        "label": "Intracranial haemorrhage",
        "at": "2026-11-26T01:00:00Z",
    }


_PUBLIC = {
    "GET healthz": Door(()),
    # 503 where the tests run no workers.
    "GET readyz": Door((), right=(200, 503)),
    "GET sign-in/": Door(()),
    "POST sign-out/": Door(()),
    "GET verify/<code>/": Door((), {"code": "verification_code"}),
}

_PAGES = {
    "GET ": _list(*EVERYBODY),
    "GET worklist/": _list(READ, COORDINATE),
    "POST worklist/": _list(READ, COORDINATE, body=_form(search="doe")),
    "GET worklist/rows/": _list(READ, COORDINATE),
    "POST worklist/rows/": _list(READ, COORDINATE, body=_form(search="doe")),
    "GET worklist/views/": _list(READ, COORDINATE),
    "GET worklist/next/": _list(READ),
    "GET worklist/<worklist_item_id>/peek/": _door(READ, COORDINATE, worklist_item_id="free_item"),
    "POST worklist/<worklist_item_id>/claim/": _door(READ, worklist_item_id="free_item"),
    "GET first-readings/": _list(READ),
    "GET reports/<report_id>/comparison/": _door(READ, report_id="twice_read_report"),
    "POST worklist/<worklist_item_id>/reopen/": _door(COORDINATE, worklist_item_id="cancelled_item"),
    "POST worklist/<worklist_item_id>/send/": _door(
        COORDINATE, worklist_item_id="free_item", body=_form(ae_title="reachable_node")
    ),
    "POST worklist/<worklist_item_id>/reconcile/": _door(
        COORDINATE, worklist_item_id="doubtful_item", body=_form(order_id="none", reason="wrong label")
    ),
    "POST worklist/<worklist_item_id>/release/": _door(READ, COORDINATE, worklist_item_id="claimed_item"),
    "POST worklist/<worklist_item_id>/hand-over/": _door(
        READ, COORDINATE, worklist_item_id="claimed_item", body=_form(user_id="colleague")
    ),
    "GET coordination/": _list(COORDINATE),
    "GET coordination/live/": _list(COORDINATE),
    "POST coordination/live/": _list(COORDINATE, body=_form(find="doe")),
    "GET coordination/cover/": _list(COORDINATE),
    "GET coordination/fairness/": _list(COORDINATE),
    "GET coordination/choices/": _door(COORDINATE, body=_form(ids="free_item")),
    "GET coordination/readers/<reader_id>/": _door(COORDINATE, reader_id="person", body=_form(item="free_item")),
    "GET assignments/<worklist_item_id>/why/": _door(COORDINATE, worklist_item_id="free_item"),
    "GET assignments/<worklist_item_id>/explanation/": _door(READ, COORDINATE, worklist_item_id="free_item"),
    "GET reading/<worklist_item_id>/": _door(READ, worklist_item_id="claimed_item"),
    "POST reading/ahead/": _list(READ),
    "GET reading/<worklist_item_id>/measurements/": _door(READ, worklist_item_id="claimed_item"),
    "POST reports/<report_id>/addendum/": _door(READ, report_id="signed_report"),
    "POST reports/<report_id>/addendum/discard/": _door(READ, report_id="signed_report"),
    "GET reports/<report_id>/versions/<number>/pdf/": _door(READ, report_id="signed_report", number="version_number"),
    "GET portal/": _list(REFER),
    "GET portal/reports/<report_id>/": _door(REFER, report_id="signed_report"),
    "GET portal/reports/<report_version_id>/pdf/": _door(REFER, report_version_id="version"),
    "GET portal/reports/<report_id>/images/": _door(REFER, report_id="signed_report"),
}

_TRIAL = {"kind": "replay", "days": 2}
_TRIALS = {
    "GET coordination/trials/": _list(COORDINATE),
    "GET coordination/trials/replay/": _list(COORDINATE),
    "POST coordination/trials/replay/": _list(COORDINATE, body=_form(days=2, runs=2, seed=1)),
    "GET coordination/trials/simulation/": _list(COORDINATE),
    "POST coordination/trials/simulation/": _list(COORDINATE, body=_form(days=2, runs=2, seed=1)),
    "GET coordination/trials/<trial_id>/": _door(COORDINATE, trial_id="trial"),
    "POST coordination/trials/<trial_id>/cancel/": _door(COORDINATE, trial_id="trial"),
    "GET coordination/trials/<trial_id>/figures/": _door(COORDINATE, trial_id="trial"),
    "GET api/trials/": _list(COORDINATE),
    "POST api/trials/": _list(COORDINATE, body=_form(**_TRIAL)),
    "GET api/trials/<pk>/": _door(COORDINATE, pk="trial"),
    "POST api/trials/<pk>/cancel/": _door(COORDINATE, pk="trial"),
}

_CATALOGUE = "coordination/procedures/catalogue/"
_PROCEDURE = {"procedure_id": "procedure"}
_VALUES_OF_PROCEDURE = {"name": "CT neck", "modality": "CT", "relative_value": 1.2, "expected_minutes": 9}

# The catalogue is the network's; only the names belong to a hospital.
_PROCEDURES = {
    "GET coordination/procedures/": _list(COORDINATE),
    "POST coordination/procedures/map/": _door(
        COORDINATE, body=lambda world: {"choice": f"{world['mapping']}:{world['procedure']}"}
    ),
    "GET coordination/procedures/reading-times/": _list(COORDINATE),
    "POST coordination/procedures/reading-times/learn/": _list(COORDINATE),
    f"GET {_CATALOGUE}": _list(COORDINATE),
    f"GET {_CATALOGUE}export/": _list(COORDINATE),
    f"GET {_CATALOGUE}import/": _list(COORDINATE),
    f"POST {_CATALOGUE}import/": Door((COORDINATE,), foreign=None, right=(422,)),
    f"GET {_CATALOGUE}add/": _list(COORDINATE),
    f"POST {_CATALOGUE}add/": _list(COORDINATE, body=_form(**_VALUES_OF_PROCEDURE, code="CT_NECK")),
    f"GET {_CATALOGUE}<procedure_id>/": Door((COORDINATE,), _PROCEDURE, foreign=None),
    f"POST {_CATALOGUE}<procedure_id>/": Door((COORDINATE,), _PROCEDURE, _form(**_VALUES_OF_PROCEDURE), foreign=None),
    f"POST {_CATALOGUE}<procedure_id>/retire/": Door((COORDINATE,), _PROCEDURE, foreign=None),
    f"POST {_CATALOGUE}<procedure_id>/use/": Door((COORDINATE,), _PROCEDURE, foreign=None),
    "GET api/procedures/": _list(READ, COORDINATE, SYSTEM),
    "POST api/procedures/": _list(COORDINATE, SYSTEM, body=_form(**_VALUES_OF_PROCEDURE, code="CT_NECK")),
    "GET api/procedures/<code>/": Door((READ, COORDINATE, SYSTEM), {"code": "procedure_code"}, foreign=None),
    "PATCH api/procedures/<code>/": Door(
        (COORDINATE, SYSTEM), {"code": "procedure_code"}, _form(expected_minutes=9), foreign=None
    ),
    "GET api/procedure-mappings/": _list(COORDINATE, SYSTEM),
    "GET api/procedure-mappings/<pk>/": _door(COORDINATE, SYSTEM, pk="mapping"),
    "PATCH api/procedure-mappings/<pk>/": _door(
        COORDINATE, SYSTEM, pk="mapping", body=_form(procedure="procedure_code")
    ),
}

_MESSAGE = {"request_id": "7d1f1c3e-0000-4000-8000-000000000002", "text": "Please look at this one next"}
_SHARES = {"edit_number": 0, "widen_pool": 0.7}

# The policies are the network's; notices and messages belong to people of a hospital.
_ESCALATION = {
    "GET coordination/escalation/": _list(COORDINATE),
    "POST coordination/escalation/": Door((COORDINATE,), foreign=None, right=(422,)),
    "GET notices/": _list(*EVERYBODY),
    "POST notices/read/": _list(*EVERYBODY),
    # One's own only: for everybody else it does not exist.
    "POST notices/<notice_id>/read/": Door((READ,), {"notice_id": "notice"}, refused=404),
    "GET coordination/messages/send/": _door(COORDINATE, body=_form(item="free_item")),
    "POST coordination/messages/send/": Door(
        (COORDINATE,), body=_form(**_MESSAGE, reader="colleague"), foreign=None, right=(200, 422)
    ),
    "GET coordination/messages/<reader_id>/": _door(COORDINATE, reader_id="colleague"),
    "GET messages/<message_id>/reply/": Door((READ,), {"message_id": "reader_message"}, refused=404),
    "POST messages/<message_id>/reply/": Door(
        (READ,), {"message_id": "reader_message"}, _form(**_MESSAGE), refused=404
    ),
    "GET assignments/<worklist_item_id>/messages/": _door(READ, COORDINATE, worklist_item_id="free_item"),
    "GET api/escalation-policies/": _list(READ, COORDINATE, SYSTEM),
    "GET api/escalation-policies/<priority>/": Door((READ, COORDINATE, SYSTEM), {"priority": "priority"}, foreign=None),
    "PATCH api/escalation-policies/<priority>/": Door(
        (COORDINATE, SYSTEM), {"priority": "priority"}, _form(**_SHARES), foreign=None
    ),
    "GET api/escalation-steps/": _door(READ, COORDINATE, body=_form(worklist_item="free_item")),
    "GET api/notices/": _list(*EVERYBODY),
    "POST api/notices/<pk>/read/": Door((READ,), {"pk": "notice"}, refused=404),
    "GET api/reader-messages/": _list(READ, COORDINATE),
    "POST api/reader-messages/": _door(
        COORDINATE,
        body=lambda world: {**_MESSAGE, "recipients": [world["colleague"]], "worklist_item": world["free_item"]},
    ),
}

_RULES = "coordination/rules/"
_VERSION, _DRAFT, _GROUP = {"version": "older_rule_set"}, {"draft_id": "rule_draft"}, {"group_id": "reader_group"}
_PUBLICATION = {"edit_number": 1, "note": "Because"}


def _of_network(*may: str, body: Body | None = None, **arguments: str) -> Door:
    """A door to what belongs to the network and to no hospital, such as its rules."""
    return Door(may, arguments, body, foreign=None)


def _json(body: dict[str, Any]) -> Body:
    return lambda world: json.dumps(body).encode()


def _script(*may: str, body: dict[str, Any], **arguments: str) -> Door:
    """A door of a page's script: JSON in a body."""
    return Door(may, arguments, _json(body), content_type="application/json", foreign=None)


_EDIT = {"rules": RULES, "name": "Edited", "edit_number": 1}
_RULE_SETS = {
    f"GET {_RULES}": _list(COORDINATE),
    f"GET {_RULES}versions/<version>/": _of_network(COORDINATE, **_VERSION),
    f"POST {_RULES}versions/<version>/roll-back/": _of_network(COORDINATE, **_VERSION, body=_form(note="Back")),
    f"POST {_RULES}drafts/start/": _list(COORDINATE),
    f"GET {_RULES}drafts/<draft_id>/": _of_network(COORDINATE, **_DRAFT),
    f"POST {_RULES}drafts/<draft_id>/save/": _script(COORDINATE, **_DRAFT, body=_EDIT),
    f"GET {_RULES}drafts/<draft_id>/changes/": _of_network(COORDINATE, **_DRAFT),
    f"POST {_RULES}drafts/<draft_id>/publish/": _of_network(COORDINATE, **_DRAFT, body=_form(**_PUBLICATION)),
    f"POST {_RULES}drafts/<draft_id>/discard/": _of_network(COORDINATE, **_DRAFT),
    f"POST {_RULES}preview/": _script(COORDINATE, body={"rules": RULES}),
    f"POST {_RULES}matches/": _script(COORDINATE, body={"rules": RULES, "position": 0}),
    f"GET {_RULES}groups/": _list(COORDINATE),
    f"GET {_RULES}groups/add/": _list(COORDINATE),
    f"POST {_RULES}groups/add/": _list(COORDINATE, body=_form(name="Day team")),
    f"GET {_RULES}groups/<group_id>/": _of_network(COORDINATE, **_GROUP),
    f"POST {_RULES}groups/<group_id>/": _of_network(COORDINATE, **_GROUP),
    f"POST {_RULES}groups/<group_id>/remove/": _of_network(COORDINATE, **_GROUP),
    f"GET {_RULES}engine/": _list(COORDINATE),
    f"POST {_RULES}engine/": _list(COORDINATE, body=_form(preset="even")),
    "GET api/rule-sets/": _list(READ, COORDINATE, SYSTEM),
    "POST api/rule-sets/": _list(COORDINATE, SYSTEM, body=_form(rules=RULES, note="again")),
    "POST api/rule-sets/preview/": _list(COORDINATE, SYSTEM, body=_form(rules=RULES)),
    "GET api/rule-sets/<version>/": _of_network(READ, COORDINATE, SYSTEM, version="rule_set"),
    "POST api/rule-sets/<version>/roll-back/": _of_network(COORDINATE, SYSTEM, **_VERSION, body=_form(note="Back")),
    "GET api/rule-set-drafts/": _list(COORDINATE, SYSTEM),
    "POST api/rule-set-drafts/": _list(COORDINATE, SYSTEM, body=_form(name="Night")),
    "GET api/rule-set-drafts/<pk>/": _of_network(COORDINATE, SYSTEM, pk="rule_draft"),
    "PUT api/rule-set-drafts/<pk>/": _of_network(COORDINATE, SYSTEM, pk="rule_draft", body=_form(**_EDIT)),
    "DELETE api/rule-set-drafts/<pk>/": _of_network(COORDINATE, SYSTEM, pk="rule_draft"),
    "POST api/rule-set-drafts/<pk>/publish/": _of_network(
        COORDINATE, SYSTEM, pk="rule_draft", body=_form(**_PUBLICATION)
    ),
    "GET api/rule-set-drafts/<pk>/preview/": _of_network(COORDINATE, SYSTEM, pk="rule_draft"),
}

_NODE = {"hospital": "hospital", "ae_title": "NORTH_MR", "may_store": True}
_PERSON = {"email": "new@example.org", "name": "New", "role": "referring_physician", "hospitals": ["NORTH"]}


def _assignment(world: dict[str, Any]) -> dict[str, Any]:
    return {"action": "assign", "worklist_items": [world["free_item"]], "radiologist": world["colleague"]}


def _restoration(world: dict[str, Any]) -> dict[str, Any]:
    before = {"worklist_item_id": world["free_item"], "version": 1, "holder_id": None, "is_pinned": False}
    return {"before": [before]}


def _draft(world: dict[str, Any]) -> dict[str, Any]:
    request_id = "7d1f1c3e-0000-4000-8000-000000000001"
    return {"request_id": request_id, "base_version": world["draft_version"], "sections": TEXT}


_API_ADMINISTRATION = {
    "GET api/schema/": _list(*EVERYBODY),
    "GET api/nodes/": _list(ADMINISTER, SYSTEM),
    "POST api/nodes/": _door(ADMINISTER, SYSTEM, body=_form(**_NODE)),
    "GET api/nodes/<pk>/": _door(ADMINISTER, SYSTEM, pk="node"),
    "PATCH api/nodes/<pk>/": _door(ADMINISTER, SYSTEM, pk="node", body=_form(may_find=True)),
    "DELETE api/nodes/<pk>/": _door(ADMINISTER, SYSTEM, pk="node"),
    "GET api/rejected-associations/": _list(ADMINISTER, SYSTEM),
    "GET api/rejected-associations/<pk>/": _door(ADMINISTER, SYSTEM, pk="rejected"),
    "GET api/quarantine/": _list(ADMINISTER, SYSTEM),
    "GET api/quarantine/<pk>/": _door(ADMINISTER, SYSTEM, pk="quarantined"),
    "POST api/quarantine/<pk>/retry/": _door(ADMINISTER, SYSTEM, pk="quarantined"),
    "POST api/quarantine/<pk>/reject/": _door(ADMINISTER, SYSTEM, pk="quarantined"),
    "GET api/study-conflicts/": _list(*DECIDE),
    "GET api/study-conflicts/<pk>/": _door(*DECIDE, pk="conflict"),
    "POST api/study-conflicts/<pk>/accept/": Door(DECIDE, {"pk": "conflict"}, right=(409,)),
    "POST api/study-conflicts/<pk>/reassign/": _door(*DECIDE, pk="conflict"),
    "POST api/study-conflicts/<pk>/reject/": _door(*DECIDE, pk="conflict", body=_form(remark="a phantom")),
    "POST api/study-conflicts/<pk>/undo/": _door(*DECIDE, pk="decided_conflict"),
    "GET api/rejection-notes/": _list(*DECIDE),
    "POST api/rejection-notes/": Door(DECIDE, body=_form(study_instance_uid="study_uid", code="113001"), foreign=400),
    "GET api/rejection-notes/<pk>/": _door(*DECIDE, pk="rejection_note"),
    "POST api/rejection-notes/<pk>/revoke/": _door(*DECIDE, pk="rejection_note"),
    "GET api/hl7-sources/": _list(ADMINISTER, SYSTEM),
    "POST api/hl7-sources/": _door(
        ADMINISTER, SYSTEM, body=_form(hospital="hospital", sending_application="NEW", sending_facility="NORTH")
    ),
    "GET api/hl7-sources/<pk>/": _door(ADMINISTER, SYSTEM, pk="hl7_source"),
    "GET api/received-messages/": _list(ADMINISTER, SYSTEM),
    "GET api/received-messages/<pk>/": _door(ADMINISTER, SYSTEM, pk="message"),
    "GET api/hospitals/": _list(ADMINISTER, SYSTEM, COORDINATE),
    "POST api/hospitals/": _door(ADMINISTER, SYSTEM, body=_form(code="hospital", name="North", time_zone="UTC")),
    "GET api/hospitals/<code>/": _door(ADMINISTER, SYSTEM, COORDINATE, code="hospital"),
    "GET api/people/": _list(ADMINISTER, SYSTEM),
    "POST api/people/": _door(ADMINISTER, SYSTEM, body=_form(**_PERSON)),
    "GET api/people/<pk>/": _door(ADMINISTER, SYSTEM, pk="person"),
    "POST api/people/<pk>/token/": _door(SYSTEM, pk="person"),
    "GET api/reading-privileges/": _list(ADMINISTER, SYSTEM, COORDINATE),
    "POST api/reading-privileges/": _door(
        ADMINISTER, SYSTEM, body=_form(radiologist="person_email", hospital="hospital", modality="MR")
    ),
    "GET api/reading-privileges/<pk>/": _door(ADMINISTER, SYSTEM, COORDINATE, pk="privilege"),
    "DELETE api/reading-privileges/<pk>/": _door(ADMINISTER, SYSTEM, pk="privilege"),
}

_API_READING = {
    "GET api/worklist-items/": _list(READ, COORDINATE),
    "POST api/worklist-items/search/": _list(READ, COORDINATE, body=_form(search="doe")),
    "GET api/worklist-items/<pk>/": _door(READ, COORDINATE, pk="free_item"),
    "POST api/worklist-items/<pk>/claim/": _door(READ, pk="free_item"),
    "GET api/studies/<study_instance_uid>/download/": _door(READ, ADMINISTER, SYSTEM, study_instance_uid="study_uid"),
    "GET api/forwarding-jobs/": _list(COORDINATE, ADMINISTER, SYSTEM),
    "POST api/forwarding-jobs/": _door(
        COORDINATE, ADMINISTER, SYSTEM, body=_form(study_instance_uid="study_uid", ae_title="reachable_node")
    ),
    "GET api/forwarding-jobs/<pk>/": _door(COORDINATE, ADMINISTER, SYSTEM, pk="forwarding_job"),
    "POST api/forwarding-jobs/<pk>/retry/": _door(COORDINATE, ADMINISTER, SYSTEM, pk="forwarding_job"),
    "GET api/commitment-requests/": _list(COORDINATE, ADMINISTER, SYSTEM),
    "GET api/commitment-requests/<pk>/": _door(COORDINATE, ADMINISTER, SYSTEM, pk="commitment_request"),
    "POST api/commitment-requests/<pk>/retry/": _door(COORDINATE, ADMINISTER, SYSTEM, pk="commitment_request"),
    "GET api/availability-notices/": _list(COORDINATE, ADMINISTER, SYSTEM),
    "GET api/availability-notices/<pk>/": _door(COORDINATE, ADMINISTER, SYSTEM, pk="availability_notice"),
    "POST api/availability-notices/<pk>/retry/": _door(COORDINATE, ADMINISTER, SYSTEM, pk="availability_notice"),
    "GET api/ai-findings/": _list(READ, COORDINATE, ADMINISTER, SYSTEM),
    "POST api/ai-findings/": _door(ADMINISTER, SYSTEM, body=_finding),
    "POST api/worklist-items/<pk>/send-back/": _door(READ, pk="second_stage_item", body=_form(remark="Look again.")),
    "POST api/worklist-items/<pk>/hand-over/": _door(
        READ, COORDINATE, pk="claimed_item", body=_form(to_user_id="colleague")
    ),
    "POST api/worklist-items/<pk>/release/": _door(READ, COORDINATE, pk="claimed_item", body=_form()),
    "POST api/worklist-items/<pk>/reopen/": _door(COORDINATE, pk="cancelled_item", body=_form()),
    "POST api/worklist-items/<pk>/reconcile/": _door(
        COORDINATE, pk="doubtful_item", body=_form(order_id=None, reason="wrong label")
    ),
    "GET api/worklist-items/<pk>/transitions/": _door(READ, COORDINATE, pk="free_item"),
    "GET api/orders/": _list(READ, COORDINATE),
    "GET api/orders/<pk>/": _door(READ, COORDINATE, pk="order"),
    "GET api/assignment-decisions/": _door(READ, COORDINATE, body=_form(worklist_item="free_item")),
    "POST api/manual-assignments/": _door(COORDINATE, body=_assignment),
    "POST api/manual-assignments/plan/": _list(COORDINATE),
    "POST api/manual-assignments/restore/": _door(COORDINATE, body=_restoration),
    "GET api/reports/": _list(READ),
    "GET api/reports/<report_id>/": _door(READ, report_id="draft_report"),
    "POST api/reports/<report_id>/draft/": _door(READ, report_id="draft_report", body=_draft),
    "POST api/reports/<report_id>/sign/": _door(
        READ, report_id="draft_report", body=_form(password=PASSWORD, base_version="draft_version")
    ),
    "POST api/reports/<report_id>/finish-reading/": _door(
        READ, report_id="first_stage_report", body=_form(base_version="first_stage_version")
    ),
    "GET api/reports/<report_id>/preliminary-versions/": _door(READ, report_id="twice_read_report"),
    "GET api/reports/<report_id>/key-images/": _door(READ, report_id="draft_report"),
    "POST api/reports/<report_id>/key-images/": _door(
        READ, report_id="draft_report", body=_form(sop_instance_uid="image_of_draft")
    ),
    "DELETE api/reports/<report_id>/key-images/<key_image_id>/": _door(
        READ, report_id="draft_report", key_image_id="key_image"
    ),
    "GET api/first-readings/": _list(READ),
    "POST api/reports/<report_id>/addendum/": _door(READ, report_id="signed_report", body=_form()),
    "DELETE api/reports/<report_id>/addendum/": _door(READ, report_id="signed_report"),
    "GET api/reports/<report_id>/versions/": _door(READ, report_id="signed_report"),
    "GET api/reports/<report_id>/versions/<number>/pdf/": _door(
        READ, report_id="signed_report", number="version_number"
    ),
}

_STUDY, _SERIES, _INSTANCE = "studies/<study>", "studies/<study>/series/<series>", "<instance>"
_IMAGE_ARGUMENTS = {
    "study": "study_uid",
    "series": "series_uid",
    "instance": "instance_uid",
    "element": "pixel_data",
    "frames": "frame",
    "key": "key",
}
_STOW = 'multipart/related; type="application/dicom"; boundary=b'


def _new_instance(world: dict[str, Any]) -> bytes:
    patient = {"PatientID": world["patient_number"]}
    report = make_dataset(study_instance_uid=world["study_uid"], position=9, SOPClassUID=EnhancedSRStorage, **patient)
    content = part10(report)
    return multipart_bytes([("application/dicom", content)], boundary="b")


def _dicomweb(root: str, door: Callable[..., Door]) -> dict[str, Door]:
    """The resources of PS3.18 table 10.3-1 under one root."""
    instance = f"{_SERIES}/instances/{_INSTANCE}"
    frames = f"{instance}/frames/<frames>"
    searches = ("studies", "series", "instances")
    resources = (
        *(_STUDY, f"{_STUDY}/metadata", f"{_STUDY}/series", f"{_STUDY}/instances", f"{_STUDY}/thumbnail"),
        *(f"{_STUDY}/rendered", f"{_SERIES}/rendered"),
        *(_SERIES, f"{_SERIES}/metadata", f"{_SERIES}/instances", f"{_SERIES}/thumbnail"),
        *(instance, f"{instance}/metadata", f"{instance}/rendered", f"{instance}/thumbnail"),
        *(f"{instance}/bulkdata/<element>", frames, f"{frames}/rendered", f"{frames}/thumbnail"),
    )
    store = {"body": _new_instance, "content_type": _STOW}
    return (
        {f"GET {root}{path}": door(is_list=True) for path in ("", *searches)}
        | {f"GET {root}{path}": door() for path in resources}
        | {f"POST {root}studies": door(is_list=True, **store), f"POST {root}{_STUDY}": door(is_list=True, **store)}
    )


def _archive_door(*, is_list: bool = False, **options: Any) -> Door:
    return Door((READ, ADMINISTER, SYSTEM), _IMAGE_ARGUMENTS, foreign=None if is_list else 404, **options)


def _granted_door(*, is_list: bool = False, **options: Any) -> Door:
    """A viewing key serves its owner only; for everybody else it does not exist."""
    return Door((READ,), _IMAGE_ARGUMENTS, refused=404, foreign=404, **options)


_WORKITEM, _SUBSCRIBER = {"workitem_uid": "workitem_uid"}, {"ae_title": "ae_title"}
_CHANGE_WORKITEM: dict[str, Any] = {"00741204": {"vr": "LO", "Value": ["Look again"]}}
_CLAIM_WORKITEM: dict[str, Any] = {
    "00741000": {"vr": "CS", "Value": ["IN PROGRESS"]},
    "00081195": {"vr": "UI", "Value": ["2.25.7"]},
}


def _workitem_door(*may: str, body: dict[str, Any] | None = None, **options: Any) -> Door:
    content = _json(body) if body is not None else (lambda world: b"")
    return Door((ADMINISTER, SYSTEM, *may), _WORKITEM | _SUBSCRIBER, content, "application/dicom+json", **options)


_WORKITEMS = {
    "GET dicom-web/workitems": Door((READ, ADMINISTER, SYSTEM), foreign=None),
    "POST dicom-web/workitems": _workitem_door(body={**NEW_WORKITEM}, foreign=None, right=(201, 400)),
    "GET dicom-web/workitems/<workitem_uid>": Door((READ, ADMINISTER, SYSTEM), _WORKITEM),
    "POST dicom-web/workitems/<workitem_uid>": _workitem_door(body=_CHANGE_WORKITEM),
    "PUT dicom-web/workitems/<workitem_uid>/state": _workitem_door(body=_CLAIM_WORKITEM),
    "POST dicom-web/workitems/<workitem_uid>/cancelrequest": _workitem_door(),
    "POST dicom-web/workitems/<workitem_uid>/subscribers/<ae_title>": _workitem_door(READ),
    "DELETE dicom-web/workitems/<workitem_uid>/subscribers/<ae_title>": _workitem_door(READ, right=(404,)),
    "POST dicom-web/workitems/<workitem_uid>/subscribers/<ae_title>/suspend": _workitem_door(
        READ, foreign=None, right=(400,)
    ),
}

DOORS: dict[str, Door] = (
    _PUBLIC
    | _PAGES
    | _PROCEDURES
    | _TRIALS
    | _ESCALATION
    | _RULE_SETS
    | _API_ADMINISTRATION
    | IDENTITY_PAGES
    | IDENTITY_API
    | ROTA_PAGES
    | ROTA_API
    | _API_READING
    | _dicomweb("dicom-web/", _archive_door)
    | _WORKITEMS
    | _dicomweb("dicom-web/reading/<key>/", _granted_door)
)
