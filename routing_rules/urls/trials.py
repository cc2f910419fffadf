"""Trials: replay of past days, simulation of coming ones."""

from django.urls import path

from routing_rules.views import trials

urlpatterns = [
    path("coordination/trials/", trials.trials, name="trials"),
    path("coordination/trials/replay/", trials.new_replay, name="new_replay"),
    path("coordination/trials/simulation/", trials.new_simulation, name="new_simulation"),
    path("coordination/trials/<int:trial_id>/", trials.trial, name="trial"),
    path("coordination/trials/<int:trial_id>/cancel/", trials.cancel, name="cancel_trial"),
    path("coordination/trials/<int:trial_id>/figures/", trials.figures, name="trial_figures"),
]
