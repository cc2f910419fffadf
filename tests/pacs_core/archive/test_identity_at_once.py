"""Merges, links and filing that meet in two transactions; each twin shows what the lock prevents."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from django.db import connections

from pacs_core.archive.errors import PatientMergeRefused
from pacs_core.archive.models import Patient, PatientLink, Study
from pacs_core.archive.services import identity, links, patients
from pacs_core.archive.services.identity import change_demographics, merge_patients
from pacs_core.archive.services.links import link_patients
from pacs_core.archive.services.patients import owners_of
from tests.story import in_hospital, make_hospital, make_patient, see_all
from tests.worklist.test_meeting_at_once import somebody_waits_for_a_lock, wait_until

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def pool(committed_db: None) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def in_thread(pool: ThreadPoolExecutor, work: Callable[[], Any]) -> Any:
    def run() -> Any:
        try:
            with see_all():
                return work()
        except PatientMergeRefused:
            return "refused"
        finally:
            connections.close_all()

    return pool.submit(run)


def hold(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, barrier: threading.Barrier) -> None:
    """Let a function begin once both sides have come to it, or a second has passed."""
    honest = getattr(module, name)

    def wait(*arguments: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
        return honest(*arguments)

    monkeypatch.setattr(module, name, wait)


def merge_both_ways(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    north = make_hospital()
    one, other = make_patient(north), make_patient(north)
    hold(monkeypatch, identity, "lock_patients", threading.Barrier(2, timeout=1))
    runs = [
        in_thread(
            pool, lambda kept=kept, lost=lost: merge_patients(surviving_id=kept.pk, merged_id=lost.pk) and "merged"
        )
        for kept, lost in ((one, other), (other, one))
    ]
    return sorted(run.result(60) for run in runs)


def test_two_merges_at_once_make_no_circle(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert merge_both_ways(pool, monkeypatch) == ["merged", "refused"]
    with see_all():
        assert Patient.objects.filter(merged_into__isnull=False).count() == 1


def test_without_the_lock_two_merges_make_a_circle(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "lock_identity", lambda: None)
    assert merge_both_ways(pool, monkeypatch) == ["merged", "merged"]


def link_and_merge(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Say whether the survivor of a merge is of the person to whom the merged one was linked at that moment."""
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    survivor, merged, elsewhere = make_patient(north), make_patient(north), make_patient(south)
    barrier = threading.Barrier(2, timeout=1)
    for module in (identity, links):
        hold(monkeypatch, module, "refresh_people", barrier)
    runs = [
        in_thread(pool, lambda: merge_patients(surviving_id=survivor.pk, merged_id=merged.pk)),
        in_thread(pool, lambda: link_patients(patient_id=merged.pk, other_patient_id=elsewhere.pk)),
    ]
    for run in runs:
        with suppress(Exception):  # a link to a record that was merged just before is refused
            run.result(60)
    with see_all():
        if not PatientLink.objects.exists():
            return True
        people = Patient.objects.filter(pk__in=(survivor.pk, elsewhere.pk)).values_list("person", flat=True)
        return len(set(people)) == 1


def test_link_and_merge_at_once_end_in_one_person(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert link_and_merge(pool, monkeypatch)


def test_without_the_lock_link_and_merge_miss_each_other(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (identity, links):
        monkeypatch.setattr(module, "lock_identity", lambda: None)
    assert not link_and_merge(pool, monkeypatch)


def file_while_merging(pool: ThreadPoolExecutor) -> bool:
    """Say whether a study that was being filed for the merged patient ends with the survivor."""
    north = make_hospital()
    survivor, merged = make_patient(north), make_patient(north)
    identified, may_commit = threading.Event(), threading.Event()

    def file() -> None:
        owners = owners_of(Patient.objects.get(pk=merged.pk))
        Study.objects.create(hospital=north, study_instance_uid="2.25.1", **owners)
        identified.set()
        wait_until(lambda: may_commit.is_set() or somebody_waits_for_a_lock())

    filing = in_thread(pool, file)
    assert identified.wait(30)
    merging = in_thread(pool, lambda: merge_patients(surviving_id=survivor.pk, merged_id=merged.pk))
    merging.add_done_callback(lambda _: may_commit.set())
    filing.result(60)
    merging.result(60)
    with see_all():
        return Study.objects.get().patient_id == survivor.pk


def test_study_that_is_being_filed_goes_to_the_survivor(pool: ThreadPoolExecutor) -> None:
    assert file_while_merging(pool)


def test_without_the_lock_the_study_stays_with_the_merged(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patients, "survivor_of", lambda patient: patient)
    assert not file_while_merging(pool)


def file_while_correcting(pool: ThreadPoolExecutor) -> bool:
    """Say whether a study that was being filed with the former details leaves with the corrected ones."""
    north = make_hospital()
    patient = make_patient(north)
    filed, may_commit = threading.Event(), threading.Event()

    def file() -> None:
        Study.objects.create(hospital=north, study_instance_uid="2.25.1", **owners_of(patient))
        filed.set()
        wait_until(lambda: may_commit.is_set() or somebody_waits_for_a_lock())

    filing = in_thread(pool, file)
    assert filed.wait(30)
    correcting = in_thread(pool, lambda: change_demographics(patient_id=patient.pk, name="ROE^RIGHT"))
    correcting.add_done_callback(lambda _: may_commit.set())
    filing.result(60)
    correcting.result(60)
    with see_all():
        return Study.objects.get().corrected_at is not None


def test_study_that_is_being_filed_is_corrected_too(pool: ThreadPoolExecutor) -> None:
    assert file_while_correcting(pool)


def test_without_the_lock_the_study_keeps_the_former_details(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "survivor_to_correct", lambda patient: patient)
    assert not file_while_correcting(pool)


def test_links_show_to_one_hospital_once_the_policy_is_dropped() -> None:
    """The twin of the tests of test_links.py: without the policy the same query sees the link."""
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    with see_all():
        link_patients(patient_id=make_patient(north).pk, other_patient_id=make_patient(south).pk)
    with in_hospital(north):
        assert not PatientLink.objects.exists()
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("alter table archive_patientlink disable row level security")
        try:
            with in_hospital(north):
                assert PatientLink.objects.exists()
        finally:
            owner.execute("alter table archive_patientlink enable row level security")
