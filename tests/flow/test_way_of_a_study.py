"""The main job over real sockets: a scanner sends, a radiologist signs, the referring physician downloads."""

import json
import subprocess
import time
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from pacs_core.audit.models import AuditEntry
from reporting.services.certificates import trust_roots
from reporting.signature.validation import validate_signed_pdf
from tests.browser_session import Session, SignIn
from tests.flow.network import Network, make_network
from tests.installation import Installation, wait_for
from tests.senders import dcmsend, head_ct, order_message, send_message, write_real_ct, write_study
from tests.story import PASSWORD, see_all
from tests.tools import require_tool

TEXT = {
    "clinical_information": "Sudden weakness. Haemorrhage?",
    "technique": "CT of the head without contrast.",
    "comparison": "None available.",
    "findings": "No haemorrhage. Ventricles of normal size.",
    "impression": "No acute finding.",
}


@pytest.fixture
def network(committed_db: None, installation: Installation) -> Network:
    return make_network()


# The steps of the way as the audit trail names them.
STEPS = {
    "order.received",
    "study.received",
    "study.completed",
    "worklist_item.open",
    "worklist_item.assign",
    "signed_in",
    "worklist_item.claim",
    "examination.opened",
    "study.viewing_granted",
    "report.signing_password_wrong",
    "report.signing_requested",
    "worklist_item.start_signing",
    "report.signed",
    "worklist_item.close",
    "report.delivered",
    "report.viewed",
    "report.downloaded",
}


def live(installation: Installation, session: Session, path: str = "/ws/live/") -> ClientConnection:
    address = installation.url.replace("http", "ws") + path
    return connect(address, additional_headers={"Cookie": session.cookies}, origin=installation.url)


def hints_until(socket: ClientConnection, event: str, seconds: float = 10) -> list[str]:
    """Return the names of the hints up to the first `event`."""
    names: list[str] = []
    deadline = time.monotonic() + seconds
    while event not in names:
        message = json.loads(socket.recv(timeout=max(0.1, deadline - time.monotonic())))
        if message["type"] == "hint":
            names.append(message["event"])
    return names


def item_of(session: Session) -> dict:
    def look() -> dict | None:
        items = session.get("/api/worklist-items/").json()["results"]
        return items[0] if items and items[0]["status"] == "assigned" else None

    return wait_for(look, what="an assigned row in the reader's list")


def test_from_scanner_to_signed_report(
    installation: Installation, network: Network, sign_in: SignIn, tmp_path: Path
) -> None:
    ada = sign_in("ada@example.org")
    with live(installation, ada) as socket:
        assert json.loads(socket.recv(timeout=5))["type"] == "hello"
        assert b"MSA|AA|M1" in send_message(installation.hl7, order_message())
        write_real_ct(tmp_path / "ct")
        dcmsend(installation.dimse, tmp_path / "ct")
        names = hints_until(socket, "WorklistItemAssigned")
    assert names.index("WorklistItemOpened") < names.index("WorklistItemAssigned")

    item = item_of(ada)
    assert (item["priority"], item["assigned_to"]["name"]) == ("stat", "Dr. Ada Roth")
    decision = ada.get("/api/assignment-decisions/", worklist_item=item["id"]).json()["results"][0]["decision"]
    reasons = {candidate["name"]: candidate["reason"] for candidate in decision["candidates"]}
    assert reasons["Dr. David Lind"] == "Does not read neuro"

    report = _write_and_sign(ada, item["id"])
    pdf = ada.get(f"/api/reports/{report}/versions/1/pdf/").content
    _prove_signature(pdf, tmp_path)
    _deliver(sign_in, report, pdf)
    _hide_from_strangers(sign_in, item, report)
    _prove_audit(report)


def _write_and_sign(ada: Session, item: int) -> int:
    assert ada.get(f"/reading/{item}/").status_code == 200
    report = ada.get("/api/reports/", worklist_item=item).json()["results"][0]
    saved = ada.save_draft(report["id"], report["draft_version"], TEXT)
    assert saved.status_code == 200, saved.text
    wish = {"base_version": saved.json()["version"], "acknowledged_checks": []}
    refused = ada.post(f"/api/reports/{report['id']}/sign/", wish | {"password": "wrong"})
    assert refused.status_code == 403
    accepted = ada.post(f"/api/reports/{report['id']}/sign/", wish | {"password": PASSWORD})
    assert accepted.status_code == 202, accepted.text
    wait_for(lambda: ada.get(f"/api/reports/{report['id']}/").json()["status"] == "signed", seconds=20, what="signed")
    return report["id"]


def _prove_signature(pdf: bytes, folder: Path) -> None:
    path = folder / "report.pdf"
    path.write_bytes(pdf)
    says = subprocess.run([require_tool("pdfsig"), "-nocert", str(path)], capture_output=True, text=True).stdout
    assert "Signature is Valid" in says
    assert "Total document signed" in says
    whole = validate_signed_pdf(pdf, trust_roots=trust_roots())
    assert (whole.valid, whole.whole_document, whole.reasons) == (True, True, ())
    place = pdf.index(b"%PDF") + len(pdf) // 3
    changed = pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]
    assert not validate_signed_pdf(changed, trust_roots=trust_roots()).valid
    path.write_bytes(changed)
    says = subprocess.run([require_tool("pdfsig"), "-nocert", str(path)], capture_output=True, text=True).stdout
    assert "Signature is Valid" not in says


def _deliver(sign_in: SignIn, report: int, pdf: bytes) -> None:
    anna = sign_in("anna@example.org")
    page = wait_for(lambda: (answer := anna.get("/portal/")).text.count("CT head") and answer, seconds=10)
    assert "No acute finding" in anna.get(f"/portal/reports/{report}/").text
    address = page.text.split("/portal/reports/")
    assert len(address) > 1
    download = next(
        part.split('"')[0]
        for part in anna.get(f"/portal/reports/{report}/").text.split('href="')
        if part.startswith("/portal/reports/") and "/pdf/" in part.split('"')[0]
    )
    answer = anna.get(download)
    assert (answer.status_code, answer.content) == (200, pdf)
    martin = sign_in("martin@example.org")
    for path in (f"/portal/reports/{report}/", download, f"/portal/reports/{report}/images/"):
        assert martin.get(path).status_code == 404, path
    assert "CT head" not in martin.get("/portal/").text


def _hide_from_strangers(sign_in: SignIn, item: dict, report: int) -> None:
    stranger = sign_in("sol@example.org")
    study = item["study"]["study_instance_uid"]
    for path in (
        f"/api/worklist-items/{item['id']}/",
        f"/worklist/{item['id']}/peek/",
        f"/reading/{item['id']}/",
        f"/assignments/{item['id']}/explanation/",
        f"/dicom-web/studies/{study}/metadata",
        f"/dicom-web/studies/{study}",
        f"/api/reports/{report}/",
        f"/api/reports/{report}/versions/1/pdf/",
        f"/reports/{report}/versions/1/pdf/",
    ):
        assert stranger.get(path).status_code == 404, path
    assert stranger.get("/api/worklist-items/").json()["results"] == []


def _prove_audit(report: int) -> None:
    def missing() -> set[str]:
        with see_all():
            return STEPS - set(AuditEntry.objects.values_list("action", flat=True))

    # The study is complete only after its quiet time.
    wait_for(lambda: not missing(), seconds=20, what=f"audit of {missing()}")


def test_images_before_their_order_meet_it(
    installation: Installation, network: Network, sign_in: SignIn, tmp_path: Path
) -> None:
    write_study(tmp_path / "ct", head_ct(instances=1))
    dcmsend(installation.dimse, tmp_path / "ct")
    ada = sign_in("ada@example.org")
    item = item_of(ada)
    assert (item["order_id"], item["priority"]) == (None, "routine")
    send_message(installation.hl7, order_message())

    def met() -> bool:
        now = ada.get(f"/api/worklist-items/{item['id']}/").json()
        return now["order_id"] is not None and now["priority"] == "stat"

    wait_for(met, seconds=10, what="the order on the item")


def test_late_images_tell_the_reader_and_reopen_nothing(
    installation: Installation, network: Network, sign_in: SignIn, tmp_path: Path
) -> None:
    paths = write_study(tmp_path / "all", head_ct(instances=3))
    (tmp_path / "early").mkdir()
    for path in paths[:2]:
        path.rename(tmp_path / "early" / path.name)
    dcmsend(installation.dimse, tmp_path / "early")
    ada = sign_in("ada@example.org")
    item = item_of(ada)
    complete = lambda: ada.get(f"/api/worklist-items/{item['id']}/").json()["study"]["completed_at"]  # noqa: E731
    wait_for(complete, seconds=20, what="complete after the quiet time")
    ada.get(f"/reading/{item['id']}/")
    report = ada.get("/api/reports/", worklist_item=item["id"]).json()["results"][0]["id"]
    with live(installation, ada, f"/ws/reports/{report}/") as editor:
        time.sleep(0.5)
        dcmsend(installation.dimse, tmp_path / "all")
        deadline = time.monotonic() + 10
        notices: list[str] = []
        while "LateImagesArrived" not in notices:
            message = json.loads(editor.recv(timeout=max(0.1, deadline - time.monotonic())))
            notices.append(message.get("event", message["type"]))
    now = ada.get(f"/api/worklist-items/{item['id']}/").json()
    assert (now["status"], now["study"]["number_of_instances"]) == ("reading", 3)
