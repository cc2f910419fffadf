"""Messages to readers: the dialog that sends one, a reader's reply, and what was written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from pacs_core.access.errors import NotVisible
from pacs_core.access.permissions import roles_required
from pacs_core.access.scopes import ROLES
from pacs_core.web.numbers import row_number
from routing_rules.errors import MessageRefused
from routing_rules.forms_escalation import MessageForm, ReplyForm
from routing_rules.selectors.reader_messages import (
    addressees,
    message_for,
    messages_of_item,
    messages_of_reader,
    shared_hospital_id,
)
from routing_rules.services.reader_messages import reply_to_message, send_message
from worklist.models import WorklistItem
from worklist.selectors.items import item_for_user


@never_cache
@require_http_methods(["GET", "POST"])
@roles_required("coordinator")
def send(request: HttpRequest) -> HttpResponse:
    """The dialog's form: ?reader= an id or on_shift, ?item= what it is about; POST sends and says to whom."""
    item = _item(request)
    people = addressees(timezone.now(), hospital_id=item.hospital_id if item else None)
    form = MessageForm(request.POST or None, people=people, reader=request.GET.get("reader", ""))
    if request.method == "POST" and form.is_valid():
        try:
            sent = send_message(
                request_id=form.cleaned_data["request_id"],
                sender=request.user,
                recipient_ids=form.recipient_ids(),
                text=form.cleaned_data["text"],
                worklist_item_id=item.pk if item else None,
                now=timezone.now(),
            )
        except MessageRefused as error:
            form.add_error("text", str(error))
        else:
            names = [message.recipient.name for message in sent]
            said = ngettext("Sent to %(name)s.", "Sent to %(count)s readers.", len(sent))
            return _done(request, said % {"name": names[0], "count": len(sent)})
    return _form(request, form, {"title": _("Message to a reader"), "item": item, "verb": _("Send")})


@never_cache
@require_http_methods(["GET", "POST"])
@roles_required(*ROLES)
def reply(request: HttpRequest, message_id: int) -> HttpResponse:
    """The dialog's form to answer a message to oneself."""
    answered = message_for(request.user, message_id)
    if answered.recipient_id != request.user.pk:
        raise NotVisible(f"There is no message {message_id} to you.")
    form = ReplyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reply_to_message(
            request_id=form.cleaned_data["request_id"],
            sender=request.user,
            message_id=answered.pk,
            text=form.cleaned_data["text"],
            now=timezone.now(),
        )
        return _done(request, _("Sent to %(name)s.") % {"name": answered.sender.name})
    title = _("Reply to %(name)s") % {"name": answered.sender.name}
    context = {"title": title, "item": answered.worklist_item, "answered": answered, "verb": _("Reply")}
    return _form(request, form, context)


@never_cache
@require_GET
@roles_required("coordinator")
def of_reader(request: HttpRequest, reader_id: int) -> HttpResponse:
    """What was written to and by a reader lately, with when it was read."""
    shared_hospital_id(reader_id, timezone.now())
    return _list(request, messages_of_reader(request.user, reader_id), {"shows_item": True})


@never_cache
@require_GET
@roles_required("radiologist", "coordinator")
def of_item(request: HttpRequest, worklist_item_id: int) -> HttpResponse:
    """What was written about an item: a coordinator sees all of it, a reader the own part."""
    item = item_for_user(request.user, worklist_item_id)
    return _list(request, messages_of_item(request.user, item), {"item": item})


def _item(request: HttpRequest) -> WorklistItem | None:
    chosen = row_number(request.GET.get("item", ""))
    return item_for_user(request.user, chosen) if chosen is not None else None


def _form(request: HttpRequest, form: Any, context: dict[str, Any]) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    context |= {"form": form, "address": request.get_full_path()}
    return render(request, "routing_rules/messages/form.html", context, status=status)


def _done(request: HttpRequest, said: str) -> HttpResponse:
    return render(request, "routing_rules/messages/done.html", {"said": said})


def _list(request: HttpRequest, messages: list[Any], context: dict[str, Any]) -> HttpResponse:
    return render(request, "routing_rules/messages/list.html", {"reader_messages": messages} | context)
