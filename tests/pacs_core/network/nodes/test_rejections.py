"""Rejected associations are counted in one row and are news once a minute."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pacs_core.events.models import Event
from pacs_core.network.dimse.admission import REJECTIONS
from pacs_core.network.models import RejectedAssociation
from pacs_core.network.nodes import services
from pacs_core.network.nodes.reasons import words_of_reason
from pacs_core.network.nodes.services import count_rejected_association
from tests.story import make_hospital, see_all

pytestmark = pytest.mark.django_db


def reject(title: str = "STRANGER", hospital_id: int | None = None) -> RejectedAssociation:
    return count_rejected_association(
        calling_ae_title=title,
        called_ae_title="MERIDIAN",
        peer_address="10.0.0.9",
        reason="calling_ae_title_unknown",
        hospital_id=hospital_id,
    )


def number_of_events() -> int:
    with see_all():
        return Event.objects.filter(name="AssociationRejected").count()


def test_repeated_rejection_is_counted_and_told_once():
    make_hospital()
    for _ in range(5):
        reject()
    assert RejectedAssociation.objects.get().times == 5
    assert number_of_events() == 1


def test_rejection_after_a_silent_minute_is_told_again():
    make_hospital()
    reject()
    RejectedAssociation.objects.update(last_at=timezone.now() - timedelta(seconds=61))
    reject()
    assert RejectedAssociation.objects.get().times == 2
    assert number_of_events() == 2


def test_rejection_of_a_node_is_told_to_its_hospital():
    north = make_hospital()
    reject(hospital_id=north.pk)
    with see_all():
        assert Event.objects.get(name="AssociationRejected").hospital_id == north.pk


def test_oldest_rejections_are_forgotten(monkeypatch):
    monkeypatch.setattr(services, "REJECTIONS_KEPT", 3)
    for number in range(6):
        reject(f"STRANGER{number}")
    kept = RejectedAssociation.objects.order_by("pk").values_list("calling_ae_title", flat=True)
    assert list(kept) == ["STRANGER3", "STRANGER4", "STRANGER5"]


@pytest.mark.parametrize("reason", sorted(REJECTIONS))
def test_each_reason_is_said_in_words(reason):
    made_up = reason.replace("_", " ").capitalize() + "."
    assert words_of_reason(reason) != made_up
