"""The procedure map, the catalogue, reading times."""

from django.urls import path

from routing_rules.views import catalogue, procedures, reading_times

urlpatterns = [
    path("coordination/procedures/", procedures.procedure_map, name="procedures"),
    path("coordination/procedures/map/", procedures.map_names, name="map_names"),
    path("coordination/procedures/catalogue/", catalogue.catalogue, name="catalogue"),
    path("coordination/procedures/catalogue/add/", catalogue.add, name="add_procedure"),
    path("coordination/procedures/catalogue/export/", catalogue.export, name="export_catalogue"),
    path("coordination/procedures/catalogue/import/", catalogue.take_file, name="import_catalogue"),
    path("coordination/procedures/catalogue/<int:procedure_id>/", catalogue.procedure, name="procedure"),
    path("coordination/procedures/catalogue/<int:procedure_id>/retire/", catalogue.retire, name="retire_procedure"),
    path("coordination/procedures/catalogue/<int:procedure_id>/use/", catalogue.use_again, name="use_procedure_again"),
    path("coordination/procedures/reading-times/", reading_times.reading_times, name="reading_times"),
    path("coordination/procedures/reading-times/learn/", reading_times.learn_now, name="learn_now"),
]
