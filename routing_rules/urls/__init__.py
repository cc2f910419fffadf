from routing_rules.urls import board, escalation, procedures, rules, trials

app_name = "routing_rules"
urlpatterns = [
    *board.urlpatterns,
    *rules.urlpatterns,
    *procedures.urlpatterns,
    *escalation.urlpatterns,
    *trials.urlpatterns,
]
