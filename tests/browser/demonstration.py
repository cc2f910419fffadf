"""The demonstration network on a running installation, in the middle of its day: cases read, late and signed."""

import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from hospitals.demonstration.people import PASSWORD
from pacs_core.archive.models import Study
from tests.browser_session import Session
from tests.installation import Installation, wait_for
from tests.servers import PROJECT
from tests.story import see_all
from worklist.models import WorklistItem

REFERRER = "anna.keller@north.example"
COORDINATOR = "olga.hansen@meridian.example"
HOSPITAL_ADMINISTRATOR, SYSTEM_ADMINISTRATOR = "admin@north.example", "admin@meridian.example"
STROKE = "Sudden right-sided weakness"

# Beginning of the clinical information of a case of Dr. Keller's: what its reader writes.
REPORTS = {
    "Right upper quadrant pain": {
        "technique": "Ultrasound of the upper abdomen, transabdominal.",
        "comparison": "None available.",
        "findings": "Gallbladder with several mobile, shadowing stones up to 9 mm. Wall 2 mm, "
        "no pericholecystic fluid, no tenderness under the probe. Common bile duct 4 mm.\n"
        "Liver of normal size and echo texture.",
        "impression": "Gallstones without sign of cholecystitis. Bile ducts not dilated.",
    },
    "Cough and fever for a week": {
        "technique": "Chest, two views.",
        "comparison": "Chest radiograph of last year.",
        "findings": "New consolidation in the lower lobe, with air bronchogram. No pleural effusion. "
        "Heart of normal size.",
        "impression": "Lower lobe pneumonia. Follow-up radiograph in six weeks recommended.",
    },
    "Right lower quadrant pain": {
        "technique": "CT of abdomen and pelvis, portal venous phase after 90 ml of contrast medium.",
        "comparison": "None available.",
        "findings": "Appendix thickened to 11 mm with mural enhancement and stranding of the fat around it. "
        "No abscess, no free air. Other organs without acute abnormality.",
        "impression": "Acute appendicitis without perforation or abscess.",
    },
}
UNFINISHED = {
    "technique": "CT of the head without contrast.",
    "comparison": "CT head of two years ago.",
    "findings": "No intracranial haemorrhage. Early loss of grey-white differentiation in the insular ribbon.",
}


def load_demonstration(installation: Installation) -> None:
    """Load the people, send the studies through the nodes, and let the day begin."""
    for command in ("load_demonstration_network", "send_demonstration_studies"):
        run = subprocess.run(
            [sys.executable, "manage.py", command],
            cwd=PROJECT,
            env=installation.environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert run.returncode == 0, (run.stdout + run.stderr)[-600:] + installation.tail()
    wait_for(_is_settled, seconds=60, what="every order with its images and its decision")
    _spread_over_the_morning()
    for story, text in REPORTS.items():
        _sign(installation, story, text)
    with closing(session_of_reader(installation, STROKE).client) as client:
        assert client.get(f"/reading/{case(STROKE).pk}/").status_code == 200
    wait_for(lambda: _count(status="signed") == len(REPORTS), seconds=60, what="signed reports")


def case(story: str) -> WorklistItem:
    """Return the case whose order tells this story."""
    with see_all():
        found = WorklistItem.objects.select_related("assigned_to", "claimed_by", "study", "order")
        return found.get(order__clinical_information__startswith=story)


def reader_of(story: str) -> str:
    item = case(story)
    reader = item.claimed_by or item.assigned_to
    assert reader is not None, story
    return reader.email


def session_of_reader(installation: Installation, story: str) -> Session:
    """Sign in as the case's reader and open it; the plan may give it to another until it is opened."""
    for _ in range(20):
        session = Session(installation.url, reader_of(story), PASSWORD)
        session.get(f"/reading/{case(story).pk}/")
        if case(story).status in ("reading", "signed"):
            return session
        session.client.close()
        time.sleep(0.5)
    raise AssertionError(f"Nobody could open the case {story!r}.")


def save_text(session: Session, item: WorklistItem, text: dict[str, str]) -> tuple[int, int]:
    """Open the case and save the text; return the report's number and the draft's."""
    assert session.get(f"/reading/{item.pk}/").status_code == 200
    [report] = session.get("/api/reports/", worklist_item=item.pk).json()["results"]
    draft = session.get(f"/api/reports/{report['id']}/").json()
    saved = session.save_draft(report["id"], draft["draft_version"], draft["sections"] | text)
    assert saved.status_code == 200, saved.text
    return report["id"], saved.json()["version"]


def _sign(installation: Installation, story: str, text: dict[str, str]) -> None:
    session = session_of_reader(installation, story)
    with closing(session.client):
        report, version = save_text(session, case(story), text)
        checks = session.get(f"/api/reports/{report}/").json()["checks"]
        wish = {
            "base_version": version,
            "acknowledged_checks": [check["key"] for check in checks],
            "password": PASSWORD,
        }
        accepted = session.post(f"/api/reports/{report}/sign/", wish)
        assert accepted.status_code == 202, accepted.text


def _count(**conditions: object) -> int:
    with see_all():
        return WorklistItem.objects.filter(**conditions).count()


def _is_settled() -> bool:
    with see_all():
        items = WorklistItem.objects.all()
        return (
            items.filter(order__isnull=False, assigned_to__isnull=False).count() >= 15
            and not items.filter(study__completed_at=None).exists()
        )


def _spread_over_the_morning() -> None:
    """Move arrivals apart, as a day would have: the newest came minutes ago, two are close to or past their time."""
    with see_all():
        for position, item in enumerate(WorklistItem.objects.select_related("study").order_by("-pk")):
            age = timedelta(minutes=4 + 7 * position)
            Study.objects.filter(pk=item.study_id).update(first_received_at=timezone.now() - age)
            if item.priority != "stat":
                WorklistItem.objects.filter(pk=item.pk).update(deadline_at=F("deadline_at") - age)
        urgent = WorklistItem.objects.filter(priority="urgent", order__isnull=False).order_by("pk")[:1]
        WorklistItem.objects.filter(pk__in=urgent).update(deadline_at=timezone.now() - timedelta(minutes=6))
