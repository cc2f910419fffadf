"""What one request may reach: the studies of the principal's hospitals, or those of one viewing grant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from pacs_core.access.compiled_query import CompiledQuery, Parameter
from pacs_core.archive.models import Instance, Series, Study, ViewingGrant
from pacs_core.network.dicomweb.errors import AccessRefused, ResourceNotFound, SignedOut

ROOT = "/dicom-web"
# Who may search and see whatever their hospitals hold; everybody else needs a viewing grant for each study.
READING_ROLES = frozenset({"radiologist", "hospital_administrator", "system_administrator"})
STORING_ROLES = READING_ROLES
_OF_INSTANCE = [field.attname for field in Instance._meta.concrete_fields if field.attname != "metadata"]


def _instances_below() -> Any:
    uid = CharField()
    named = Instance.objects.filter(
        sop_instance_uid=Parameter("instance", uid),
        series__series_instance_uid=Parameter("series", uid),
        series__study__study_instance_uid=Parameter("study", uid),
    )
    return named.values_list("series__study_id", *_OF_INSTANCE)


_instance_below = CompiledQuery(_instances_below)


@dataclass(frozen=True)
class Reach:
    """`base` is the path that addresses in answers begin with; `grant` is set under the reading root."""

    base: str
    user_id: int
    role: str
    grant: ViewingGrant | None = None

    def studies(self) -> QuerySet[Study]:
        """The studies in reach; row-level security has already removed other hospitals'."""
        if self.grant is None:
            return Study.objects.all()
        return Study.objects.filter(pk__in=self.grant.study_ids)

    def series(self) -> QuerySet[Series]:
        return Series.objects.all() if self.grant is None else Series.objects.filter(study__in=self.grant.study_ids)

    def instances(self) -> QuerySet[Instance]:
        if self.grant is None:
            return Instance.objects.all()
        return Instance.objects.filter(series__study__in=self.grant.study_ids)

    def study(self, study_instance_uid: str) -> Study:
        """Return the study or raise ResourceNotFound."""
        found = self.studies().filter(study_instance_uid=study_instance_uid).first()
        if found is None:
            raise ResourceNotFound("No such study is visible.")
        return found

    def instance(self, study_instance_uid: str, series_instance_uid: str, sop_instance_uid: str) -> Instance:
        """Return the instance, without its metadata, or raise ResourceNotFound."""
        found = _instance_below.rows(study=study_instance_uid, series=series_instance_uid, instance=sop_instance_uid)
        if not found or (self.grant is not None and found[0][0] not in self.grant.study_ids):
            raise ResourceNotFound("No such instance is visible.")
        return Instance.from_db("default", _OF_INSTANCE, found[0][1:])


def reach_of(request: HttpRequest, *, key: str | None) -> Reach:
    """Resolve who asks under which root; SignedOut, AccessRefused or, when a key doesn't serve, ResourceNotFound."""
    user = request.user
    if not user.is_authenticated or getattr(request, "token_error", ""):
        raise SignedOut("The session has ended or the token is not valid.")
    if key is None:
        if user.role not in READING_ROLES:
            raise AccessRefused("This role looks at images from a reading page or the portal only.")
        return Reach(base=ROOT, user_id=user.pk, role=user.role)
    grant = ViewingGrant.objects.filter(key=key, user_id=user.pk, expires_at__gt=timezone.now()).first()
    if grant is None:
        raise ResourceNotFound("The viewing key is unknown, expired or another person's. Maybe open the study again.")
    return Reach(base=f"{ROOT}/reading/{key}", user_id=user.pk, role=user.role, grant=grant)
