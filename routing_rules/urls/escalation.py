"""Escalation, notices behind the bell, messages to readers."""

from django.urls import path

from routing_rules.views import escalation, notices, reader_messages

urlpatterns = [
    path("coordination/escalation/", escalation.escalation, name="escalation"),
    path("notices/", notices.bell, name="bell"),
    path("notices/read/", notices.read_all, name="read_all_notices"),
    path("notices/<int:notice_id>/read/", notices.read, name="read_notice"),
    path("coordination/messages/send/", reader_messages.send, name="send_message"),
    path("coordination/messages/<int:reader_id>/", reader_messages.of_reader, name="messages_of_reader"),
    path("messages/<int:message_id>/reply/", reader_messages.reply, name="reply_to_message"),
    path("assignments/<int:worklist_item_id>/messages/", reader_messages.of_item, name="messages_of_item"),
]
