"""Pages of what is kept and what goes: retention rules, legal holds, announced deletions."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from hospitals.forms.retention import (
    ImageDeletionFilterForm,
    LegalHoldFilterForm,
    LegalHoldForm,
    RetentionRuleFilterForm,
    RetentionRuleForm,
)
from hospitals.selectors import retention as selectors
from hospitals.views.administration.edge import administration_page, answer_action, answer_form, show_list
from pacs_core.archive.models_retention import ImageDeletion, LegalHold, RetentionRule
from pacs_core.archive.retention import services


@administration_page()
def rules(request: HttpRequest) -> HttpResponse:
    filters = RetentionRuleFilterForm(request.GET)
    return show_list(
        request,
        "administration/retention_rules.html",
        name="rules",
        rows=selectors.find_rules(**filters.chosen()),
        filters=filters,
        links=_rule_links,
        add_url=reverse("administration:add_retention_rule"),
        add_label=_("Add rule"),
    )


@administration_page("GET", "POST")
def add_rule(request: HttpRequest) -> HttpResponse:
    form = RetentionRuleForm(request.POST or None)
    return _answer_rule(
        request,
        form,
        save=lambda: services.save_rule(hospital_id=form.cleaned_data["hospital"].pk, **form.values()),
        title=_("Add retention rule"),
    )


@administration_page("GET", "POST")
def rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    found = selectors.visible_rule(rule_id)
    form = RetentionRuleForm(request.POST or None, rule=found)
    return _answer_rule(
        request,
        form,
        save=lambda: services.save_rule(hospital_id=found.hospital_id, modality=found.modality, **form.values()),
        title=f"{found.hospital.code} · {found.modality or _('All other modalities')}",
    )


@administration_page("POST")
def remove_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    found = selectors.visible_rule(rule_id)
    return answer_action(
        request,
        act=lambda: services.remove_rule(rule=found),
        said=_("The rule is gone. What it had announced is kept unless another rule lets it go."),
        done_url=reverse("administration:retention_rules"),
    )


@administration_page()
def holds(request: HttpRequest) -> HttpResponse:
    filters = LegalHoldFilterForm(request.GET)
    return show_list(
        request,
        "administration/legal_holds.html",
        name="holds",
        rows=selectors.find_holds(**filters.chosen()),
        filters=filters,
        links=_hold_links,
        add_url=reverse("administration:add_legal_hold"),
        add_label=_("Place legal hold"),
    )


@administration_page("GET", "POST")
def add_hold(request: HttpRequest) -> HttpResponse:
    form = LegalHoldForm(request.POST or None)

    def save() -> None:
        values = dict(form.cleaned_data)
        reason = values.pop("reason")
        patient, study = selectors.whom_to_hold(**values)
        services.place_hold(patient=patient, study=study, reason=reason)

    return answer_form(
        request,
        form,
        save=save,
        said=_("The images are kept until the hold is released."),
        done_url=reverse("administration:legal_holds"),
        title=_("Place legal hold"),
        explanation=_("Images under a legal hold are not deleted, whatever the retention rules say."),
        verb=_("Place hold"),
    )


@administration_page("POST")
def release_hold(request: HttpRequest, hold_id: int) -> HttpResponse:
    found = selectors.visible_hold(hold_id)
    return answer_action(
        request,
        act=lambda: services.release_hold(hold=found),
        said=_("Released. The retention rules hold again."),
        done_url=reverse("administration:legal_holds"),
    )


@administration_page()
def deletions(request: HttpRequest) -> HttpResponse:
    """List images that rules let go: what is announced can still be kept."""
    filters = ImageDeletionFilterForm(request.GET)
    return show_list(
        request,
        "administration/image_deletions.html",
        name="deletions",
        rows=selectors.find_deletions(**filters.chosen()),
        filters=filters,
        links=_deletion_links,
    )


@administration_page("POST")
def hold_announced(request: HttpRequest, deletion_id: int) -> HttpResponse:
    """Keep what was announced, by a legal hold: without one the rule would announce it again tomorrow."""
    found = selectors.visible_deletion(deletion_id)
    return answer_action(
        request,
        act=lambda: services.hold_announced(deletion=found, reason=request.POST.get("reason", "")),
        said=_("The images are kept by a legal hold until it is released."),
        done_url=reverse("administration:image_deletions"),
    )


def _answer_rule(request: HttpRequest, form: RetentionRuleForm, *, save: object, title: str) -> HttpResponse:
    return answer_form(
        request,
        form,
        save=save,
        said=_("The rule is in force. What it lets go is announced first, and kept for 14 more days."),
        done_url=reverse("administration:retention_rules"),
        title=title,
        explanation=_("A study of several modalities is kept as long as the longest of their rules says."),
        verb=_("Save"),
    )


def _rule_links(rule: RetentionRule) -> dict[str, str]:
    return {
        "edit_url": reverse("administration:retention_rule", args=[rule.pk]),
        "remove_url": reverse("administration:remove_retention_rule", args=[rule.pk]),
    }


def _hold_links(hold: LegalHold) -> dict[str, str]:
    return {} if hold.released_at else {"release_url": reverse("administration:release_legal_hold", args=[hold.pk])}


def _deletion_links(deletion: ImageDeletion) -> dict[str, str]:
    if deletion.state != ImageDeletion.State.ANNOUNCED:
        return {}
    return {"keep_url": reverse("administration:hold_announced", args=[deletion.pk])}
