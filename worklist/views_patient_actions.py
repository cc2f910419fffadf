"""What a person does about records of patients: merge, move, link, correct, undo; and which numbers are national."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from pacs_core.archive.errors import IdentityConflict
from pacs_core.archive.models import NationalIdentifierRule, PatientLink
from pacs_core.archive.services.identity import change_demographics, merge_patients, move_study
from pacs_core.archive.services.identity_undo import undo_patient_change
from pacs_core.archive.services.links import decide_link, link_patients
from pacs_core.archive.services.national_identifiers import (
    add_national_identifier_rule,
    remove_national_identifier_rule,
)
from worklist.forms_patients import CorrectionForm, NationalIdentifierRuleForm
from worklist.selectors.patients import patient_in_view
from worklist.views_patients import patient_context, patients_page


@require_POST
@patients_page
def merge(request: HttpRequest, patient_id: int, other_id: int) -> HttpResponse:
    """Merge the other record into this one."""
    return _act(
        request,
        lambda reason: merge_patients(surviving_id=patient_id, merged_id=other_id, reason=reason),
        said=_("Merged. What comes with the old ID belongs to this patient now; undo it below."),
        done_url=reverse("patients:patient", args=(patient_id,)),
        failed_url=reverse("patients:compare", args=(patient_id, other_id)),
    )


@require_POST
@patients_page
def move(request: HttpRequest, patient_id: int, study_id: int) -> HttpResponse:
    """Move a study to this patient."""
    with_order = request.POST.get("with_order") == "on"
    address = reverse("patients:patient", args=(patient_id,))
    return _act(
        request,
        lambda reason: move_study(study_id=study_id, patient_id=patient_id, with_order=with_order, reason=reason),
        said=_("The study is this patient's now; undo it below."),
        done_url=address,
        failed_url=address,
    )


@require_POST
@patients_page
def link(request: HttpRequest, patient_id: int, other_id: int) -> HttpResponse:
    """Say that two hospitals' records are of one person."""
    return _act(
        request,
        lambda reason: link_patients(patient_id=patient_id, other_patient_id=other_id, reason=reason),
        said=_("Linked: both records show one history of priors."),
        done_url=reverse("patients:patient", args=(patient_id,)),
        failed_url=reverse("patients:compare", args=(patient_id, other_id)),
    )


@require_POST
@patients_page
def decide(request: HttpRequest, link_id: int) -> HttpResponse:
    """Link a suggested pair (`status` linked), or say that it is two people (declined)."""
    status = request.POST.get("status", "")
    address = reverse("patients:links")
    if status not in (PatientLink.Status.LINKED, PatientLink.Status.DECLINED):
        messages.error(request, _("Say whether it is one person or two."))
        return redirect(address)
    is_linked = status == PatientLink.Status.LINKED
    return _act(
        request,
        lambda reason: decide_link(patient_link_id=link_id, status=status, reason=reason),
        said=_("Linked: both records show one history of priors.") if is_linked else _("They are two people."),
        done_url=address,
        failed_url=address,
    )


@require_POST
@patients_page
def undo(request: HttpRequest, change_id: int) -> HttpResponse:
    """Undo a merge, move or correction, and go to the patient that it concerned."""
    patient_id = request.POST.get("patient", "")
    address = (
        reverse("patients:patient", args=(int(patient_id),)) if patient_id.isdecimal() else reverse("patients:list")
    )
    return _act(
        request,
        lambda reason: undo_patient_change(patient_change_id=change_id, reason=reason),
        said=_("Undone: everything is as it was before."),
        done_url=address,
        failed_url=address,
    )


@require_POST
@patients_page
def correct(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Correct name, birth date and sex; what the form refuses is shown with it."""
    found = patient_in_view(patient_id)
    form = CorrectionForm(request.POST, patient=found)
    if not form.is_valid():
        return render(request, "worklist/patients/patient.html", patient_context(found, form), status=422)
    changed = change_demographics(patient_id=found.pk, **form.values())
    messages.success(
        request,
        _("Corrected. Images leave with the new details; signed reports stay.") if changed else _("Nothing was new."),
    )
    return redirect("patients:patient", patient_id=found.pk)


@require_http_methods(["GET", "POST"])
@never_cache
@patients_page
def national_identifiers(request: HttpRequest) -> HttpResponse:
    """Show and add the rules that say which of a hospital's numbers are national."""
    form = NationalIdentifierRuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            add_national_identifier_rule(
                hospital_id=given["hospital"].pk,
                scheme=given["scheme"],
                issuer=given["issuer"],
                type_code=given["type_code"],
            )
        except IdentityConflict as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Added. The hospital's patients are compared again in the next minutes."))
            return redirect("patients:national_identifiers")
    rules = NationalIdentifierRule.objects.select_related("hospital").order_by("hospital__code", "scheme", "pk")
    status = 422 if request.method == "POST" else 200
    return render(request, "worklist/patients/national_identifiers.html", {"rules": rules, "form": form}, status=status)


@require_POST
@patients_page
def remove_national_identifier(request: HttpRequest, rule_id: int) -> HttpResponse:
    remove_national_identifier_rule(rule_id=rule_id)
    messages.success(request, _("Removed. Links that were made stay until somebody unlinks them."))
    return redirect("patients:national_identifiers")


def _act(request: HttpRequest, act: Callable[[str], Any], *, said: str, done_url: str, failed_url: str) -> HttpResponse:
    """Do what a form asks, with its reason; say that it is done or why not."""
    reason = request.POST.get("reason", "").strip()[:300]
    if not reason:
        messages.error(request, _("Say why: it stays in the patient's history."))
        return redirect(failed_url)
    try:
        act(reason)
    except IdentityConflict as error:
        messages.error(request, str(error))
        return redirect(failed_url)
    messages.success(request, said)
    return redirect(done_url)
