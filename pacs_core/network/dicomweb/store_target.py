"""Which hospital an instance is stored for, and whether this principal may add it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest

from pacs_core.access.scopes import current_scope
from pacs_core.archive.models import Study
from pacs_core.network.dicomweb.errors import InvalidRequest
from pacs_core.network.dicomweb.reach import Reach
from pacs_core.standards.dicom.identifiers import InstanceIdentifiers
from pacs_core.standards.dicom.json_model import read_json
from pacs_core.standards.dicom.rejection import KEY_OBJECT_SELECTION, rejection_of
from pacs_core.standards.dicom.storage_classes import says_something_of_images

# FailureReason (0008,1197), PS3.18 I.2.2 and PS3.7 C
NOT_AUTHORIZED = 0x0124
PROCESSING_FAILURE = 0x0110
STUDY_MISMATCH = 0xA900


class InstanceNotTaken(Exception):
    """One instance is refused before it is stored; `status` is its FailureReason."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"FailureReason {status:#06x}")


@dataclass(frozen=True)
class StoreTarget:
    """Resolves instance by instance; `study_instance_uid` is the study that the address names, if any."""

    reach: Reach
    default_hospital_id: int | None
    study_instance_uid: str | None
    # The studies that the request named before, so that each is looked up once.
    _known: dict[str, Study | None] = field(default_factory=dict)

    def hospital_of(self, header: InstanceIdentifiers | None) -> int:
        """Return the hospital to store for; None stands for content whose study can't be read.

        A study that is visible keeps its hospital. People may only add to a study they see, with a viewing grant only
        what they made of the study that is being read; a new study comes from an administrator or a machine that acts
        for a hospital.
        """
        if header is None:
            return self._hospital_of_unreadable()
        study_instance_uid = header.study_instance_uid
        if self.study_instance_uid not in (None, study_instance_uid):
            raise InstanceNotTaken(STUDY_MISMATCH)
        if study_instance_uid not in self._known:
            found = self.reach.studies().filter(study_instance_uid=study_instance_uid).first()
            self._known[study_instance_uid] = found
        known = self._known[study_instance_uid]
        if known is not None and self._may_add(known, header):
            return known.hospital_id
        if self.reach.grant is not None or self.reach.role == "radiologist":
            raise InstanceNotTaken(NOT_AUTHORIZED)
        if self.default_hospital_id is None:
            raise InstanceNotTaken(PROCESSING_FAILURE)
        return self.default_hospital_id

    def _may_add(self, study: Study, header: InstanceIdentifiers) -> bool:
        grant = self.reach.grant
        return grant is None or (study.pk == grant.study_ids[0] and says_something_of_images(header.sop_class_uid))

    def refuse_rejection_note(self, header: InstanceIdentifiers | None, path: Path) -> None:
        """Let readers hide nothing: rejection notes come from machines and administrators, or are made on the page."""
        if header is None or header.sop_class_uid != KEY_OBJECT_SELECTION or self.reach.role != "radiologist":
            return
        if rejection_of(read_json(path)) is not None:
            raise InstanceNotTaken(NOT_AUTHORIZED)

    def _hospital_of_unreadable(self) -> int:
        """Where a person can find it in quarantine: the grant's hospital, or the one the principal acts for."""
        hospital_id = self.reach.grant.hospital_id if self.reach.grant else self.default_hospital_id
        if hospital_id is None:
            raise InstanceNotTaken(PROCESSING_FAILURE)
        return hospital_id


def store_target(request: HttpRequest, reach: Reach, *, study: str | None) -> StoreTarget:
    """Read `?hospital=CODE`, needed only by a principal of several hospitals who stores new studies."""
    visible = _visible_hospitals(request)
    default = next(iter(visible)) if len(visible) == 1 else None
    return StoreTarget(reach=reach, default_hospital_id=default, study_instance_uid=study)


def named_hospital(request: HttpRequest) -> int:
    """Return the principal's one hospital, or that of `?hospital=CODE`; raises InvalidRequest."""
    visible = _visible_hospitals(request)
    if len(visible) != 1:
        raise InvalidRequest("You act for several hospitals or none. Maybe name one: ?hospital=CODE.")
    return next(iter(visible))


def _visible_hospitals(request: HttpRequest) -> set[int]:
    visible: set[int] = set(current_scope().hospital_ids)
    code = request.GET.get("hospital")
    if code is None:
        return visible
    hospitals = apps.get_model(settings.TENANT_MODEL).objects.filter(code=code, pk__in=visible)
    visible = set(hospitals.values_list("pk", flat=True))
    if not visible:
        raise InvalidRequest(f"The hospital {code!r} is not one of yours. Maybe the code is misspelt.")
    return visible
