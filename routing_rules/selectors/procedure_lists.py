"""What the pages of the procedure map show, within the open scope."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from hospitals.models import Hospital, Membership, User
from pacs_core.access.scopes import current_scope
from routing_rules.models import LearningRun, LearntReadingTime, Procedure, ProcedureMapping
from routing_rules.selectors.procedures import catalogue

STATES = ("waiting", "mapped", "by_itself", "retired")
_OF_STATE = {
    "waiting": Q(procedure__isnull=True),
    "mapped": Q(procedure__isnull=False),
    "by_itself": Q(procedure__isnull=False, mapped_by__isnull=True),
    "retired": Q(procedure__is_active=False),
}


@dataclass(frozen=True)
class Waiting:
    """How many names wait for a person, how many studies have come under them, how many names are mapped."""

    names: int
    studies: int
    mapped: int
    retired: int


def find_mappings(
    *, search: str = "", hospital: Hospital | None = None, modality: str = "", state: str = ""
) -> QuerySet[ProcedureMapping]:
    """Names of the hospitals in view, the most used first; `state` of STATES."""
    rows = ProcedureMapping.objects.select_related("hospital", "procedure", "mapped_by")
    for word in search.split():
        rows = rows.filter(
            Q(local_code__icontains=word)
            | Q(local_description__icontains=word)
            | Q(procedure__code__icontains=word)
            | Q(procedure__name__icontains=word)
        )
    if hospital:
        rows = rows.filter(hospital=hospital)
    if modality:
        rows = rows.filter(modality=modality)
    if state:
        rows = rows.filter(_OF_STATE[state])
    return rows.order_by("-number_of_studies", "hospital__code", "modality", "local_description", "pk")


def what_waits() -> Waiting:
    """Return the counts that the page's head shows; one query."""
    counts = ProcedureMapping.objects.aggregate(
        names=Count("pk", filter=_OF_STATE["waiting"]),
        studies=Sum("number_of_studies", filter=_OF_STATE["waiting"], default=0),
        mapped=Count("pk", filter=_OF_STATE["mapped"]),
        retired=Count("pk", filter=_OF_STATE["retired"]),
    )
    return Waiting(**counts)


def find_procedures(
    *, search: str = "", modality: str = "", subspecialty: str = "", state: str = ""
) -> QuerySet[Procedure]:
    """Catalogue entries with `number_of_names` mapped to each in view; `state` active or retired."""
    rows = catalogue().annotate(number_of_names=Count("mappings", distinct=True))
    for word in search.split():
        rows = rows.filter(Q(code__icontains=word) | Q(name__icontains=word) | Q(body_part__icontains=word))
    if modality:
        rows = rows.filter(modality=modality)
    if subspecialty:
        rows = rows.filter(subspecialty=subspecialty)
    if state:
        rows = rows.filter(is_active=state == "active")
    return rows.order_by("code")


def procedures_to_choose() -> QuerySet[Procedure]:
    """What a name may be mapped to."""
    return Procedure.objects.filter(is_active=True).order_by("modality", "code")


def learnt_of_procedures() -> QuerySet[Procedure]:
    """Procedures of which readings are known, the most read first."""
    return catalogue().filter(_learnt__isnull=False).order_by("-number_of_readings", "code")


def learnt_of_readers() -> QuerySet[LearntReadingTime]:
    """Pace of the readers of the hospitals in view, the quickest first."""
    members = Membership.objects.filter(hospital__in=current_scope().hospital_ids)
    rows = LearntReadingTime.objects.filter(procedure__isnull=True, radiologist__in=members.values("user"))
    return rows.filter(radiologist__role=User.Role.RADIOLOGIST).select_related("radiologist").order_by("speed_factor")


def last_learning_run() -> LearningRun | None:
    return LearningRun.objects.select_related("requested_by").order_by("-pk").first()
