"""The board, and the explanation of a decision."""

from django.urls import path

from routing_rules.views import board

urlpatterns = [
    path("coordination/", board.coordination, name="coordination"),
    path("coordination/live/", board.live, name="board_live"),
    path("coordination/cover/", board.cover, name="cover"),
    path("coordination/fairness/", board.fairness, name="fairness"),
    path("coordination/choices/", board.choices, name="choices"),
    path("coordination/readers/<int:reader_id>/", board.reader, name="reader"),
    path("assignments/<int:worklist_item_id>/why/", board.why, name="why"),
    path("assignments/<int:worklist_item_id>/explanation/", board.explanation, name="explanation"),
]
