"""The API of forwarding jobs."""

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from pacs_core.access.errors import NotVisible
from pacs_core.access.problems import BadValue, Conflict
from pacs_core.access.scopes import current_scope
from pacs_core.archive.models import Study
from pacs_core.network.forwarding.by_hand import NothingToSend, forward_by_hand
from pacs_core.network.forwarding.errors import NodeNotUsable
from pacs_core.network.forwarding.models import ForwardingJob
from pacs_core.network.forwarding.selectors import visible_jobs
from pacs_core.network.forwarding.services import retry_forwarding
from pacs_core.network.outbound.api import OutboundJobViewSet, by_status


class ForwardingJobSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField("code", read_only=True)
    study_instance_uid = serializers.CharField(source="study.study_instance_uid")
    number_of_instances = serializers.IntegerField(source="study.number_of_instances")

    class Meta:
        model = ForwardingJob
        fields = (
            "id",
            "hospital",
            "study_instance_uid",
            "number_of_instances",
            "ae_title",
            "status",
            "instances_sent",
            "attempts",
            "retry_at",
            "last_error",
            "asked_by",
            "requested_at",
            "finished_at",
        )
        read_only_fields = fields


class ForwardStudySerializer(serializers.Serializer):
    """A study to send, and the AE title of the node that gets it."""

    study_instance_uid = serializers.CharField(max_length=64)
    ae_title = serializers.CharField(max_length=16)


@extend_schema_view(list=by_status)
class ForwardingJobViewSet(OutboundJobViewSet):
    """Studies on their way to nodes and AI services, the newest first; POST sends one."""

    queryset = ForwardingJob.objects.none()
    serializer_class = ForwardingJobSerializer
    visible = visible_jobs
    begin_anew = retry_forwarding

    @extend_schema(request=ForwardStudySerializer, responses={201: ForwardingJobSerializer})
    def create(self, request: Request) -> Response:
        """Send a study to a node; 409 when the node has it all or is being sent it."""
        asked = ForwardStudySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        uid = asked.validated_data["study_instance_uid"]
        study = Study.objects.filter(study_instance_uid=uid, hospital_id__in=current_scope().hospital_ids).first()
        if study is None:
            raise NotVisible("No study of this UID is visible.")
        try:
            job = forward_by_hand(study=study, ae_title=asked.validated_data["ae_title"], asked_by=request.user.name)
        except NodeNotUsable as error:
            raise BadValue({"ae_title": [str(error)]}) from error
        except NothingToSend as error:
            raise Conflict(str(error)) from error
        return Response(self.get_serializer(self.get_queryset().get(pk=job.pk)).data, status=201)
