"""Studies go out by STOW-RS: to our own DICOMweb server, and to one that answers as real ones do when they refuse."""

import base64
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.asgi import get_asgi_application
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from pacs_core.archive.files import sha256_of_dataset, stored_path
from pacs_core.archive.models import Instance, ReceivedInstance
from pacs_core.audit.models import AuditEntry
from pacs_core.network.forwarding import stow_rs
from pacs_core.network.forwarding.models import ForwardedInstance, ForwardingJob
from pacs_core.network.forwarding.services import carry_out_forwarding, request_forwarding
from pacs_core.network.models import Node
from pacs_core.network.nodes.credentials import opened
from pacs_core.network.nodes.services import change_node
from tests.pacs_core.network.dicomweb.archive import file_study
from tests.pacs_core.network.dicomweb.running import running_server
from tests.pacs_core.network.dicomweb.test_real_server import resident_bytes
from tests.protocol.dimse_server import free_port
from tests.story import in_hospital, make_hospital, make_node, make_patient, make_user, see_all

TOKEN = "a-token-that-nobody-may-see"


class Peer:
    """A store service that answers what `script` says, request by request; the last answer stands for the rest."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.headers: list[dict[str, str]] = []
        self.lengths: list[int] = []
        self.highest = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        length, more = 0, True
        while more:
            message = await receive()
            length, more = length + len(message.get("body", b"")), message.get("more_body", False)
            self.highest = max(self.highest, resident_bytes())
        self.lengths.append(length)
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        status, document = answer if isinstance(answer, tuple) else (answer, None)
        body = json.dumps(document).encode() if document is not None else b"<html>whatever</html>"
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


class Way:
    """A hospital's study and the node with a DICOMweb address that it goes to."""

    def __init__(self, url: str, *, images: int = 3, **node: Any) -> None:
        self.hospital = make_hospital()
        # The patient that the files name: a server that knows both would refuse another one.
        self.study = file_study(self.hospital, images=images, patient=make_patient(self.hospital, patient_id="P1"))
        self.node = make_node(self.hospital, "CLOUD", dicomweb_url=url)
        with in_hospital(self.hospital):
            change_node(node=self.node, **node)

    def send(self) -> ForwardingJob:
        with in_hospital(self.hospital):
            request_forwarding(study=self.study, ae_title="CLOUD", asked_by="Heads to the cloud")
            ForwardingJob.objects.update(retry_at=timezone.now())
            job = ForwardingJob.objects.get()
        carry_out_forwarding(job_id=job.pk, hospital_id=self.hospital.pk)
        with see_all():
            return ForwardingJob.objects.get()

    def uid(self, position: int) -> str:
        return f"{self.study.study_instance_uid}.1.{position}"


@contextmanager
def peer(*script: Any) -> Iterator[tuple[Peer, str]]:
    answering = Peer(*script)
    with running_server(answering) as address:
        yield answering, f"{address}/dicom-web/"


def stored(*uids: str) -> dict[str, Any]:
    return {"00081199": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": [uid]}} for uid in uids]}}


def refused(reason: int, *uids: str) -> dict[str, Any]:
    why = {"vr": "US", "Value": [reason]}
    items = [{"00081155": {"vr": "UI", "Value": [uid]}, "00081197": why} for uid in uids]
    return {"00081198": {"vr": "SQ", "Value": items}}


def with_bearer_as_token(application: Any) -> Any:
    """Stand before our server as a gateway would: it knows bearer tokens, ours are called Token."""

    async def call(scope: Any, receive: Any, send: Any) -> None:
        headers = [(name, value.replace(b"Bearer ", b"Token ")) for name, value in scope["headers"]]
        await application(scope | {"headers": headers}, receive, send)

    return call


def test_a_study_arrives_at_a_real_server_as_it_is_stored(committed_db: None, settings: Any, tmp_path: Path) -> None:
    settings.ROOT_URLCONF = "tests.pacs_core.network.dicomweb.urlconf"
    settings.STATIC_ROOT = tmp_path
    with running_server(with_bearer_as_token(get_asgi_application())) as address:
        way = Way(f"{address}/dicom-web")
        _, token = AuthToken.objects.create(make_user("hospital_administrator", way.hospital))
        with in_hospital(way.hospital):
            change_node(node=way.node, dicomweb_secret=token)
        done = way.send()
    assert (done.status, done.instances_sent, done.last_error) == ("done", 3, "")
    with in_hospital(way.hospital):
        sent = {row.sop_instance_uid: sha256_of_dataset(stored_path(row.file_path)) for row in Instance.objects.all()}
    with in_hospital(way.hospital):
        arrived = {row.sop_instance_uid: row.sha256 for row in ReceivedInstance.objects.filter(source="stow")}
    assert arrived == sent


@pytest.mark.django_db
def test_a_mixed_answer_counts_only_what_was_taken_and_the_rest_is_tried_again() -> None:
    with peer(500) as (answering, url):
        way = Way(url)
        answering.script = [
            (202, stored(way.uid(1)) | refused(0xA700, way.uid(2), way.uid(3))),
            (202, stored(way.uid(2)) | refused(0x0111, way.uid(3))),
        ]
        first = way.send()
        assert (first.status, first.instances_sent) == ("waiting", 1)
        words = "CLOUD did not take every image: it is out of resources (FailureReason 0xA700)."
        assert first.last_error == words
        second = way.send()
    assert (second.status, second.instances_sent) == ("done", 3), "what it has already is taken"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (401, "refused: it does not know our credentials (HTTP 401)"),
        (413, "it takes no image so large (HTTP 413)"),
        (503, "answered HTTP 503"),
        (302, "answered HTTP 302"),
        (202, "its answer does not name every image (HTTP 202)"),
        (409, "its answer does not name every image (HTTP 409)"),
        ((409, [1, "not what a server answers"]), "does not name every image"),
    ],
)
def test_a_refusal_is_said_in_words_and_nothing_counts_as_sent(answer: Any, words: str) -> None:
    with peer(answer) as (_, url):
        failed = Way(url).send()
    assert (failed.status, failed.attempts, failed.instances_sent) == ("waiting", 1, 0)
    assert words in failed.last_error
    with see_all():
        assert not ForwardedInstance.objects.exists()


@pytest.mark.django_db
def test_a_plain_success_counts_for_every_image() -> None:
    with peer(200) as (answering, url):
        assert Way(url).send().instances_sent == 3
    assert int(answering.headers[0]["content-length"]) == answering.lengths[0]
    assert "authorization" not in answering.headers[0]


@pytest.mark.django_db
def test_a_body_that_is_too_large_is_sent_in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stow_rs, "INSTANCES_PER_REQUEST", 4)
    with peer(413, 200) as (answering, url):
        done = Way(url, images=6).send()
    assert (done.status, done.instances_sent) == ("done", 6)
    assert len(answering.lengths) == 4, "four refused, two, two, and the last two"


@pytest.mark.django_db
def test_nobody_answers_at_the_address() -> None:
    failed = Way(f"http://127.0.0.1:{free_port()}/dicom-web").send()
    assert "CLOUD cannot be reached at its DICOMweb address" in failed.last_error


@pytest.mark.django_db
def test_a_large_image_is_never_held_in_memory() -> None:
    size = 256 * 1024**2
    with peer(200) as (answering, url):
        way = Way(url, images=1)
        with in_hospital(way.hospital), open(stored_path(Instance.objects.get().file_path), "r+b") as file:
            file.truncate(size)  # sparse: takes no room on the disk
        before = resident_bytes()
        assert way.send().status == "done"
    assert answering.lengths[0] > size
    assert answering.highest - before < 48 * 1024**2


@pytest.mark.django_db
def test_basic_credentials_are_sent_and_seen_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with peer(401) as (answering, url):
        way = Way(url, dicomweb_user="meridian", dicomweb_secret=TOKEN)
        failed = way.send()
    expected = base64.b64encode(f"meridian:{TOKEN}".encode()).decode()
    assert answering.headers[0]["authorization"] == f"Basic {expected}"
    node = Node.objects.get()
    assert opened(node.dicomweb_secret) == TOKEN
    browser = Client()
    browser.force_login(make_user("hospital_administrator", way.hospital))
    answers = [browser.get(f"/api/nodes/{node.pk}/"), browser.get(f"/administration/nodes/{node.pk}/")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["has_dicomweb_secret"] is True
    with see_all():
        audited = json.dumps(list(AuditEntry.objects.values_list("detail", flat=True)))
    for text in (*(answer.content.decode() for answer in answers), failed.last_error, audited, caplog.text):
        assert TOKEN not in text
        assert expected not in text
        assert bytes(node.dicomweb_secret).decode() not in text
