"""Performed procedure steps over real associations, pynetdicom as the scanner (PS3.4 F)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom.association import Association
from pynetdicom.sop_class import CTImageStorage, ModalityPerformedProcedureStep

from hospitals.models import Hospital
from pacs_core.archive.models import PerformedProcedureStep
from pacs_core.events.models import Event
from pacs_core.network.models import RejectedAssociation
from tests.pacs_core.archive.performed_steps import begun, ended, item
from tests.protocol.dimse_server import RunningServer, dimse_server, eventually  # noqa: F401
from tests.protocol.test_dimse_find import calling
from tests.story import in_hospital, make_hospital, make_node, make_order
from worklist.models import Order
from worklist.services.examinations import follow_performed_step

# ruff: noqa: F811  (the module-wide server is a fixture that is imported by name)
pytestmark = pytest.mark.usefixtures("committed_db")

MPPS = ModalityPerformedProcedureStep
UID = "2.25.4711"
SUCCESS, INVALID, FAILURE, DUPLICATE, UNKNOWN = 0x0000, 0x0106, 0x0110, 0x0111, 0x0112
MISSING, MISSING_VALUE, NOT_AUTHORIZED = 0x0120, 0x0121, 0x0124


@pytest.fixture
def north() -> Hospital:
    hospital = make_hospital()
    make_node(hospital, may_report_steps=True)
    return hospital


@contextmanager
def scanner(server: RunningServer, title: str = "NORTH_CT") -> Iterator[Association]:
    with calling(server, MPPS, title=title) as association:
        yield association


def create(association: Association, attributes: Dataset, uid: str | None = UID) -> Dataset:
    return association.send_n_create(attributes, MPPS, uid)[0]


def change(association: Association, attributes: Dataset, uid: str = UID) -> Dataset:
    return association.send_n_set(attributes, MPPS, uid)[0]


def step_of(hospital: Hospital, uid: str = UID) -> PerformedProcedureStep:
    with in_hospital(hospital):
        return PerformedProcedureStep.objects.get(sop_instance_uid=uid)


def order_after_events(hospital: Hospital, order: Order) -> Order:
    """Handle what was said, in the order it was said, each event twice."""
    with in_hospital(hospital):
        for event in Event.objects.filter(name__startswith="ProcedureStep").order_by("pk"):
            for _ in range(2):
                follow_performed_step(performed_step_id=event.payload["performed_step_id"])
        return Order.objects.get(pk=order.pk)


def test_a_step_begins_and_is_completed_and_moves_its_order(north: Hospital, dimse_server: RunningServer) -> None:
    order = make_order(north, study_instance_uid="2.25.5")
    with scanner(dimse_server) as association:
        assert create(association, begun(order)).Status == SUCCESS
        assert order_after_events(north, order).status == "in_progress"
        assert change(association, item(CommentsOnThePerformedProcedureStep="Second series")).Status == SUCCESS
        assert change(association, ended()).Status == SUCCESS
    step = step_of(north)
    assert (step.status, step.modality, step.calling_ae_title) == ("COMPLETED", "CT", "NORTH_CT")
    assert step.named_sop_instance_uids == ["2.25.6.1", "2.25.6.2"]
    assert step.started_at == datetime(2026, 1, 15, 7, 15, tzinfo=UTC)
    assert step.attributes["00100010"]["Value"][0]["Alphabetic"] == "山田^太郎"
    assert step.attributes["00400280"]["Value"] == ["Second series"]
    moved = order_after_events(north, order)
    assert (moved.status, moved.examination_started_at) == ("performed", step.started_at)
    assert moved.examination_ended_at == datetime(2026, 1, 15, 7, 30, tzinfo=UTC)
    with in_hospital(north):
        names = Event.objects.filter(name__startswith="ProcedureStep").order_by("pk").values_list("name", flat=True)
        assert list(names) == ["ProcedureStepStarted", "ProcedureStepCompleted"]


def test_a_discontinued_step_says_why(north: Hospital, dimse_server: RunningServer) -> None:
    order = make_order(north, study_instance_uid="2.25.5")
    reason = item(CodeValue="110513", CodingSchemeDesignator="DCM", CodeMeaning="Discontinued for unspecified reason")
    with scanner(dimse_server) as association:
        create(association, begun(order))
        stopped = ended(
            "DISCONTINUED",
            PerformedSeriesSequence=[],
            PerformedProcedureStepDiscontinuationReasonCodeSequence=[reason],
        )
        assert change(association, stopped).Status == SUCCESS
        moved = order_after_events(north, order)
        assert (moved.status, moved.discontinuation_reason) == ("discontinued", reason.CodeMeaning)
        assert create(association, begun(order), "2.25.4712").Status == SUCCESS
    again = order_after_events(north, order)
    assert (again.status, again.discontinuation_reason, again.examination_ended_at) == ("in_progress", "", None)


def test_an_ended_step_stays_as_it_is(north: Hospital, dimse_server: RunningServer) -> None:
    with scanner(dimse_server) as association:
        create(association, begun())
        change(association, ended())
        for attributes in (ended("DISCONTINUED"), ended(), item(CommentsOnThePerformedProcedureStep="Late")):
            refused = change(association, attributes)
            assert (refused.Status, refused.ErrorID) == (FAILURE, 0xA710)
            assert refused.ErrorComment == "Performed Procedure Step Object may no longer be updated"
    assert step_of(north).status == "COMPLETED"


def test_a_step_is_begun_once_and_unknown_ones_are_not_changed(north: Hospital, dimse_server: RunningServer) -> None:
    with scanner(dimse_server) as association:
        assert change(association, ended()).Status == UNKNOWN
        assert create(association, begun()).Status == SUCCESS
        assert create(association, begun(Modality="MR")).Status == DUPLICATE
    assert step_of(north).modality == "CT"


def test_what_is_fixed_since_the_beginning_stays(north: Hospital, dimse_server: RunningServer) -> None:
    with scanner(dimse_server) as association:
        create(association, begun())
        assert change(association, ended(PatientID="P2", Modality="MR")).Status == SUCCESS
    step = step_of(north)
    assert (step.modality, step.status, step.attributes["00100020"]["Value"]) == ("CT", "COMPLETED", ["P1"])


def test_a_step_without_a_uid_gets_one(north: Hospital, dimse_server: RunningServer) -> None:
    with scanner(dimse_server) as association:
        association.send_n_create(begun(), MPPS, None)
    with in_hospital(north):
        assert PerformedProcedureStep.objects.get().sop_instance_uid.startswith("2.25.")


def test_what_a_step_must_have_is_named(north: Hospital, dimse_server: RunningServer) -> None:
    """Nothing is kept of what was refused, and the step goes on."""
    no_study = [item(StudyInstanceUID="")]
    creations = [
        ({"Modality": None}, MISSING, "Modality is absent"),
        ({"PerformedStationAETitle": ""}, MISSING_VALUE, "PerformedStationAETitle is empty"),
        ({"PerformedProcedureStepStartTime": None}, MISSING, "PerformedProcedureStepStartTime is absent"),
        ({"PerformedProcedureStepStatus": "COMPLETED"}, INVALID, "PerformedProcedureStepStatus must begin as"),
        ({"ScheduledStepAttributesSequence": None}, MISSING, "ScheduledStepAttributesSequence is absent"),
        ({"ScheduledStepAttributesSequence": no_study}, MISSING_VALUE, "StudyInstanceUID is empty"),
    ]
    changes = [
        ({"PerformedProcedureStepEndTime": None}, MISSING, "PerformedProcedureStepEndTime is absent"),
        ({"PerformedSeriesSequence": []}, MISSING_VALUE, "PerformedSeriesSequence is empty"),
        ({"PerformedProcedureStepStatus": "DONE"}, INVALID, "PerformedProcedureStepStatus is not one of"),
    ]
    with scanner(dimse_server) as association:
        for given, status, comment in creations:
            refused = create(association, begun(**given))
            assert (refused.Status, refused.ErrorComment[: len(comment)]) == (status, comment)
        assert create(association, begun()).Status == SUCCESS
        for given, status, comment in changes:
            refused = change(association, ended(**given))
            assert (refused.Status, refused.ErrorComment[: len(comment)]) == (status, comment)
    assert step_of(north).status == "IN PROGRESS"


def test_another_hospitals_step_is_unknown_and_its_uid_is_free(north: Hospital, dimse_server: RunningServer) -> None:
    south = make_hospital("SOUTH")
    make_node(south, "SOUTH_CT", may_report_steps=True)
    order = make_order(north, study_instance_uid="2.25.5")
    with scanner(dimse_server) as association:
        create(association, begun(order))
    with scanner(dimse_server, "SOUTH_CT") as association:
        assert change(association, ended()).Status == UNKNOWN
        assert create(association, begun(order)).Status == SUCCESS
        assert change(association, ended()).Status == SUCCESS
    assert (step_of(north).status, step_of(south).status) == ("IN PROGRESS", "COMPLETED")
    order_after_events(south, make_order(south))
    assert order_after_events(north, order).status == "in_progress"


def test_of_two_that_begin_one_step_or_end_it_at_once_one_does(north: Hospital, dimse_server: RunningServer) -> None:
    def at_once(send: Any) -> list[int]:
        together, statuses = Barrier(4), []

        def work() -> None:
            with scanner(dimse_server) as association:
                together.wait()
                statuses.append(send(association).Status)

        threads = [Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(statuses)

    assert at_once(lambda association: create(association, begun())) == [SUCCESS] + [DUPLICATE] * 3
    assert at_once(lambda association: change(association, ended())) == [SUCCESS] + [FAILURE] * 3
    with in_hospital(north):
        assert Event.objects.filter(name="ProcedureStepCompleted").count() == 1


def test_a_node_without_the_right_is_turned_away_or_told(north: Hospital, dimse_server: RunningServer) -> None:
    make_node(north, "NORTH_MR")
    with calling(dimse_server, MPPS, title="NORTH_MR") as association:
        assert association.is_rejected
    assert eventually(lambda: RejectedAssociation.objects.filter(reason="node_may_not_report_steps").exists())
    with calling(dimse_server, MPPS, CTImageStorage, title="NORTH_MR") as association:
        assert create(association, begun()).Status == NOT_AUTHORIZED
        assert change(association, ended()).Status == NOT_AUTHORIZED
    with in_hospital(north):
        assert not PerformedProcedureStep.objects.exists()
