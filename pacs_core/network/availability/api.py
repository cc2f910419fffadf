"""The API of availability notices."""

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers

from pacs_core.network.availability.models import AvailabilityNotice
from pacs_core.network.availability.selectors import visible_notices
from pacs_core.network.availability.services import retry_notice
from pacs_core.network.outbound.api import JOB_FIELDS, OutboundJobViewSet, by_status


class AvailabilityNoticeSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField("code", read_only=True)
    study_instance_uid = serializers.CharField(source="study.study_instance_uid")

    class Meta:
        model = AvailabilityNotice
        fields = ("id", "hospital", "study_instance_uid", "ae_title", "content_version", *JOB_FIELDS)
        read_only_fields = fields


@extend_schema_view(list=by_status)
class AvailabilityNoticeViewSet(OutboundJobViewSet):
    """Nodes that are told that a study's images are here; the newest first."""

    queryset = AvailabilityNotice.objects.none()
    serializer_class = AvailabilityNoticeSerializer
    visible = visible_notices
    begin_anew = retry_notice
