"""/api/nodes/, /api/rejected-associations/ and /api/quarantine/ as nobody, other hospital, missing right, right."""

import pytest
from rest_framework.test import APIClient

from pacs_core.access.errors import NotVisible
from pacs_core.archive.errors import InstanceRefused
from pacs_core.archive.models import QuarantinedInstance, ReceivedInstance
from pacs_core.archive.services.receive import receive_instance
from pacs_core.audit.models import AuditEntry
from pacs_core.network.models import Node
from pacs_core.network.nodes.services import change_node, count_rejected_association
from tests.pacs_core.archive.instances import index_all, make_dataset, receive, refused, spool
from tests.story import in_hospital, make_hospital, make_node, make_user, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def north():
    return make_hospital()


@pytest.fixture
def south():
    return make_hospital("SOUTH")


def client_of(user=None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture
def admin(north):
    return client_of(make_user("hospital_administrator", north))


@pytest.fixture
def foreign_admin(south):
    return client_of(make_user("hospital_administrator", south))


@pytest.fixture
def radiologist(north):
    return client_of(make_user("radiologist", north))


@pytest.fixture
def system_admin():
    return client_of(make_user("system_administrator"))


VALUES = {"hospital": "NORTH", "ae_title": "NORTH_CT", "host": "10.0.0.5", "port": 104, "may_find": True}


def test_administrator_adds_changes_and_removes_a_node_of_the_own_hospital(admin, north):
    answer = admin.post("/api/nodes/", VALUES, format="json")
    assert answer.status_code == 201, answer.json()
    assert answer.json()["may_store"] is True
    address = f"/api/nodes/{answer.json()['id']}/"
    assert admin.post("/api/nodes/", VALUES, format="json").status_code == 200
    assert admin.patch(address, {"is_paused": True, "port": 105}, format="json").json()["port"] == 105
    node = Node.objects.get()
    assert (node.hospital_id, node.is_paused, node.port, node.host) == (north.pk, True, 105, "10.0.0.5")
    assert [row["ae_title"] for row in admin.get("/api/nodes/").json()["results"]] == ["NORTH_CT"]
    assert admin.delete(address).status_code == 204
    assert not Node.objects.exists()


def test_who_saves_a_node_writes_only_what_that_person_changed(north):
    as_read = make_node(north, host="10.0.0.5", port=104)
    Node.objects.update(is_paused=True, last_error="It was rejected.")  # by others, meanwhile
    with in_hospital(north):
        change_node(node=as_read, host="10.0.0.5", port=105)
        change_node(node=as_read, port=105)
        entry = AuditEntry.objects.get(action="node.changed")
    node = Node.objects.get()
    assert (node.port, node.is_paused, node.last_error) == (105, True, "It was rejected.")
    assert entry.detail == {"fields": ["port"]}
    with in_hospital(north):
        Node.objects.all().delete()
        with pytest.raises(NotVisible):
            change_node(node=as_read, port=106)
    assert not Node.objects.exists()


def test_node_cannot_be_added_for_a_hospital_out_of_view(foreign_admin, north):
    assert foreign_admin.post("/api/nodes/", VALUES, format="json").status_code == 404
    assert foreign_admin.post("/api/nodes/", VALUES | {"hospital": "NOWHERE"}, format="json").status_code == 404
    assert not Node.objects.exists()


def test_node_cannot_move_to_another_hospital(system_admin, north, south):
    node = make_node(north)
    system_admin.patch(f"/api/nodes/{node.pk}/", {"hospital": "SOUTH"}, format="json")
    assert Node.objects.get().hospital_id == north.pk


@pytest.mark.parametrize("values", [{"port": 70000}, {"ae_title": "BACK\\SLASH"}, {"ae_title": "X" * 17}])
def test_wrong_value_is_answered_with_its_field(admin, values):
    answer = admin.post("/api/nodes/", VALUES | values, format="json")
    assert answer.status_code == 400
    assert next(iter(values)) in str(answer.json())
    assert not Node.objects.exists()


def test_ae_title_of_another_hospital_is_refused(admin, south):
    make_node(south, "SOUTH_CT")
    answer = admin.post("/api/nodes/", VALUES | {"ae_title": "SOUTH_CT"}, format="json")
    assert answer.status_code == 400
    assert "belongs to another hospital" in str(answer.json())


def test_ae_title_of_the_hospitals_own_other_node_is_told_from_another_hospitals(admin, north):
    make_node(north, "NORTH_CT")
    node = make_node(north, "NORTH_MR")
    answer = admin.patch(f"/api/nodes/{node.pk}/", {"ae_title": "NORTH_CT"}, format="json")
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        {"ae_title": ["Another node of this hospital has it."]},
    )
    node.refresh_from_db()
    assert node.ae_title == "NORTH_MR"


def test_node_by_principal(north, foreign_admin, radiologist, system_admin):
    address = f"/api/nodes/{make_node(north).pk}/"
    assert client_of().get(address).status_code == 401
    assert foreign_admin.get(address).status_code == 404
    assert foreign_admin.patch(address, {"is_paused": True}, format="json").status_code == 404
    assert foreign_admin.delete(address).status_code == 404
    assert radiologist.get(address).status_code == 403
    assert radiologist.delete(address).status_code == 403
    assert system_admin.get(address).status_code == 200
    assert Node.objects.get().is_paused is False


def test_rejections_are_shown_to_those_they_concern(north, admin, foreign_admin, radiologist, system_admin):
    make_node(north)
    key = {"called_ae_title": "MERIDIAN", "peer_address": "10.0.0.9"}
    count_rejected_association(calling_ae_title="NORTH_CT", reason="node_paused", hospital_id=north.pk, **key)
    for _ in range(2):
        count_rejected_association(
            calling_ae_title="STRANGER", reason="calling_ae_title_unknown", hospital_id=None, **key
        )
    titles = {
        name: [
            (row["calling_ae_title"], row["times"])
            for row in client.get("/api/rejected-associations/").json()["results"]
        ]
        for name, client in {"north": admin, "south": foreign_admin, "system": system_admin}.items()
    }
    assert titles == {"north": [("NORTH_CT", 1)], "south": [], "system": [("STRANGER", 2), ("NORTH_CT", 1)]}
    assert radiologist.get("/api/rejected-associations/").status_code == 403
    assert client_of().get("/api/rejected-associations/").status_code == 401


@pytest.fixture
def quarantined(north):
    receive(north)
    index_all(north)
    refused(north, WindowCenter=40)
    with see_all():
        return QuarantinedInstance.objects.get()


def test_quarantine_by_principal(quarantined, admin, foreign_admin, radiologist, system_admin):
    address = f"/api/quarantine/{quarantined.pk}/"
    assert client_of().get(address).status_code == 401
    assert foreign_admin.get(address).status_code == 404
    assert radiologist.get(address).status_code == 403
    assert system_admin.get(address).status_code == 200
    for verb in ("retry", "reject"):
        assert foreign_admin.post(f"{address}{verb}/").status_code == 404
        assert radiologist.post(f"{address}{verb}/").status_code == 403
    answer = admin.get(address).json()
    assert (answer["hospital"], answer["reason_code"], answer["resolution"]) == ("NORTH", "content_differs", "")
    assert "file_path" not in answer


def test_rejected_content_is_resolved_once_and_leaves_the_open_list(quarantined, admin):
    address = f"/api/quarantine/{quarantined.pk}/"
    assert len(admin.get("/api/quarantine/?open=1").json()["results"]) == 1
    assert admin.post(f"{address}reject/").json()["resolution"] == "rejected"
    assert admin.post(f"{address}reject/").status_code == 409
    assert admin.get("/api/quarantine/?open=1").json()["results"] == []
    assert len(admin.get("/api/quarantine/").json()["results"]) == 1


def test_retried_content_is_indexed_again(quarantined, admin, north):
    assert admin.post(f"/api/quarantine/{quarantined.pk}/retry/").json()["resolution"] == "retried"
    with see_all():
        assert ReceivedInstance.objects.filter(outcome="pending").count() == 1
    index_all(north)
    with see_all():
        assert QuarantinedInstance.objects.filter(resolved_at__isnull=True).count() == 1


def test_unreadable_content_cannot_be_retried_and_stays(admin, north):
    with in_hospital(north), pytest.raises(InstanceRefused):
        receive_instance(spool_path=spool(make_dataset(StudyInstanceUID="")), hospital_id=north.pk, source="stow")
    with see_all():
        pk = QuarantinedInstance.objects.get().pk
    answer = admin.post(f"/api/quarantine/{pk}/retry/")
    assert answer.status_code == 409
    assert "StudyInstanceUID missing" in answer.json()["detail"]
    with see_all():
        assert QuarantinedInstance.objects.get().resolved_at is None
