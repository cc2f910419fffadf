"""The API of contradicting instances and of rejection notes."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue, Conflict
from pacs_core.archive.errors import QuarantineError, RejectionRefused
from pacs_core.archive.models import RejectionNote, Study, StudyConflict
from pacs_core.archive.selectors.conflicts import Sides, rejection_notes, study_conflicts
from pacs_core.archive.services.conflict_decisions import accept_conflict, reassign_conflict, reject_conflict
from pacs_core.archive.services.conflict_undo import undo_conflict_decision
from pacs_core.archive.services.rejection import reject_images, revoke_rejection_note

DECIDING_ROLES = ("coordinator", "hospital_administrator", "system_administrator")


class StudyConflictSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField("code", read_only=True)
    images = serializers.IntegerField(read_only=True)
    target_study = serializers.SlugRelatedField("study_instance_uid", read_only=True)

    class Meta:
        model = StudyConflict
        fields = (
            *("id", "hospital", "study_instance_uid", "reason_code", "images", "opened_at"),
            *("decision", "decided_at", "remark", "target_study"),
        )
        read_only_fields = fields


class LineSerializer(serializers.Serializer):
    label = serializers.CharField()
    came = serializers.CharField()
    filed = serializers.CharField()
    differs = serializers.BooleanField()


class BothSidesSerializer(StudyConflictSerializer):
    sides = serializers.SerializerMethodField()

    class Meta(StudyConflictSerializer.Meta):
        fields = (*StudyConflictSerializer.Meta.fields, "sides")
        read_only_fields = fields

    @extend_schema_field(LineSerializer(many=True))
    def get_sides(self, conflict: StudyConflict) -> Any:
        return LineSerializer(Sides(conflict).lines, many=True).data


class DecisionRemarkSerializer(serializers.Serializer):
    remark = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class ReassignmentSerializer(DecisionRemarkSerializer):
    target_study = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="StudyInstanceUID to file the images under; empty for a study of their own",
    )


class StudyConflictViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Instances that contradict what is filed, a study at a time: look at both sides, decide, take it back."""

    queryset = StudyConflict.objects.none()
    serializer_class = StudyConflictSerializer
    permission_classes = (RolePermission,)
    allowed_roles = DECIDING_ROLES

    def get_queryset(self) -> Any:
        return study_conflicts(only_open=self.request.query_params.get("open") in ("1", "true"))

    def get_serializer_class(self) -> Any:
        return BothSidesSerializer if self.action == "retrieve" else StudyConflictSerializer

    @extend_schema(parameters=[OpenApiParameter("open", bool, description="only those nobody has decided about")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=DecisionRemarkSerializer, responses=StudyConflictSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Let the contents that came replace the filed ones, which are kept."""
        values = _values(DecisionRemarkSerializer, request)
        return self._decide(lambda pk: accept_conflict(conflict_id=pk, remark=values["remark"]))

    @extend_schema(request=ReassignmentSerializer, responses=StudyConflictSerializer)
    @action(detail=True, methods=["post"])
    def reassign(self, request: Request, pk: str) -> Response:
        """File the instances under another study and its patient, or as a study of their own."""
        values = _values(ReassignmentSerializer, request)
        target_id = study_id_named(values["target_study"]) if values["target_study"] else None
        remark = values["remark"]
        return self._decide(lambda pk: reassign_conflict(conflict_id=pk, target_study_id=target_id, remark=remark))

    @extend_schema(request=DecisionRemarkSerializer, responses=StudyConflictSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Leave the instances unfiled, for a reason; their files are kept."""
        values = _values(DecisionRemarkSerializer, request)
        return self._decide(lambda pk: reject_conflict(conflict_id=pk, remark=values["remark"]))

    @extend_schema(request=None, responses=StudyConflictSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take the decision back; answers the question that is open again."""
        return self._decide(lambda pk: undo_conflict_decision(conflict_id=pk))

    def _decide(self, decision: Callable[[int], StudyConflict]) -> Response:
        conflict = self.get_object()
        try:
            decided = decision(conflict.pk)
        except QuarantineError as error:
            raise Conflict(str(error)) from error
        return Response(StudyConflictSerializer(study_conflicts().get(pk=decided.pk)).data)


class RejectionNoteSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField("code", read_only=True)
    images = serializers.IntegerField(read_only=True)

    class Meta:
        model = RejectionNote
        fields = ("id", "hospital", "code", "sop_instance_uid", "remark", "images", "made_at", "revoked_at")
        read_only_fields = fields


class NewRejectionNoteSerializer(DecisionRemarkSerializer):
    study_instance_uid = serializers.CharField(max_length=64)
    code = serializers.ChoiceField(RejectionNote.Code.choices)
    series_instance_uid = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    sop_instance_uids = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, default=list, max_length=10_000
    )


class RejectionNoteViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """What takes images from view (IHE RAD-66): list it, reject images by hand, revoke a note."""

    queryset = RejectionNote.objects.none()
    serializer_class = RejectionNoteSerializer
    permission_classes = (RolePermission,)
    allowed_roles = DECIDING_ROLES

    def get_queryset(self) -> Any:
        return rejection_notes(study_instance_uid=self.request.query_params.get("study", ""))

    @extend_schema(parameters=[OpenApiParameter("study", str, description="StudyInstanceUID that the notes name")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewRejectionNoteSerializer, responses={201: RejectionNoteSerializer})
    def create(self, request: Request) -> Response:
        """Take a study, a series or instances from view."""
        values = _values(NewRejectionNoteSerializer, request)
        study_id = study_id_named(values.pop("study_instance_uid"))
        try:
            note = reject_images(study_id=study_id, **values)
        except RejectionRefused as error:
            raise BadValue(str(error)) from error
        return Response(RejectionNoteSerializer(rejection_notes().get(pk=note.pk)).data, status=201)

    @extend_schema(request=None, responses=RejectionNoteSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """Show again what the note hides."""
        try:
            note = revoke_rejection_note(note_id=self.get_object().pk)
        except RejectionRefused as error:
            raise Conflict(str(error)) from error
        return Response(RejectionNoteSerializer(rejection_notes().get(pk=note.pk)).data)


def study_id_named(study_instance_uid: str) -> int:
    """Return the id of a study in sight, hidden ones too; raises BadValue."""
    study_id = Study.kept.filter(study_instance_uid=study_instance_uid).values_list("pk", flat=True).first()
    if study_id is None:
        raise BadValue(f"No study {study_instance_uid!r} is visible. Maybe its UID is misspelt.")
    return study_id


def _values(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    read = serializer(data=request.data)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)
