"""When a study is complete, by the rule of each node that sent it; what comes afterwards is late with every rule."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pydicom.dataset import Dataset

from hospitals.models import Hospital
from pacs_core.archive.models import Study
from pacs_core.archive.services.completion import complete_studies
from pacs_core.archive.services.performed_steps import begin_performed_step, change_performed_step
from pacs_core.events.models import Event
from tests.pacs_core.archive.instances import index_all, receive
from tests.pacs_core.archive.performed_steps import begun, ended, item
from tests.story import in_hospital, make_hospital, make_node, see_all

pytestmark = pytest.mark.django_db
STUDY = "2.25.1"


@pytest.fixture
def north() -> Hospital:
    """Quiet for a minute; the scanner NORTH_CT sends all images."""
    return make_hospital(quiet_seconds=60)


def scanner(hospital: Hospital, **rule: Any) -> None:
    make_node(hospital, "NORTH_CT", **rule)


def arrived(hospital: Hospital, *numbers: int, seconds_ago: float = 0, **elements: Any) -> None:
    for number in numbers:
        receive(hospital, number=number, **elements)
    index_all(hospital)
    with see_all():
        Study.objects.update(last_received_at=timezone.now() - timedelta(seconds=seconds_ago))


def step_says(hospital: Hospital, *numbers: int, has_ended: bool = True, uid: str = "2.25.4711") -> None:
    """The scanner's step is for the study, and has made these images of its first series."""
    scheduled = begun(ScheduledStepAttributesSequence=[item(StudyInstanceUID=STUDY)])
    with in_hospital(hospital):
        begin_performed_step(
            hospital_id=hospital.pk, sop_instance_uid=uid, calling_ae_title="NORTH_CT", attributes=scheduled
        )
        if has_ended:
            change_performed_step(hospital_id=hospital.pk, sop_instance_uid=uid, attributes=_made(numbers))


def _made(numbers: tuple[int, ...]) -> Dataset:
    images = [item(ReferencedSOPInstanceUID=f"{STUDY}.1.{number}") for number in numbers]
    return ended(PerformedSeriesSequence=[item(SeriesInstanceUID=f"{STUDY}.1", ReferencedImageSequence=images)])


def completed() -> str:
    complete_studies()
    with see_all():
        return Study.objects.get().completed_by


def test_without_a_rule_the_hospitals_quiet_time_completes(north: Hospital) -> None:
    scanner(north)
    arrived(north, 1, seconds_ago=59)
    assert completed() == ""
    arrived(north, 2, seconds_ago=61)
    assert completed() == "quiet_time"


def test_a_node_has_a_quiet_time_of_its_own(north: Hospital) -> None:
    scanner(north, quiet_seconds=300)
    arrived(north, 1, seconds_ago=61)
    assert completed() == ""
    arrived(north, 2, seconds_ago=301)
    assert completed() == "quiet_time"


def test_a_step_that_has_ended_completes_once_all_that_it_named_is_filed(north: Hospital) -> None:
    scanner(north, completion_rule="performed_step")
    arrived(north, 1, seconds_ago=120)
    assert completed() == ""
    step_says(north, 1, 2)
    assert completed() == ""
    arrived(north, 2)
    assert completed() == "performed_step"


def test_a_study_of_two_steps_waits_for_both(north: Hospital) -> None:
    scanner(north, completion_rule="performed_step")
    arrived(north, 1, 2)
    step_says(north, 1, 2)
    step_says(north, has_ended=False, uid="2.25.4712")
    assert completed() == ""
    with in_hospital(north):
        change_performed_step(hospital_id=north.pk, sop_instance_uid="2.25.4712", attributes=_made((2,)))
    assert completed() == "performed_step"


def test_a_step_that_names_no_image_waits_for_the_quiet_time(north: Hospital) -> None:
    scanner(north, completion_rule="performed_step")
    step_says(north)
    arrived(north, 1)
    assert completed() == ""
    arrived(north, 2, seconds_ago=61)
    assert completed() == "performed_step"


def test_another_hospitals_step_completes_nothing(north: Hospital) -> None:
    scanner(north, completion_rule="performed_step")
    arrived(north, 1)
    step_says(make_hospital("SOUTH"), 1)
    assert completed() == ""


def test_as_many_images_as_the_images_announce_complete(north: Hospital) -> None:
    scanner(north, completion_rule="expected_count")
    arrived(north, 1, NumberOfStudyRelatedInstances=2)
    assert completed() == ""
    arrived(north, 2, NumberOfStudyRelatedInstances=3)
    assert completed() == ""
    arrived(north, 3, NumberOfStudyRelatedInstances=2)
    assert completed() == "expected_count"


def test_as_many_images_as_the_node_always_sends_complete(north: Hospital) -> None:
    scanner(north, completion_rule="expected_count", expected_instances=2)
    arrived(north, 1)
    assert completed() == ""
    arrived(north, 2)
    assert completed() == "expected_count"


def test_a_count_that_nobody_announced_is_not_awaited(north: Hospital) -> None:
    scanner(north, completion_rule="expected_count")
    arrived(north, 1, seconds_ago=61)
    assert completed() == "expected_count"


@pytest.mark.parametrize("rule", ["performed_step", "expected_count"])
def test_nothing_waits_longer_than_the_longest_wait(north: Hospital, rule: str) -> None:
    scanner(north, completion_rule=rule, expected_instances=9, longest_wait_minutes=5)
    arrived(north, 1, seconds_ago=299)
    assert completed() == ""
    arrived(north, 2, seconds_ago=301)
    assert completed() == "longest_wait"


def test_the_rule_of_every_node_that_sent_a_part_has_to_hold(north: Hospital) -> None:
    make_node(north, "NORTH_WS", completion_rule="expected_count", expected_instances=3)
    scanner(north, completion_rule="performed_step")
    step_says(north, 1)
    arrived(north, 1)
    arrived(north, 2, sender="NORTH_WS")
    assert completed() == ""
    arrived(north, 3)
    assert completed() in ("performed_step", "expected_count")


def test_an_image_that_waits_to_be_indexed_keeps_its_study_open(north: Hospital) -> None:
    scanner(north, completion_rule="expected_count", expected_instances=1)
    arrived(north, 1)
    receive(north, number=2)
    assert completed() == ""


def test_a_rule_at_one_hospital_leaves_the_others_alone(north: Hospital) -> None:
    south = make_hospital("SOUTH", quiet_seconds=60)
    make_node(south, "SOUTH_CT", completion_rule="performed_step")
    arrived(north, 1, seconds_ago=61)
    assert completed() == "quiet_time"


@pytest.mark.parametrize("rule", [None, "performed_step", "expected_count"])
def test_images_after_completion_are_late_with_every_rule(north: Hospital, rule: str | None) -> None:
    scanner(north, completion_rule=rule, expected_instances=1)
    step_says(north, 1)
    arrived(north, 1, seconds_ago=61)
    assert completed() == (rule or "quiet_time")
    completed_at = _completed_at()
    arrived(north, 2, seconds_ago=61)
    assert (complete_studies(), _completed_at()) == (0, completed_at)
    with see_all():
        assert Event.objects.get(name="StudyGrew").payload["late"] is True
        assert Event.objects.filter(name="StudyCompleted").count() == 1


def _completed_at() -> datetime | None:
    with see_all():
        return Study.objects.get().completed_at
