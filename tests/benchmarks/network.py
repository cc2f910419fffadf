"""A network of any size in the database, made in bulk."""

import os
import random
from datetime import date, timedelta

from django.utils import timezone

from hospitals.models import Credential, Hospital, Membership, RadiologistProfile, ReadingPrivilege, Shift, User
from pacs_core.archive.models import Patient, Study
from routing_rules.demonstration import RULES
from routing_rules.services.rule_sets import publish_rule_set
from tests.story import make_hospital, see_all
from worklist.models import WorklistItem

# How many times the items and readers of the small network the large one has; docs/benchmarks.md was written with 10.
TIMES_AS_LARGE = int(os.environ.get("BENCHMARK_TIMES", "3"))
SMALL = {"items": 500, "readers": 40}
LARGE = {name: count * TIMES_AS_LARGE for name, count in SMALL.items()}
EXAMINATIONS = (("CT", "HEAD"), ("CT", "CHEST"), ("MR", "KNEE"), ("CT", "ABDOMEN"), ("CR", "CHEST"), ("MG", "BREAST"))
SUBSPECIALTIES = ("neuro", "body", "musculoskeletal", "chest", "breast", "paediatric", "nuclear")
LEVELS = {"stat": 30, "urgent": 120, "routine": 1440}


def make_big_network(*, items: int, readers: int, hospitals: int = 8, seed: int = 1) -> list[Hospital]:
    """Make hospitals, readers on shift and waiting items; every reader may read at half of the hospitals."""
    chance = random.Random(seed)
    places = [make_hospital(f"H{number:03}") for number in range(hospitals)]
    with see_all():
        publish_rule_set(rules=RULES)
        _readers(places, readers, chance)
        add_items(places, items, chance)
    return places


def _readers(places: list[Hospital], count: int, chance: random.Random) -> None:
    now = timezone.now()
    users = User.objects.bulk_create(
        User(email=f"reader{number}@example.org", name=f"Dr. Reader {number}", role="radiologist", password="!")
        for number in range(count)
    )
    RadiologistProfile.objects.bulk_create(
        RadiologistProfile(user=user, subspecialties=chance.sample(SUBSPECIALTIES, 3), maximum_open_items=40)
        for user in users
    )
    pairs = [(user, place) for user in users for place in chance.sample(places, max(1, len(places) // 2))]
    Membership.objects.bulk_create(Membership(user=user, hospital=place) for user, place in pairs)
    Credential.objects.bulk_create(Credential(radiologist=user, hospital=place) for user, place in pairs)
    ReadingPrivilege.objects.bulk_create(ReadingPrivilege(radiologist=user, hospital=place) for user, place in pairs)
    Shift.objects.bulk_create(
        Shift(radiologist=user, starts_at=now - timedelta(hours=2), ends_at=now + timedelta(hours=6)) for user in users
    )


def add_past(places: list[Hospital], readers: list[User], count: int, *, days: int, seed: int = 2) -> None:
    """Add what was signed in the last days: what arrivals and shares are counted from."""
    chance, now = random.Random(seed), timezone.now()
    with see_all():
        past = add_items(places, count, chance)
        for item in past:
            item.opened_at = now - timedelta(hours=1) - chance.random() * timedelta(days=days)
            item.signed_at = item.opened_at + timedelta(minutes=30)
            item.status, item.claimed_by = "signed", chance.choice(readers)
        WorklistItem.objects.bulk_update(past, ["opened_at", "signed_at", "status", "claimed_by"], batch_size=1000)


def hand_out(readers: list[User], *, unassigned_share: float = 0.1, seed: int = 3) -> None:
    """Put what waits on the lists of readers who may read it, all but a share; each reader reads one."""
    chance, now = random.Random(seed), timezone.now()
    with see_all():
        lists: dict[int, int] = {reader.pk: 0 for reader in readers}
        at_place: dict[int, list[int]] = {}
        for user_id, place_id in Membership.objects.filter(user__in=readers).values_list("user_id", "hospital_id"):
            at_place.setdefault(place_id, []).append(user_id)
        items = list(WorklistItem.objects.filter(status="unassigned").order_by("priority_rank", "deadline_at"))
        for item in items:
            if chance.random() < unassigned_share:
                continue
            reader_id = min(chance.sample(at_place[item.hospital_id], 4), key=lists.__getitem__)
            lists[reader_id] += 1
            item.assigned_to_id, item.status, item.place = reader_id, "assigned", lists[reader_id]
            if item.place == 1:
                item.claimed_by_id, item.status, item.place = reader_id, "reading", None
                item.claimed_at = now - timedelta(minutes=chance.uniform(0, 8))
        columns = ["assigned_to", "status", "place", "claimed_by", "claimed_at"]
        WorklistItem.objects.bulk_update(items, columns, batch_size=1000)


def add_items(places: list[Hospital], count: int, chance: random.Random) -> list[WorklistItem]:
    """Add waiting items of mixed examinations and priorities."""
    now, known = timezone.now(), Study.objects.count()
    where = [chance.choice(places) for _ in range(count)]
    patients = Patient.objects.bulk_create(
        Patient(
            hospital=place,
            patient_id=f"P{known + number:07}",
            issuer_of_patient_id=place.code,
            name=f"DOE^JANE{known + number}",
            birth_date=date(1950 + number % 60, 1, 2),
            sex="F",
        )
        for number, place in enumerate(where)
    )
    kinds = [chance.choice(EXAMINATIONS) for _ in range(count)]
    studies = Study.objects.bulk_create(
        Study(
            hospital=patient.hospital,
            patient=patient,
            study_instance_uid=f"2.25.9{known + number}",
            study_at=now,
            description=f"{modality} {body_part}".lower(),
            modalities=[modality],
            body_part=body_part,
            number_of_series=1,
            number_of_instances=100,
        )
        for number, (patient, (modality, body_part)) in enumerate(zip(patients, kinds, strict=True))
    )
    made = []
    for study in studies:
        priority = chance.choices(tuple(LEVELS), (1, 3, 10))[0]
        study.priority = priority
        used = chance.random() * 0.5
        deadline = now + timedelta(minutes=LEVELS[priority] * (1 - used))
        made.append(
            WorklistItem(
                hospital_id=study.hospital_id,
                study=study,
                priority=priority,
                priority_rank=list(LEVELS).index(priority),
                service_level_minutes=LEVELS[priority],
                deadline_at=deadline,
                opened_at=now,
            )
        )
    Study.objects.bulk_update(studies, ["priority"])
    return WorklistItem.objects.bulk_create(made)
