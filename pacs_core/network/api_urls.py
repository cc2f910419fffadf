from rest_framework.routers import SimpleRouter

from pacs_core.archive.api import QuarantineViewSet
from pacs_core.network import api

router = SimpleRouter()
router.register("nodes", api.NodeViewSet)
router.register("rejected-associations", api.RejectedAssociationViewSet)
router.register("quarantine", QuarantineViewSet)

urlpatterns = router.urls
