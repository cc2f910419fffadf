from rest_framework.routers import SimpleRouter

from worklist.api import OrderViewSet, WorklistItemViewSet
from worklist.api_ai_findings import AiFindingViewSet
from worklist.api_patients import (
    NationalIdentifierRuleViewSet,
    PatientChangeViewSet,
    PatientLinkViewSet,
    PatientViewSet,
)

router = SimpleRouter(use_regex_path=False)
router.register("worklist-items", WorklistItemViewSet, basename="worklist-item")
router.register("ai-findings", AiFindingViewSet)
router.register("orders", OrderViewSet, basename="order")
router.register("patients", PatientViewSet)
router.register("patient-changes", PatientChangeViewSet)
router.register("patient-links", PatientLinkViewSet)
router.register("national-identifier-rules", NationalIdentifierRuleViewSet)
urlpatterns = router.urls
