from rest_framework.routers import SimpleRouter

from routing_rules import api, api_procedures

router = SimpleRouter()
router.register("rule-sets", api.RuleSetViewSet)
router.register("assignment-decisions", api.AssignmentDecisionViewSet)
router.register("procedures", api_procedures.ProcedureViewSet)
router.register("procedure-mappings", api_procedures.ProcedureMappingViewSet)

urlpatterns = router.urls
