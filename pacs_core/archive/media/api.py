"""A study as a ZIP with DICOMDIR, for whoever may see its images."""

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from pacs_core.access.errors import NotVisible
from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import Conflict
from pacs_core.archive.media.exporting import audit_export, files_of, medium_entries, paths_of
from pacs_core.archive.media.zip_stream import zip_pieces
from pacs_core.archive.models import Study
from pacs_core.web.file_stream import stream_pieces


class StudyDownloadView(APIView):
    """A study's files as they were received, with a DICOMDIR, in a ZIP that is written while it is sent."""

    permission_classes = (RolePermission,)
    # Those who may retrieve any study of their hospitals by DICOMweb.
    allowed_roles = ("radiologist", "hospital_administrator", "system_administrator")

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY}, operation_id="study_download")
    def get(self, request: Request, study_instance_uid: str) -> StreamingHttpResponse:
        study = Study.objects.filter(study_instance_uid=study_instance_uid).first()
        files = files_of(study) if study is not None else []
        if study is None or not files:
            raise NotVisible("No such study is visible.")
        if missing := [file for file in files if file.is_missing]:
            raise Conflict(f"{len(missing)} of {len(files)} stored files are missing. Maybe tell the administrator.")
        audit_export(study, instances=len(files))
        pieces = zip_pieces(medium_entries(paths_of(files)), written_at=timezone.localtime())
        response = StreamingHttpResponse(stream_pieces(pieces), content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{study_instance_uid}.zip"'
        response["Cache-Control"] = "private, no-store"
        return response
