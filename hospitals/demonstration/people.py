"""The demonstration's people. Their password is public: a production start refuses accounts marked so."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from hospitals.models import User

PASSWORD = "meridian-demonstration"
EVERYWHERE = ("NORTH", "HARBOUR", "RIVER", "HILL")


@dataclass(frozen=True)
class DemonstrationPerson:
    """A person; `shift` is morning, evening or night (radiologists), `identifier` what orders name (referrers)."""

    email: str
    name: str
    role: str
    hospitals: tuple[str, ...]
    subspecialties: tuple[str, ...] = ()
    shift: str = ""
    identifier: str = ""
    is_resident: bool = False

    @property
    def time_zone(self) -> str:
        return "Europe/Lisbon" if set(self.hospitals) <= {"RIVER", "HILL"} else "Europe/Berlin"


def _radiologist(
    account: str, name: str, subspecialties: str, shift: str, hospitals: tuple[str, ...] = EVERYWHERE
) -> DemonstrationPerson:
    return DemonstrationPerson(
        f"{account}@meridian.example", name, "radiologist", hospitals, tuple(subspecialties.split()), shift
    )


RADIOLOGISTS = (
    _radiologist("ada.roth", "Dr. Ada Roth", "neuro", "morning"),
    _radiologist("bruno.costa", "Dr. Bruno Costa", "neuro chest", "evening"),
    _radiologist("clara.nowak", "Dr. Clara Nowak", "neuro body chest musculoskeletal", "night"),
    _radiologist("david.lind", "Dr. David Lind", "body nuclear", "morning"),
    _radiologist("elena.ferro", "Dr. Elena Ferro", "body nuclear", "evening"),
    _radiologist("farid.amin", "Dr. Farid Amin", "musculoskeletal paediatric", "morning"),
    _radiologist("greta.holm", "Dr. Greta Holm", "musculoskeletal body paediatric", "evening"),
    _radiologist("henry.oduya", "Dr. Henry Oduya", "chest breast", "morning"),
    _radiologist("ines.duarte", "Dr. Inês Duarte", "breast", "morning", ("RIVER", "HILL")),
    _radiologist("jonas.weber", "Dr. Jonas Weber", "breast chest", "evening"),
    _radiologist("keiko.mori", "Dr. Keiko Mori", "paediatric", "morning", ("NORTH", "HARBOUR")),
    _radiologist("luis.prado", "Dr. Luis Prado", "paediatric musculoskeletal", "evening", ("NORTH", "HARBOUR")),
    _radiologist("mara.stein", "Dr. Mara Stein", "nuclear", "morning", ("RIVER",)),
    _radiologist("nils.berg", "Dr. Nils Berg", "body chest paediatric musculoskeletal breast nuclear", "night"),
)

# They read first what the rules want read by two tiers, and never sign; attendings read it alone while none is there.
RESIDENTS = (
    replace(_radiologist("rita.young", "Dr. Rita Young", "musculoskeletal body", "morning"), is_resident=True),
    replace(_radiologist("samir.haddad", "Dr. Samir Haddad", "musculoskeletal body", "evening"), is_resident=True),
)
READERS = (*RADIOLOGISTS, *RESIDENTS)

COORDINATORS = (
    DemonstrationPerson("olga.hansen@meridian.example", "Olga Hansen", "coordinator", EVERYWHERE),
    DemonstrationPerson("paulo.reis@meridian.example", "Paulo Reis", "coordinator", ("RIVER", "HILL")),
)


def _referrer(account: str, name: str, hospital: str, identifier: str) -> DemonstrationPerson:
    return DemonstrationPerson(
        f"{account}@{hospital.lower()}.example", name, "referring_physician", (hospital,), identifier=identifier
    )


REFERRERS = (
    _referrer("anna.keller", "Dr. Anna Keller", "NORTH", "N1001"),
    _referrer("martin.vogt", "Dr. Martin Vogt", "NORTH", "N1002"),
    _referrer("sofie.brandt", "Dr. Sofie Brandt", "HARBOUR", "H2001"),
    _referrer("rui.gomes", "Dr. Rui Gomes", "RIVER", "R3001"),
    _referrer("teresa.alves", "Dr. Teresa Alves", "RIVER", "R3002"),
    _referrer("carlos.pinto", "Dr. Carlos Pinto", "HILL", "L4001"),
)

ADMINISTRATORS = (
    DemonstrationPerson("admin@north.example", "Nora Admin", "hospital_administrator", ("NORTH",)),
    DemonstrationPerson("admin@meridian.example", "Sam Admin", "system_administrator", ()),
)

PEOPLE = (*READERS, *COORDINATORS, *REFERRERS, *ADMINISTRATORS)

MAY = {
    "radiologist": "reads and signs: worklist, viewer, report editor",
    "resident": "reads joints first, for an attending to sign; keeps what was changed under First readings",
    "coordinator": "sees load and lateness, assigns, reads the rules",
    "referring_physician": "own patients' signed reports and images, on a phone too",
    "hospital_administrator": "the own hospital's nodes, people, quarantine and audit trail",
    "system_administrator": "everything of the network: hospitals, nodes, people, rejected senders, audit trail",
}


# Whose turn it is by the local hour; shifts overlap by an hour, and the one that began last is shown.
_SHOWN_SHIFT = ((22, "night"), (14, "evening"), (6, "morning"), (0, "night"))


def logins(at: datetime | None = None) -> list[dict[str, str]]:
    """One login of each role for the start screen and the sign-in page, in the order of a study's way.

    The two readers, neuro first, are on shift at `at` (aware; now without it), so that new studies wait for them; so is
    the resident, but at night.
    """
    hour = (at or timezone.now()).astimezone(ZoneInfo("Europe/Berlin")).hour
    shift = next(name for begins, name in _SHOWN_SHIFT if hour >= begins)
    neuro = _reader_on_shift(shift, "neuro")
    readers = (neuro, _reader_on_shift(shift, "body", other_than=neuro))
    resident = next((person for person in RESIDENTS if person.shift == shift), RESIDENTS[0])
    shown = (*readers, resident, COORDINATORS[0], REFERRERS[0], *ADMINISTRATORS)
    return [
        {
            "name": person.name,
            "email": person.email,
            "role": User.Role(person.role).label,
            "password": PASSWORD,
            "may": MAY["resident" if person.is_resident else person.role],
        }
        for person in shown
    ]


def _reader_on_shift(
    shift: str, subspecialty: str, other_than: DemonstrationPerson | None = None
) -> DemonstrationPerson:
    return next(
        person
        for person in RADIOLOGISTS
        if person.shift == shift
        and subspecialty in person.subspecialties
        and person.hospitals == EVERYWHERE
        and person != other_than
    )
