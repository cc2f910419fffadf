from django.urls import path

from routing_rules import views

app_name = "routing_rules"
urlpatterns = [
    path("coordination/", views.coordination, name="coordination"),
    path("coordination/board/", views.board, name="board"),
    path("coordination/rows/", views.rows, name="rows"),
    path("assignments/<int:worklist_item_id>/explanation/", views.explanation, name="explanation"),
    path("assignments/<int:worklist_item_id>/assign/", views.assign, name="assign"),
]
