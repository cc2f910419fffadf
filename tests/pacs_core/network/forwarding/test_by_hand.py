"""A coordinator or administrator sends a study to a node, sees what was given up, and sends it again."""

from typing import Any

import pytest
from django.test import Client

from hospitals.models import Hospital
from pacs_core.network.availability.models import AvailabilityNotice
from pacs_core.network.commitment.models import CommitmentRequest
from pacs_core.network.forwarding.models import ForwardingJob
from tests.story import in_hospital, make_hospital, make_item, make_node, make_study, make_user, see_all

pytestmark = pytest.mark.django_db
ADDRESS = "/api/forwarding-jobs/"


@pytest.fixture
def north() -> Hospital:
    hospital = make_hospital()
    make_node(hospital, "NORTH_PACS", host="10.0.0.5", port=104)
    return hospital


def coordinator(hospital: Hospital) -> Client:
    browser = Client()
    browser.force_login(make_user("coordinator", hospital, name="Cora Lane"))
    return browser


def send(browser: Client, uid: str, ae_title: str = "NORTH_PACS") -> Any:
    body = {"study_instance_uid": uid, "ae_title": ae_title}
    return browser.post(ADDRESS, body, content_type="application/json")


def test_a_study_is_sent_once_and_begun_anew_when_it_was_given_up(north: Hospital) -> None:
    study, browser = make_study(north), coordinator(north)
    answer = send(browser, study.study_instance_uid)
    assert (answer.status_code, answer.json()["asked_by"]) == (201, "Cora Lane")
    again = send(browser, study.study_instance_uid)
    assert (again.status_code, "being sent them" in again.json()["detail"]) == (409, True)
    with in_hospital(north):
        ForwardingJob.objects.update(status="failed", attempts=8, last_error="NORTH_PACS did not answer.")
    assert [job["last_error"] for job in browser.get(f"{ADDRESS}?status=failed").json()["results"]] == [
        "NORTH_PACS did not answer."
    ]
    assert send(browser, study.study_instance_uid).json()["status"] == "waiting"
    with in_hospital(north):
        assert ForwardingJob.objects.get().attempts == 0


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({}, "No node has"),
        ({"is_paused": True, "host": "h", "port": 1}, "is paused"),
        ({"host": ""}, "no host and port"),
    ],
)
def test_a_node_that_cannot_get_it_is_named(north: Hospital, node: dict[str, Any], words: str) -> None:
    if node:
        make_node(north, "OTHER", **node)
    answer = send(coordinator(north), make_study(north).study_instance_uid, "OTHER")
    assert answer.status_code == 400
    assert words in answer.json()["errors"]["ae_title"][0]
    with see_all():
        assert not ForwardingJob.objects.exists()


def test_another_hospitals_study_and_node_are_not_there(north: Hospital) -> None:
    south = make_hospital("SOUTH")
    make_node(south, "SOUTH_PACS", host="10.0.0.6", port=104)
    browser = coordinator(north)
    assert send(browser, make_study(south).study_instance_uid).status_code == 404
    refused = send(browser, make_study(north).study_instance_uid, "SOUTH_PACS")
    assert refused.status_code == 400
    with see_all():
        assert not ForwardingJob.objects.exists()


def test_the_worklist_offers_the_nodes_that_may_have_the_study(north: Hospital) -> None:
    make_node(make_hospital("SOUTH"), "SOUTH_PACS", host="10.0.0.6", port=104)
    make_node(north, "NORTH_CT")
    make_node(north, "CLOUD", dicomweb_url="https://pacs.example/dicom-web")
    item, browser = make_item(north), coordinator(north)
    page = browser.get(f"/worklist/{item.pk}/peek/").content.decode()
    offered = [name for name in ("CLOUD", "NORTH_CT", "NORTH_PACS", "SOUTH_PACS") if f'value="{name}"' in page]
    assert offered == ["CLOUD", "NORTH_PACS"]
    for _ in range(2):
        assert browser.post(f"/worklist/{item.pk}/send/", {"ae_title": "CLOUD"}).status_code == 302
    with in_hospital(north):
        assert ForwardingJob.objects.get().ae_title == "CLOUD"


def test_what_was_given_up_is_on_the_health_page_and_sent_again(north: Hospital) -> None:
    study, browser = make_study(north), Client()
    browser.force_login(make_user("hospital_administrator", north))
    given_up = {"status": "failed", "last_error": "NORTH_PACS refused it."}
    with in_hospital(north):
        request = CommitmentRequest.objects.create(
            hospital=north,
            ae_title="NORTH_PACS",
            transaction_uid="2.25.1",
            references=[["1.2", "2.25.2"]] * 3,
            **given_up,
        )
        notice = AvailabilityNotice.objects.create(
            hospital=north, study=study, ae_title="NORTH_PACS", content_version=1, **given_up
        )
    health = browser.get("/administration/").content.decode()
    assert health.count("NORTH_PACS refused it.") == 2
    for page, model, job in (
        ("commitments", CommitmentRequest, request),
        ("availability", AvailabilityNotice, notice),
    ):
        assert "NORTH_PACS refused it." in browser.get(f"/administration/{page}/?state=failed").content.decode()
        assert browser.post(f"/administration/{page}/{job.pk}/retry/").status_code == 302
        with in_hospital(north):
            assert model.objects.values_list("status", "attempts").get() == ("waiting", 0)
    listed = browser.get("/api/commitment-requests/").json()["results"]
    assert [(one["number_of_instances"], one["number_not_committed"], one["status"]) for one in listed] == [
        (3, 0, "waiting")
    ]
