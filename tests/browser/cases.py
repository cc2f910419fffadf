"""Examinations that wait for Ada, put into the database without images: what the list and the editor need."""

from hospitals.models import User
from tests.browser_session import Session
from tests.flow.network import Network
from tests.story import PASSWORD, make_item, make_order, make_study
from worklist.models import WorklistItem


def case_for(reader: User, network: Network, *, laterality: str = "", **order: str) -> WorklistItem:
    placed = make_order(network.north, laterality=laterality, **order)
    study = make_study(network.north, placed.patient, accession_number=placed.accession_number)
    return make_item(network.north, study, placed, status="assigned", assigned_to=reader)


def report_of(session: Session, item: WorklistItem) -> dict:
    """Open the examination, which claims it, and return its report with its draft."""
    assert session.get(f"/reading/{item.pk}/").status_code == 200
    [report] = session.get("/api/reports/", worklist_item=item.pk).json()["results"]
    return session.get(f"/api/reports/{report['id']}/").json()


def sign_over_http(session: Session, item: WorklistItem) -> None:
    report = report_of(session, item)
    text = {
        "clinical_information": "Weakness.",
        "technique": "CT of the head.",
        "comparison": "None.",
        "findings": "No haemorrhage.",
        "impression": "No acute finding.",
    }
    saved = session.save_draft(report["id"], report["draft_version"], text)
    assert saved.status_code == 200, saved.text
    wish = {"base_version": saved.json()["version"], "acknowledged_checks": [], "password": PASSWORD}
    accepted = session.post(f"/api/reports/{report['id']}/sign/", wish)
    assert accepted.status_code == 202, accepted.text
