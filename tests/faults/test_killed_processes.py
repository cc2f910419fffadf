"""kill -9 of each process during a send that retries: what was answered with success is there afterwards, once."""

import gc
import json
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
import redis
from django.conf import settings
from pynetdicom import AE, build_context
from websockets.sync.client import connect

from pacs_core.archive.models import Instance, ReceivedInstance, Study
from reporting.models import DraftVersion
from routing_rules.models import AssignmentDecision
from tests.browser_session import Session
from tests.flow.network import Network, make_network
from tests.installation import PROCESSES, Installation, listens, running_installation, wait_for
from tests.senders import head_ct, order_message, send_message, write_study
from tests.story import see_all
from worklist.models import WorklistItem

# pynetdicom leaves the socket of a refused connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

INSTANCES = 500
PER_ASSOCIATION = 25


@pytest.fixture
def network(committed_db: None) -> Network:
    return make_network()


@pytest.fixture
def installation(network: Network) -> Iterator[Installation]:
    with running_installation() as running:
        yield running


class RetryingScanner(threading.Thread):
    """Sends files in small associations and sends again what was not answered with success, until all were."""

    def __init__(self, port: int, paths: list[Path]) -> None:
        super().__init__(daemon=True)
        self.port, self.waiting = port, list(paths)
        self.answered: set[str] = set()

    def run(self) -> None:
        while self.waiting:
            try:
                self._send(self.waiting[:PER_ASSOCIATION])
            except (OSError, RuntimeError, ValueError):
                time.sleep(0.1)

    def _send(self, paths: list[Path]) -> None:
        if not listens(self.port):
            time.sleep(0.1)
            return
        entity = AE(ae_title="NORTH_CT")
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 10
        entity.requested_contexts = [build_context("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1")]
        association = entity.associate("127.0.0.1", self.port, ae_title="MERIDIAN")
        if not association.is_established:
            time.sleep(0.1)
            return
        for path in paths:
            dataset = pydicom.dcmread(path)
            status = association.send_c_store(dataset)
            if not status or status.Status != 0x0000:
                break
            self.answered.add(str(dataset.SOPInstanceUID))
            self.waiting.remove(path)
        association.release() if association.is_established else association.abort()


def test_nothing_answered_with_success_is_lost(installation: Installation, network: Network, tmp_path: Path) -> None:
    send_message(installation.hl7, order_message())
    scanner = RetryingScanner(installation.dimse, write_study(tmp_path, head_ct(instances=INSTANCES)))
    scanner.start()
    for name in PROCESSES:
        already = len(scanner.answered)
        wait_for(lambda goal=already: len(scanner.answered) >= min(goal + 40, INSTANCES), seconds=60, what="progress")
        installation.kill(name)
        installation.start(name)
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    scanner.join(180)
    gc.collect()
    assert not scanner.waiting, f"{len(scanner.waiting)} were never accepted"

    def indexed() -> bool:
        with see_all():
            return Instance.objects.count() == INSTANCES and not ReceivedInstance.objects.filter(outcome="pending")

    wait_for(indexed, seconds=90, what="every instance indexed")
    wait_for(_is_assigned, seconds=60, what="the item assigned")
    with see_all():
        found = set(Instance.objects.values_list("sop_instance_uid", flat=True))
        assert found == scanner.answered
        assert Study.objects.get().number_of_instances == INSTANCES
        item = WorklistItem.objects.get()
        assert (item.assigned_to, item.order is not None) == (network.ada, True)
        assert AssignmentDecision.objects.filter(worklist_item=item, chosen=network.ada).exists()


def _is_assigned() -> bool:
    with see_all():
        return WorklistItem.objects.filter(status="assigned", order__isnull=False).exists()


def test_no_acknowledged_report_text_is_lost(installation: Installation, network: Network, tmp_path: Path) -> None:
    scanner = RetryingScanner(installation.dimse, write_study(tmp_path, head_ct(instances=1)))
    scanner.run()
    wait_for(
        lambda: _item_count() == 1,
        seconds=30,
        what="the row",
    )
    wait_for(lambda: _assigned_without_order(), seconds=30, what="assigned")
    ada = Session(installation.url, "ada@example.org")
    with see_all():
        item = WorklistItem.objects.get()
    ada.get(f"/reading/{item.pk}/")
    report = ada.get("/api/reports/", worklist_item=item.pk).json()["results"][0]
    acknowledged = _type_until_killed(installation, ada, report["id"], report["draft_version"])
    installation.start("web")
    ada.client.close()
    with see_all():
        stored = DraftVersion.objects.order_by("-number").first()
    assert acknowledged
    assert stored.sections["findings"].startswith(acknowledged)


def _item_count() -> int:
    with see_all():
        return WorklistItem.objects.count()


def _assigned_without_order() -> bool:
    with see_all():
        return WorklistItem.objects.filter(status="assigned").exists()


def _type_until_killed(installation: Installation, ada: Session, report: int, version: int) -> str:
    """Type on, kill -9 the web process after the twentieth save; return the last text that was acknowledged."""
    sections = dict.fromkeys(("clinical_information", "technique", "comparison", "findings", "impression"), "")
    address = installation.url.replace("http", "ws") + f"/ws/reports/{report}/"
    acknowledged = ""
    with connect(address, additional_headers={"Cookie": ada.cookies}, origin=installation.url) as editor:
        for word in range(20):
            sections["findings"] += f"word{word} "
            body = {"type": "save", "request_id": str(uuid.uuid4()), "base_version": version, "sections": sections}
            editor.send(json.dumps(body))
            while (answer := json.loads(editor.recv(timeout=10)))["type"] != "saved":
                assert answer["type"] == "notice", answer
            version, acknowledged = answer["version"], sections["findings"]
        editor.send(json.dumps(body | {"request_id": str(uuid.uuid4()), "base_version": version}))
        installation.kill("web")
    return acknowledged
