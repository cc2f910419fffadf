from rest_framework.routers import SimpleRouter

from worklist.api import OrderViewSet, WorklistItemViewSet
from worklist.api_ai_findings import AiFindingViewSet

router = SimpleRouter(use_regex_path=False)
router.register("worklist-items", WorklistItemViewSet, basename="worklist-item")
router.register("ai-findings", AiFindingViewSet)
router.register("orders", OrderViewSet, basename="order")
urlpatterns = router.urls
