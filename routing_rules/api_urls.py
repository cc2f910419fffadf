from rest_framework.routers import SimpleRouter

from routing_rules import api, api_coordination, api_escalation, api_procedures, api_rules, api_trials

router = SimpleRouter()
router.register("rule-sets", api_rules.RuleSetViewSet)
router.register("rule-set-drafts", api_rules.RuleSetDraftViewSet, basename="rule-set-draft")
router.register("assignment-decisions", api.AssignmentDecisionViewSet)
router.register("manual-assignments", api_coordination.ManualAssignmentViewSet, basename="manual-assignment")
router.register("procedures", api_procedures.ProcedureViewSet)
router.register("procedure-mappings", api_procedures.ProcedureMappingViewSet)
router.register("escalation-policies", api_escalation.EscalationPolicyViewSet, basename="escalation-policy")
router.register("escalation-steps", api_escalation.EscalationStepViewSet)
router.register("notices", api_escalation.NoticeViewSet)
router.register("reader-messages", api_escalation.ReaderMessageViewSet)
router.register("trials", api_trials.TrialViewSet, basename="trial")

urlpatterns = router.urls
