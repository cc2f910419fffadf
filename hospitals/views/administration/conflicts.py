"""Pages of what contradicts the archive, and of what rejection notes hide: both sides, one decision, and back."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from hospitals.forms.conflicts import ConflictDecisionForm, RejectImagesForm
from hospitals.forms.filters import ConflictFilterForm, RejectionNoteFilterForm
from hospitals.models import User
from hospitals.selectors.lists import find_conflicts, find_rejection_notes
from hospitals.views.administration.edge import administration_page, answer_action, answer_form, show_list
from pacs_core.access.errors import NotVisible
from pacs_core.archive.models import QuarantinedInstance, RejectionNote, StudyConflict
from pacs_core.archive.selectors.conflicts import Sides, filed_file_of, picture_of, study_conflicts
from pacs_core.archive.services.conflict_decisions import accept_conflict, reassign_conflict, reject_conflict
from pacs_core.archive.services.conflict_undo import undo_conflict_decision
from pacs_core.archive.services.rejection import reject_images, revoke_rejection_note
from pacs_core.audit.services import record_audit

ROLES = (User.Role.COORDINATOR, User.Role.HOSPITAL_ADMINISTRATOR, User.Role.SYSTEM_ADMINISTRATOR)
NO_PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96">'
    b'<path d="M16 16h64v64H16zM16 16l64 64M80 16L16 80" fill="none" stroke="#888"/></svg>'
)


@administration_page(roles=ROLES)
def conflicts(request: HttpRequest) -> HttpResponse:
    filters = ConflictFilterForm(request.GET)
    return show_list(
        request,
        "administration/conflicts.html",
        name="conflicts",
        rows=find_conflicts(**filters.chosen()),
        filters=filters,
        links=lambda conflict: {"url": reverse("administration:conflict", args=[conflict.pk])},
    )


@administration_page("GET", "POST", roles=ROLES)
def conflict(request: HttpRequest, conflict_id: int) -> HttpResponse:
    """Show both sides; take the decision for all of its images."""
    found = _visible(conflict_id)
    form = ConflictDecisionForm(request.POST or None)
    if request.method == "GET":  # it shows whose images these are, with pictures
        record_audit(
            action="conflict.viewed", object_type="study_conflict", object_id=found.pk, hospital_id=found.hospital_id
        )
    context = {"conflict": found, "sides": Sides(found), "template": "administration/conflict.html"}
    return answer_form(
        request,
        form,
        save=lambda: _decide(found, **form.cleaned_data),
        said=_("Decided for every image of it. It can be taken back here."),
        done_url=reverse("administration:conflict", args=[found.pk]),
        **context,
    )


@administration_page("POST", roles=ROLES)
def undo_conflict(request: HttpRequest, conflict_id: int) -> HttpResponse:
    found = _visible(conflict_id)
    return answer_action(
        request,
        act=lambda: undo_conflict_decision(conflict_id=found.pk),
        said=_("Taken back. The question is open again."),
        done_url=reverse("administration:conflicts"),
    )


@administration_page(roles=ROLES)
def picture_that_came(request: HttpRequest, quarantined_instance_id: int) -> HttpResponse:
    return _picture(_in_conflict(quarantined_instance_id).file_path)


@administration_page(roles=ROLES)
def picture_that_is_filed(request: HttpRequest, quarantined_instance_id: int) -> HttpResponse:
    return _picture(filed_file_of(_in_conflict(quarantined_instance_id)))


@administration_page(roles=ROLES)
def rejection_notes(request: HttpRequest) -> HttpResponse:
    filters = RejectionNoteFilterForm(request.GET)
    return show_list(
        request,
        "administration/rejection_notes.html",
        name="notes",
        rows=find_rejection_notes(**filters.chosen()),
        filters=filters,
        links=_revoke_link,
        add_url=reverse("administration:reject_images"),
        add_label=_("Reject images"),
    )


@administration_page("GET", "POST", roles=ROLES)
def reject_images_page(request: HttpRequest) -> HttpResponse:
    """Take a study or one of its series from view."""
    form = RejectImagesForm(request.POST or None, initial={"study": request.GET.get("study", "")})
    return answer_form(
        request,
        form,
        save=lambda: reject_images(
            study_id=form.cleaned_data["study"].pk,
            code=form.cleaned_data["code"],
            series_instance_uid=form.cleaned_data["series_instance_uid"],
            remark=form.cleaned_data["remark"],
        ),
        said=_("The images are hidden from everybody. Revoke the note to show them again."),
        done_url=reverse("administration:rejection_notes"),
        title=_("Reject images"),
        explanation=_("They are hidden from query, retrieval, viewer and worklist; nothing is deleted."),
        verb=_("Reject"),
    )


@administration_page("POST", roles=ROLES)
def revoke_note(request: HttpRequest, rejection_note_id: int) -> HttpResponse:
    return answer_action(
        request,
        act=lambda: revoke_rejection_note(note_id=rejection_note_id),
        said=_("The images are to be seen again, unless another note hides them."),
        done_url=reverse("administration:rejection_notes"),
    )


def _decide(found: StudyConflict, *, decision: str, remark: str, target: Any) -> StudyConflict:
    own: Callable[..., StudyConflict] = partial(reassign_conflict, conflict_id=found.pk, remark=remark)
    if decision == "accept":
        return accept_conflict(conflict_id=found.pk, remark=remark)
    if decision == "reject":
        return reject_conflict(conflict_id=found.pk, remark=remark)
    if decision == "this_study":
        filed = Sides(found).study
        return own(target_study_id=filed.pk if filed else None)
    return own(target_study_id=target.pk if target else None)


def _visible(conflict_id: int) -> StudyConflict:
    found = study_conflicts().filter(pk=conflict_id).first()
    if found is None:
        raise NotVisible(f"No conflict {conflict_id} is visible.")
    return found


def _in_conflict(quarantined_instance_id: int) -> QuarantinedInstance:
    found = QuarantinedInstance.objects.filter(pk=quarantined_instance_id, conflict__isnull=False).first()
    if found is None:
        raise NotVisible(f"No instance {quarantined_instance_id} in conflict is visible.")
    return found


def _picture(file_path: str | None) -> HttpResponse:
    """Answer a small picture, or a sign that there is none."""
    content = picture_of(file_path) if file_path else None
    return HttpResponse(content or NO_PICTURE, content_type="image/jpeg" if content else "image/svg+xml")


def _revoke_link(note: RejectionNote) -> dict[str, str]:
    return {} if note.revoked_at else {"revoke_url": reverse("administration:revoke_note", args=[note.pk])}
