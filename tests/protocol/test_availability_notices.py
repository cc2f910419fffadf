"""Instance Availability Notification: who asks is told of complete studies and late images, until they know."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import InstanceAvailabilityNotification

from hospitals.models import Hospital
from pacs_core.archive.models import Series, Study
from pacs_core.archive.services.completion import complete_studies
from pacs_core.events.models import Event
from pacs_core.network.availability.handlers import tell_of_study
from pacs_core.network.availability.models import AvailabilityNotice
from pacs_core.network.availability.services import ATTEMPTS, carry_out_notice, retry_notice
from pacs_core.network.outbound.jobs import JobNotRetriable
from tests.pacs_core.archive.instances import index_all, receive
from tests.pacs_core.network.dicomweb.archive import file_instance, file_study, make_dataset
from tests.protocol.dimse_server import free_port
from tests.story import in_hospital, make_hospital, make_node, see_all

pytestmark = pytest.mark.django_db


@dataclass
class Listener:
    """A RIS that takes notifications."""

    port: int = field(default_factory=free_port)
    answer: int = 0x0000
    told: list[tuple[str, Dataset]] = field(default_factory=list)

    def note(self, event: Any) -> tuple[int, None]:
        self.told.append((str(event.request.AffectedSOPInstanceUID), event.attribute_list))
        return self.answer, None

    @contextmanager
    def listening(self) -> Iterator[None]:
        ae = AE(ae_title="NORTH_RIS")
        ae.add_supported_context(InstanceAvailabilityNotification)
        server = ae.start_server(("127.0.0.1", self.port), block=False, evt_handlers=[(evt.EVT_N_CREATE, self.note)])
        try:
            yield
        finally:
            server.shutdown()


def make_listener(hospital: Hospital, ae_title: str = "NORTH_RIS", **fields: Any) -> Listener:
    listener = Listener()
    make_node(hospital, ae_title, host="127.0.0.1", port=listener.port, wants_availability=True, **fields)
    return listener


def notices(study: Study) -> list[AvailabilityNotice]:
    """Handle the event that the study is complete; return the notices there are then."""
    with in_hospital(study.hospital):
        tell_of_study(Event(name="StudyCompleted", payload={"study_id": study.pk}))
    with see_all():
        return list(AvailabilityNotice.objects.order_by("pk"))


def send(notice: AvailabilityNotice) -> AvailabilityNotice:
    with see_all():
        AvailabilityNotice.objects.filter(pk=notice.pk).update(retry_at=timezone.now())
    carry_out_notice(job_id=notice.pk, hospital_id=notice.hospital_id)
    with see_all():
        return AvailabilityNotice.objects.get(pk=notice.pk)


def test_who_asks_is_told_once_what_is_here() -> None:
    north = make_hospital()
    study, listener = file_study(north, images=2), make_listener(north)
    (notice,) = notices(study)
    assert len(notices(study)) == 1
    with listener.listening():
        assert send(notice).status == "done"
        send(notice)
    ((_, told),) = listener.told
    assert (told.StudyInstanceUID, told.ReferencedPerformedProcedureStepSequence) == (study.study_instance_uid, [])
    (series,) = told.ReferencedSeriesSequence
    uid = f"{study.study_instance_uid}.1"
    assert series.SeriesInstanceUID == uid
    assert [
        (item.ReferencedSOPInstanceUID, item.InstanceAvailability, item.RetrieveAETitle)
        for item in series.ReferencedSOPSequence
    ] == [(f"{uid}.1", "ONLINE", "MERIDIAN"), (f"{uid}.2", "ONLINE", "MERIDIAN")]


def test_late_images_are_told_in_a_notice_of_their_own() -> None:
    north = make_hospital()
    study, listener = file_study(north), make_listener(north)
    with listener.listening():
        send(*notices(study))
        with in_hospital(north):
            late = make_dataset(study_instance_uid=study.study_instance_uid, position=2)
            file_instance(Series.objects.get(), late)
            Study.objects.update(number_of_instances=2)
        _, second = notices(study)
        send(second)
    (first_uid, _), (second_uid, told) = listener.told
    assert first_uid != second_uid
    assert len(told.ReferencedSeriesSequence[0].ReferencedSOPSequence) == 2


def test_what_came_for_rejected_images_is_told_though_the_study_has_as_many_as_before() -> None:
    north = make_hospital()
    study, listener = file_study(north), make_listener(north)
    with listener.listening():
        send(*notices(study))
        with in_hospital(north):
            Study.objects.update(last_received_at=timezone.now())
        send(*notices(study))
        send(*notices(study))  # the same event once more
    (first_uid, _), (second_uid, _) = listener.told
    assert first_uid != second_uid


def test_images_that_are_filed_after_completion_are_announced_as_late() -> None:
    north = make_hospital(quiet_seconds=0)
    receive(north, number=1)
    index_all(north)
    complete_studies()
    receive(north, number=2)
    index_all(north)
    with see_all():
        event = Event.objects.get(name="LateImagesFiled")
        assert event.payload == {"study_id": Study.objects.get().pk}


def test_another_hospitals_node_is_told_only_as_a_service_of_the_network() -> None:
    study, south = file_study(make_hospital()), make_hospital("SOUTH")
    make_listener(south, "SOUTH_RIS")
    assert notices(study) == []
    listener = make_listener(south, "AI", is_network_service=True)
    (notice,) = notices(study)
    with listener.listening():
        assert (send(notice).status, notice.ae_title) == ("done", "AI")


def test_a_node_that_is_away_or_refuses_is_told_again_and_given_up_at_last() -> None:
    north = make_hospital()
    study, listener = file_study(north), make_listener(north)
    (notice,) = notices(study)
    first = send(notice)
    assert (first.status, first.attempts) == ("waiting", 1)
    assert "did not answer" in first.last_error
    listener.answer = 0x0110
    with listener.listening():
        assert "refused the notification (status 0x0110)" in send(notice).last_error
        with see_all():
            AvailabilityNotice.objects.update(attempts=ATTEMPTS - 1)
        assert send(notice).status == "failed"
        listener.answer = 0x0111  # it knows already: our worker was killed before it noted the answer
        with in_hospital(north):
            retry_notice(job_id=notice.pk)
        assert send(notice).status == "done"
    assert len({uid for uid, _ in listener.told}) == 1
    with in_hospital(north), pytest.raises(JobNotRetriable):
        retry_notice(job_id=notice.pk)
