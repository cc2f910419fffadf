"""Studies go out to nodes by C-STORE: as stored, each image once, tried again, given up, never to a stranger."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, evt

from pacs_core.archive.models import Instance, Series, Study
from pacs_core.network.forwarding.models import ForwardedInstance, ForwardingJob
from pacs_core.network.forwarding.selectors import parcels_of
from pacs_core.network.forwarding.services import (
    ATTEMPTS,
    carry_out_forwarding,
    request_forwarding,
    retry_forwarding,
)
from pacs_core.network.forwarding.store_scu import associate_for, store_parcel
from pacs_core.network.models import Node
from pacs_core.network.outbound import jobs
from pacs_core.network.outbound.association import MOST_QUEUED
from pacs_core.network.outbound.jobs import LOST_AFTER, JobNotRetriable
from pacs_core.network.tasks import sweep_forwarding_jobs
from tests.pacs_core.network.dicomweb.archive import file_instance, file_study, make_dataset
from tests.protocol.dimse_server import eventually, free_port
from tests.story import in_hospital, make_hospital, make_node, see_all
from tests.tools import require_tool

pytestmark = pytest.mark.django_db
CT = "1.2.840.10008.5.1.4.1.1.2"


@contextmanager
def storescp(folder: Path, *options: str, port: int = 0) -> Iterator[int]:
    """DCMTK's storage provider, listening; what it takes lies in `folder`."""
    port = port or free_port()
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [require_tool("storescp"), "-aet", "AI_BLEED", "-od", str(folder), "+xa", *options, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert eventually(lambda: answers(port))
        yield port
    finally:
        process.kill()
        process.wait(10)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Way:
    """A hospital's study and the AI service that it goes to."""

    def __init__(self, port: int, *, images: int = 3) -> None:
        self.hospital = make_hospital()
        self.study = file_study(self.hospital, images=images)
        self.node = make_node(self.hospital, "AI_BLEED", host="127.0.0.1", port=port)

    def ask(self) -> ForwardingJob | None:
        with in_hospital(self.hospital):
            self.study.refresh_from_db()
            return request_forwarding(study=self.study, ae_title="AI_BLEED", asked_by="Heads to BleedNet")

    def send(self, job: ForwardingJob) -> ForwardingJob:
        with see_all():
            ForwardingJob.objects.filter(pk=job.pk).update(retry_at=timezone.now())
        carry_out_forwarding(job_id=job.pk, hospital_id=self.hospital.pk)
        return self.now(job)

    def now(self, job: ForwardingJob) -> ForwardingJob:
        with see_all():
            return ForwardingJob.objects.get(pk=job.pk)

    def add_image(self, position: int) -> None:
        with in_hospital(self.hospital):
            series = Series.objects.get(study=self.study)
            file_instance(series, make_dataset(study_instance_uid=self.study.study_instance_uid, position=position))
            Study.objects.filter(pk=self.study.pk).update(number_of_instances=position)


def uids_in(folder: Path) -> set[str]:
    return {dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in folder.iterdir()}


def test_a_study_arrives_as_it_is_stored(tmp_path: Path) -> None:
    with storescp(tmp_path / "taken") as port:
        way = Way(port)
        job = way.ask()
        assert job is not None
        done = way.send(job)
    assert (done.status, done.instances_sent, done.last_error) == ("done", 3, "")
    with in_hospital(way.hospital):
        stored = {row.sop_instance_uid: row.transfer_syntax_uid for row in Instance.objects.all()}
    taken = {path: dcmread(path) for path in (tmp_path / "taken").iterdir()}
    assert {one.SOPInstanceUID: one.file_meta.TransferSyntaxUID for one in taken.values()} == stored


def test_asked_again_nothing_is_sent_twice_and_late_images_go_alone(tmp_path: Path) -> None:
    with storescp(tmp_path / "first") as port:
        way = Way(port)
        job = way.ask()
        assert job is not None
        assert way.ask() is None
        way.send(job)
        assert way.ask() is None
        way.add_image(4)
    with storescp(tmp_path / "late", port=port):
        late = way.ask()
        assert late is not None
        assert late.content_version == 4
        assert way.send(late).instances_sent == 4
    assert len(uids_in(tmp_path / "late")) == 1


def test_what_comes_for_a_rejected_image_is_sent_though_the_study_has_as_many_as_before(tmp_path: Path) -> None:
    with storescp(tmp_path / "taken") as port:
        way = Way(port)
        job = way.ask()
        assert job is not None
        way.send(job)
        way.add_image(4)
        with in_hospital(way.hospital):
            Instance.objects.filter(pk=Instance.objects.earliest("pk").pk).update(is_hidden=True)
            Study.objects.filter(pk=way.study.pk).update(number_of_instances=3)
        again = way.ask()
        assert again is not None
        assert (again.pk, way.send(again).status) == (job.pk, "done")
        assert way.ask() is None
    assert len(uids_in(tmp_path / "taken")) == 4


def test_images_that_come_while_it_is_asked_need_no_second_job(tmp_path: Path) -> None:
    with storescp(tmp_path / "taken") as port:
        way = Way(port)
        job = way.ask()
        assert job is not None
        way.add_image(4)
        assert way.ask() is None
        assert way.send(job).instances_sent == 4


def test_nobody_answers_so_it_is_tried_again_later_and_given_up_at_last() -> None:
    way = Way(free_port())
    job = way.ask()
    assert job is not None
    first = way.send(job)
    assert (first.status, first.attempts) == ("waiting", 1)
    assert "did not answer" in first.last_error
    assert first.retry_at > timezone.now() + timedelta(seconds=20)
    carry_out_forwarding(job_id=job.pk, hospital_id=way.hospital.pk)
    assert way.now(job).attempts == 1, "not due yet"
    with see_all():
        ForwardingJob.objects.update(attempts=ATTEMPTS - 1)
    assert way.send(job).status == "failed"


def test_a_person_retries_what_was_given_up(tmp_path: Path) -> None:
    with storescp(tmp_path / "taken") as port:
        way = Way(port)
        job = way.ask()
        assert job is not None
        with in_hospital(way.hospital):
            ForwardingJob.objects.update(status="failed", attempts=ATTEMPTS)
            assert retry_forwarding(job_id=job.pk).attempts == 0
        assert way.send(job).status == "done"
        with in_hospital(way.hospital), pytest.raises(JobNotRetriable):
            retry_forwarding(job_id=job.pk)


def test_a_rejected_association_is_said_in_words(tmp_path: Path) -> None:
    with storescp(tmp_path / "taken", "--refuse") as port:
        way = Way(port)
        job = way.ask()
        assert job is not None
        failed = way.send(job)
    assert failed.status == "waiting"
    assert failed.last_error.startswith("AI_BLEED rejected the association")


def test_a_node_that_ends_half_way_gets_only_the_rest_later(tmp_path: Path) -> None:
    """The first peer takes 12 of 15 images and aborts; the second one sees the last three."""
    taken = []

    def take_twelve(event: Any) -> int:
        if len(taken) == 12:
            event.assoc.abort()
            return 0xA700
        taken.append(event.request.AffectedSOPInstanceUID)
        return 0x0000

    port = free_port()
    peer = AE(ae_title="AI_BLEED")
    peer.add_supported_context(CT, ExplicitVRLittleEndian)
    server = peer.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, take_twelve)])
    way = Way(port, images=15)
    job = way.ask()
    assert job is not None
    half = way.send(job)
    server.shutdown()
    assert (half.status, half.instances_sent) == ("waiting", 12)
    with storescp(tmp_path / "rest", port=port):
        assert way.send(job).status == "done"
    assert len(uids_in(tmp_path / "rest")) == 3
    assert not uids_in(tmp_path / "rest") & set(taken)


def test_a_large_image_is_read_no_faster_than_it_is_taken_and_its_job_gives_signs_of_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs: list[float] = []
    beat = jobs.JobHeartbeat.beat
    monkeypatch.setattr(jobs.JobHeartbeat, "beat", lambda self: signs.append(time.monotonic()) or beat(self))
    with storescp(tmp_path / "taken") as port:
        way = Way(port, images=1)
        with in_hospital(way.hospital):
            large = {"Rows": 2048, "Columns": 2048, "PixelData": bytes(2 * 2048 * 2048)}
            uid = way.study.study_instance_uid
            file_instance(Series.objects.get(), make_dataset(study_instance_uid=uid, position=2, **large))
            parcels = parcels_of(Instance.objects.filter(sop_instance_uid=f"{uid}.1.2"))
        queued: list[int] = []
        association = associate_for(
            parcels,
            node=way.node,
            while_sending=lambda: queued.append(association.dul.to_provider_queue.qsize()),
        )
        assert store_parcel(association, parcels[0], message_id=1, originator={}) == 0x0000
        association.release()
        assert (len(queued) > 2 * MOST_QUEUED, max(queued) <= MOST_QUEUED) == (True, True)
        job = way.ask()
        assert job is not None
        assert way.send(job).status == "done"
    assert len(signs) > MOST_QUEUED


def test_an_image_that_is_refused_does_not_keep_the_others() -> None:
    def refuse_the_second(event: Any) -> int:
        return 0xC001 if str(event.request.AffectedSOPInstanceUID).endswith(".2") else 0x0000

    port = free_port()
    peer = AE(ae_title="AI_BLEED")
    peer.add_supported_context(CT, ExplicitVRLittleEndian)
    server = peer.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, refuse_the_second)])
    way = Way(port)
    job = way.ask()
    assert job is not None
    failed = way.send(job)
    server.shutdown()
    assert (failed.status, failed.instances_sent) == ("waiting", 2)
    assert "it cannot read the image (status 0xC001)" in failed.last_error


def test_another_hospitals_node_never_gets_a_study(tmp_path: Path) -> None:
    with storescp(tmp_path / "taken") as port:
        way = Way(port)
        Node.objects.update(hospital=make_hospital("SOUTH"))
        job = way.ask()
        assert job is not None
        failed = way.send(job)
        assert "another hospital's node" in failed.last_error
        assert not any((tmp_path / "taken").iterdir())
        Node.objects.update(is_network_service=True)
        assert way.send(job).status == "done"
    assert len(uids_in(tmp_path / "taken")) == 3


@pytest.mark.parametrize(
    ("values", "words"),
    [({"is_paused": True}, "is paused"), ({"host": ""}, "no host and port"), ({"ae_title": "OTHER"}, "No node has")],
)
def test_a_node_that_cannot_be_reached_is_named(values: dict[str, Any], words: str) -> None:
    way = Way(free_port())
    Node.objects.update(**values)
    job = way.ask()
    assert job is not None
    assert words in way.send(job).last_error


def test_what_a_paused_node_is_to_get_waits_until_it_is_resumed(tmp_path: Path) -> None:
    with storescp(tmp_path / "taken") as port:
        way = Way(port)
        Node.objects.update(is_paused=True)
        job = way.ask()
        assert job is not None
        for _ in range(ATTEMPTS + 1):
            waiting = way.send(job)
        assert (waiting.status, waiting.attempts) == ("waiting", 0)
        assert "is paused" in waiting.last_error
        Node.objects.update(is_paused=False)
        assert way.send(job).status == "done"


def test_a_job_of_a_killed_worker_is_taken_up_by_the_sweep(tmp_path: Path) -> None:
    with storescp(tmp_path / "taken") as port:
        way = Way(port)
        job = way.ask()
        assert job is not None
        long_ago = timezone.now() - LOST_AFTER - timedelta(seconds=1)
        with see_all():
            ForwardingJob.objects.update(status="running", heartbeat_at=long_ago)
        carry_out_forwarding(job_id=job.pk, hospital_id=way.hospital.pk)
        assert way.now(job).status == "running", "another worker may have it"
        sweep_forwarding_jobs()
        assert way.now(job).status == "waiting"
        assert way.send(job).status == "done"


def test_carried_out_again_it_sends_nothing(tmp_path: Path) -> None:
    with storescp(tmp_path / "taken") as port:
        way = Way(port)
        job = way.ask()
        assert job is not None
        way.send(job)
        carry_out_forwarding(job_id=job.pk, hospital_id=way.hospital.pk)
    with see_all():
        assert ForwardedInstance.objects.count() == 3
