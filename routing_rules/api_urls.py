from rest_framework.routers import SimpleRouter

from routing_rules import api

router = SimpleRouter()
router.register("rule-sets", api.RuleSetViewSet)
router.register("assignment-decisions", api.AssignmentDecisionViewSet)

urlpatterns = router.urls
