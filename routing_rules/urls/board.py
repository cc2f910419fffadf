"""The board, and the explanation of a decision."""

from django.urls import path

from routing_rules.views import board

urlpatterns = [
    path("coordination/", board.coordination, name="coordination"),
    path("coordination/board/", board.board, name="board"),
    path("coordination/rows/", board.rows, name="rows"),
    path("assignments/<int:worklist_item_id>/explanation/", board.explanation, name="explanation"),
    path("assignments/<int:worklist_item_id>/assign/", board.assign, name="assign"),
]
