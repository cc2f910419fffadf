from django.urls import path

from worklist import views

app_name = "worklist"
urlpatterns = [
    path("", views.page, name="page"),
    path("rows/", views.rows, name="rows"),
    path("views/", views.saved_views, name="views"),
    path("next/", views.next_case, name="next"),
    path("<int:worklist_item_id>/peek/", views.peek, name="peek"),
    path("<int:worklist_item_id>/claim/", views.claim, name="claim"),
    path("<int:worklist_item_id>/release/", views.release, name="release"),
    path("<int:worklist_item_id>/hand-over/", views.hand_over, name="hand_over"),
    path("<int:worklist_item_id>/reopen/", views.reopen, name="reopen"),
    path("<int:worklist_item_id>/reconcile/", views.reconcile, name="reconcile"),
    path("<int:worklist_item_id>/send/", views.send_to_node, name="send_to_node"),
]
