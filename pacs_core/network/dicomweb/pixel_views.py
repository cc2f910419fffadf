"""WADO-RS: frames (PS3.18 10.4.1.1.6)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from pacs_core.network.dicomweb.edge import dicomweb_view
from pacs_core.network.dicomweb.frame_formats import FrameFormat, choose_frame_format
from pacs_core.network.dicomweb.frame_numbers import frame_numbers
from pacs_core.network.dicomweb.media_types import accepted
from pacs_core.network.dicomweb.multipart_stream import multipart_answer
from pacs_core.network.dicomweb.reach import Reach
from pacs_core.network.dicomweb.revalidation import revalidated
from pacs_core.network.dicomweb.stored_pixels import reading
from pacs_core.standards.dicom.codec_process import run_codec
from pacs_core.standards.dicom.frames import open_frames
from pacs_core.standards.dicom.transcoding import encoded_frames


@require_safe
@dicomweb_view
def retrieve_frames(
    request: HttpRequest, reach: Reach, *, study: str, series: str, instance: str, frames: str
) -> HttpResponseBase:
    """Answer frames in the order they are named, as stored or in another transfer syntax by what Accept says."""
    numbers = frame_numbers(frames)
    found = reach.instance(study, series, instance)
    wanted = accepted(request)

    def produce() -> HttpResponse:
        with reading(found) as path:
            source = open_frames(path)
            chosen = choose_frame_format(
                wanted=wanted, stored_syntax=source.transfer_syntax_uid, number_of_frames=len(numbers)
            )
            if chosen.transcodes:
                contents = run_codec(encoded_frames, path, numbers, chosen.transfer_syntax)
            else:
                contents = [source.stored_frame(number).content for number in numbers]
            return _frames_answer(contents, chosen)

    return revalidated(request, found.sha256, variant=(wanted, frames), produce=produce)


def _frames_answer(contents: list[bytes], chosen: FrameFormat) -> HttpResponse:
    if not chosen.is_multipart:
        return HttpResponse(contents[0], content_type=chosen.content_type)
    return multipart_answer([(chosen.content_type, content) for content in contents], kind=chosen.media_type)
