"""What each role finds in the top bar and in the command palette."""

from typing import NamedTuple

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()


class Place(NamedTuple):
    """A page of the product: its words, its address, its icon."""

    label: Promise
    url: str
    icon: str


class PageGroup(NamedTuple):
    """Pages that stand together under a heading."""

    heading: Promise
    pages: tuple[Place, ...]


_WORKLIST = Place(_("Worklist"), "/worklist/", "list")
_FIRST_READINGS = Place(_("First readings"), "/first-readings/", "report")
_COORDINATION = Place(_("Coordination"), "/coordination/", "board")
_MY_SHIFTS = Place(_("My shifts"), "/my-shifts/", "history")
_ROTA = Place(_("Rota"), "/coordination/rota/", "history")
_PORTAL = Place(_("Reports"), "/portal/", "report")
_PATIENTS = Place(_("Patients"), "/patients/", "person")
_ADMINISTRATION = Place(_("Administration"), "/administration/", "health")
_CONFLICTS = Place(_("Conflicts"), "/administration/conflicts/", "conflict")
_REJECTED_IMAGES = Place(_("Rejected images"), "/administration/rejection-notes/", "hidden")
_TOP_BAR = {
    "radiologist": (_WORKLIST, _FIRST_READINGS, _MY_SHIFTS),
    "coordinator": (_COORDINATION, _WORKLIST, _PATIENTS),
    "referring_physician": (_PORTAL,),
    "hospital_administrator": (_ADMINISTRATION, _PATIENTS),
    "system_administrator": (_ADMINISTRATION, _PATIENTS),
}
_ADMINISTRATION_PAGES = (
    PageGroup(
        _("Installation"),
        (
            Place(_("Health"), "/administration/", "health"),
            Place(_("Hospitals"), "/administration/hospitals/", "hospital"),
            Place(_("People"), "/administration/people/", "people"),
            Place(_("Audit"), "/administration/audit/", "audit"),
        ),
    ),
    PageGroup(
        _("Coming in"),
        (
            Place(_("Nodes"), "/administration/nodes/", "node"),
            Place(_("HL7 sources"), "/administration/hl7-sources/", "order"),
            Place(_("Rejected associations"), "/administration/rejected-associations/", "rejected"),
            Place(_("Quarantine"), "/administration/quarantine/", "quarantine"),
            _CONFLICTS,
        ),
    ),
    PageGroup(
        _("Archive"),
        (
            _REJECTED_IMAGES,
            Place(_("Damaged files"), "/administration/damaged-files/", "damaged"),
            Place(_("Retention rules"), "/administration/retention-rules/", "history"),
            Place(_("Legal holds"), "/administration/legal-holds/", "lock"),
            Place(_("Deletions"), "/administration/image-deletions/", "deletion"),
        ),
    ),
    PageGroup(
        _("Going out"),
        (
            Place(_("Forwarding"), "/administration/forwarding/", "send"),
            Place(_("Commitments"), "/administration/commitments/", "commitment"),
            Place(_("Availability"), "/administration/availability/", "announcement"),
            Place(_("Research copies"), "/administration/research/", "images"),
        ),
    ),
)
_OF_COORDINATORS = PageGroup(_("Archive"), (_CONFLICTS, _REJECTED_IMAGES))
_ADMINISTRATORS = ("hospital_administrator", "system_administrator")


@register.simple_tag
def top_bar_places(role: str) -> tuple[Place, ...]:
    return _TOP_BAR.get(role, ())


@register.simple_tag
def administration_pages(role: str) -> tuple[PageGroup, ...]:
    return (_OF_COORDINATORS,) if role == "coordinator" else _ADMINISTRATION_PAGES


@register.simple_tag
def palette_commands(role: str) -> list[dict[str, str]]:
    """Return the role's places for the command palette, as the JSON that command_palette.js reads."""
    places = _TOP_BAR.get(role, ())
    if role in _ADMINISTRATORS:
        places = (*places[1:], *(page for group in _ADMINISTRATION_PAGES for page in group.pages))
    if role == "coordinator":
        places = (*places, _ROTA, *_OF_COORDINATORS.pages)
    return [{"label": str(place.label), "url": place.url, "icon": place.icon} for place in places]
