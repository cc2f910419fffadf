"""What AI services report: kept once, the later word wins, whatever order it comes in."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hospitals.models import User
from pacs_core.archive.models import Study
from pacs_core.events.models import Event
from tests.story import as_user, in_hospital, make_hospital, make_item, make_radiologist, make_study, make_user
from worklist.models import AiFinding, WorklistItem
from worklist.selectors.ai_findings import ai_findings_of, findings_shown, visible_findings
from worklist.services.ai_findings import record_ai_finding

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def report(study: Study, **values: Any) -> bool:
    wanted = {
        "service": "BleedNet",
        "code": "intracranial_haemorrhage",
        "label": "Intracranial haemorrhage",
        "confidence": 0.93,
        "found_at": NOW,
    }
    with in_hospital(study.hospital):
        return record_ai_finding(study=study, **(wanted | values))[1]


def test_a_finding_is_a_fact_of_its_study_and_announced() -> None:
    hospital = make_hospital()
    item = make_item(hospital)
    assert report(item.study) is True
    with in_hospital(hospital):
        other = make_study(hospital)
        assert ai_findings_of([item.study_id, other.pk]) == {item.study_id: ("intracranial_haemorrhage",)}
        event = Event.objects.get(name="WorklistItemChanged")
        assert (event.payload["action"], event.payload["worklist_item_id"]) == ("ai_finding", item.pk)
        assert WorklistItem.objects.get().version == 2


def test_the_same_message_again_is_no_news() -> None:
    item = make_item(make_hospital())
    assert [report(item.study), report(item.study)] == [True, False]
    with in_hospital(item.hospital):
        assert Event.objects.filter(name="WorklistItemChanged").count() == 1


def test_the_later_word_wins_in_whatever_order() -> None:
    study = make_study(make_hospital())
    report(study, confidence=0.2, found_at=NOW + timedelta(minutes=1))
    assert report(study, confidence=0.9, found_at=NOW) is False
    with in_hospital(study.hospital):
        assert AiFinding.objects.get().confidence == 0.2


def test_a_withdrawn_finding_is_no_fact_any_more() -> None:
    study = make_study(make_hospital())
    report(study)
    assert report(study, is_withdrawn=True, found_at=NOW + timedelta(minutes=1)) is True
    with in_hospital(study.hospital):
        assert ai_findings_of([study.pk]) == {}
        assert findings_shown(study.pk) == []


def test_two_services_may_find_the_same() -> None:
    study = make_study(make_hospital())
    report(study)
    report(study, service="NeuroEye", confidence=None)
    with in_hospital(study.hospital):
        assert ai_findings_of([study.pk]) == {study.pk: ("intracranial_haemorrhage",)}
        assert [finding.service for finding in findings_shown(study.pk)] == ["BleedNet", "NeuroEye"]


def test_findings_of_another_hospital_are_not_seen() -> None:
    study, stranger = make_study(make_hospital()), make_user("coordinator", make_hospital("SOUTH"))
    report(study)
    with as_user(stranger):
        assert ai_findings_of([study.pk]) == {}
        assert list(visible_findings()) == []


def post(user: User, **body: Any) -> Any:
    browser = Client()
    browser.force_login(user)
    values = {
        "service": "BleedNet",
        "code": "intracranial_haemorrhage",
        "label": "Intracranial haemorrhage",
        "confidence": 0.93,
        "at": NOW.isoformat(),
    }
    return browser.post("/api/ai-findings/", values | body, content_type="application/json")


def test_a_service_reports_by_study_uid_or_accession_number() -> None:
    hospital = make_hospital()
    study, administrator = make_study(hospital), make_user("hospital_administrator", hospital)
    assert post(administrator, study_instance_uid=study.study_instance_uid).status_code == 201
    number = {"accession_number": study.accession_number, "issuer_of_accession_number": hospital.code}
    again = post(administrator, **number)
    assert (again.status_code, again.json()["confidence"]) == (200, 0.93)
    assert post(administrator, code="midline_shift", confidence=None, **number).status_code == 201
    assert post(administrator).status_code == 400
    assert post(administrator, study_instance_uid=study.study_instance_uid, confidence=1.5).status_code == 400


def test_an_accession_number_of_several_studies_is_refused_with_a_hint() -> None:
    hospital = make_hospital()
    for _ in range(2):
        make_study(hospital, accession_number="A1")
    administrator = make_user("hospital_administrator", hospital)
    answer = post(administrator, accession_number="A1", issuer_of_accession_number=hospital.code)
    assert answer.status_code == 400
    assert "study_instance_uid" in str(answer.json())


def test_a_service_of_another_hospital_reaches_no_study() -> None:
    study = make_study(make_hospital())
    stranger = make_user("hospital_administrator", make_hospital("SOUTH"))
    assert post(stranger, study_instance_uid=study.study_instance_uid).status_code == 404
    with in_hospital(study.hospital):
        assert not AiFinding.objects.exists()


def test_a_finding_is_shown_as_a_hint_in_the_panel() -> None:
    hospital = make_hospital()
    item, reader = make_item(hospital), make_radiologist(hospital)
    report(item.study)
    browser = Client()
    browser.force_login(reader)
    panel = browser.get(f"/worklist/{item.pk}/peek/").content.decode()
    assert "AI: Intracranial haemorrhage (0.93, BleedNet), not a diagnosis" in panel
    page = browser.get(f"/reading/{item.pk}/").content.decode()
    assert "AI: Intracranial haemorrhage (0.93, BleedNet), not a diagnosis" in page
