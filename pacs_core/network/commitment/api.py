"""The API of requests for storage commitment."""

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers

from pacs_core.network.commitment.models import CommitmentRequest
from pacs_core.network.commitment.selectors import visible_requests
from pacs_core.network.commitment.services import retry_commitment
from pacs_core.network.outbound.api import JOB_FIELDS, OutboundJobViewSet, by_status


class CommitmentRequestSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField("code", read_only=True)
    number_of_instances = serializers.IntegerField()
    number_not_committed = serializers.IntegerField(help_text="As judged at judged_at")

    class Meta:
        model = CommitmentRequest
        fields = (
            *("id", "hospital", "ae_title", "transaction_uid", "number_of_instances", "number_not_committed"),
            *("judged_at", *JOB_FIELDS),
        )
        read_only_fields = fields


@extend_schema_view(list=by_status)
class CommitmentRequestViewSet(OutboundJobViewSet):
    """Requests of nodes for storage commitment, and whether their reports have arrived; the newest first."""

    queryset = CommitmentRequest.objects.none()
    serializer_class = CommitmentRequestSerializer
    visible = visible_requests
    begin_anew = retry_commitment
