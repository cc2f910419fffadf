"""Some days of a small network in which readers could not always keep up, and its rota for the coming week."""

from datetime import UTC, datetime, time, timedelta

from hospitals.models import Shift, User
from routing_rules.demonstration_history import load_history
from routing_rules.demonstration_procedures import MAPPINGS, PROCEDURES
from routing_rules.models import Procedure
from tests.flow.network import Network
from tests.routing_rules.procedures.arrange import make_mapping
from tests.story import admit, make_radiologist, see_all

PER_DAY = 150
# Who is on shift from which hour (UTC) for how many; from 15 to 19 nobody is.
ROTA = {
    "Dr. Ada Roth": (6, 8),
    "Dr. David Lind": (7, 8),
    "Dr. Ines Faria": (9, 6),
    "Dr. Bruno Costa": (19, 11),
    "Dr. Clara Nowak": (8, 6),
}


def make_days_of_reading(network: Network, *, days: int, now: datetime) -> None:
    """Let the network read for the last `days` until `now`; every examination is signed, some of them late."""
    _readers(network, now)
    Procedure.objects.bulk_create(Procedure(**values) for values in PROCEDURES)
    codes = {entry.code: entry for entry in Procedure.objects.all()}
    for hospital, modality, code, description, catalogued in MAPPINGS:
        place = {"NORTH": network.north, "RIVER": network.south}.get(hospital)
        if place is not None:
            make_mapping(place, codes[catalogued], code=code, description=description.upper(), modality=modality)
    with see_all():
        load_history(days=days, per_day=PER_DAY, seed=4, now=now)


def _readers(network: Network, now: datetime) -> None:
    admit(network.ada, network.south)
    admit(network.body_reader, network.south)
    readers = {network.ada.name: network.ada, network.body_reader.name: network.body_reader}
    for name, subspecialties in (
        ("Dr. Ines Faria", ("chest", "body")),
        ("Dr. Bruno Costa", ("neuro", "body", "chest", "musculoskeletal")),
        ("Dr. Clara Nowak", ("musculoskeletal", "breast")),
    ):
        readers[name] = make_radiologist(
            network.north, network.south, name=name, subspecialties=subspecialties, on_shift=False
        )
    Shift.objects.all().delete()
    Shift.objects.bulk_create(_shifts(readers, now))


def _shifts(readers: dict[str, User], now: datetime) -> list[Shift]:
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return [
        Shift(radiologist=readers[name], starts_at=begins, ends_at=begins + timedelta(hours=hours))
        for name, (hour, hours) in ROTA.items()
        for day in range(-1, 9)
        for begins in (today + timedelta(days=day, hours=hour),)
    ]
