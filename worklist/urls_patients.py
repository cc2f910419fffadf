from django.urls import path

from worklist import views_patient_actions as actions
from worklist import views_patients as views

app_name = "patients"
urlpatterns = [
    path("", views.patients, name="list"),
    path("links/", views.links, name="links"),
    path("links/<int:link_id>/decide/", actions.decide, name="decide"),
    path("changes/<int:change_id>/undo/", actions.undo, name="undo"),
    path("national-identifiers/", actions.national_identifiers, name="national_identifiers"),
    path(
        "national-identifiers/<int:rule_id>/remove/",
        actions.remove_national_identifier,
        name="remove_national_identifier",
    ),
    path("<int:patient_id>/", views.patient, name="patient"),
    path("<int:patient_id>/correct/", actions.correct, name="correct"),
    path("<int:patient_id>/compare/<int:other_id>/", views.compare, name="compare"),
    path("<int:patient_id>/merge/<int:other_id>/", actions.merge, name="merge"),
    path("<int:patient_id>/link/<int:other_id>/", actions.link, name="link"),
    path("<int:patient_id>/move/<int:study_id>/", actions.move, name="move"),
]
