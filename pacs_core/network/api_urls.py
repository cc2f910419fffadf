from django.urls import re_path
from rest_framework.routers import SimpleRouter

from pacs_core.archive.api import QuarantineViewSet
from pacs_core.archive.api_conflicts import RejectionNoteViewSet, StudyConflictViewSet
from pacs_core.archive.media.api import StudyDownloadView
from pacs_core.network import api
from pacs_core.network.availability.api import AvailabilityNoticeViewSet
from pacs_core.network.commitment.api import CommitmentRequestViewSet
from pacs_core.network.forwarding.api import ForwardingJobViewSet
from pacs_core.network.hl7.api import Hl7SourceViewSet, ReceivedMessageViewSet

router = SimpleRouter()
router.register("nodes", api.NodeViewSet)
router.register("forwarding-jobs", ForwardingJobViewSet)
router.register("commitment-requests", CommitmentRequestViewSet)
router.register("availability-notices", AvailabilityNoticeViewSet)
router.register("rejected-associations", api.RejectedAssociationViewSet)
router.register("quarantine", QuarantineViewSet)
router.register("study-conflicts", StudyConflictViewSet)
router.register("rejection-notes", RejectionNoteViewSet)
router.register("hl7-sources", Hl7SourceViewSet)
router.register("received-messages", ReceivedMessageViewSet)

urlpatterns = [
    *router.urls,
    re_path(r"^studies/(?P<study_instance_uid>[0-9.]{1,64})/download/$", StudyDownloadView.as_view()),
]
