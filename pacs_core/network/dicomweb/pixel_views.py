"""WADO-RS: frames (PS3.18 10.4.1.1.6), rendered images (10.4.1.1.3) and thumbnails (10.4.1.1.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import BytesIO

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from pacs_core.archive.models import Instance
from pacs_core.network.dicomweb.edge import dicomweb_view
from pacs_core.network.dicomweb.errors import InvalidRequest, NotAnImage
from pacs_core.network.dicomweb.frame_formats import FrameFormat, choose_frame_format
from pacs_core.network.dicomweb.multipart_stream import multipart_bytes, new_boundary
from pacs_core.network.dicomweb.reach import Reach
from pacs_core.network.dicomweb.rendering import Rendering, parse_rendering
from pacs_core.network.dicomweb.stored_pixels import reading
from pacs_core.standards.dicom.frames import FrameSource, open_frames
from pacs_core.standards.dicom.rendering import render

THUMBNAIL_PIXELS = 192
MAXIMUM_FRAMES = 100


@require_safe
@dicomweb_view
def retrieve_frames(
    request: HttpRequest, reach: Reach, *, study: str, series: str, instance: str, frames: str
) -> HttpResponseBase:
    """Answer frames in the order they are named, as stored or decoded by what Accept says."""
    numbers = _frame_numbers(frames)
    found = reach.instance(study, series, instance)
    accept = request.headers.get("Accept", "")

    def produce() -> HttpResponse:
        with reading(found) as path:
            source = open_frames(path)
            chosen = choose_frame_format(
                accept=accept, stored_syntax=source.transfer_syntax_uid, number_of_frames=len(numbers)
            )
            read = source.decoded_frame if chosen.decodes else source.stored_frame
            return _frames_answer([read(number).content for number in numbers], chosen)

    return _revalidated(request, found, variant=(accept, frames), produce=produce)


@require_safe
@dicomweb_view
def rendered(
    request: HttpRequest, reach: Reach, *, study: str, series: str, instance: str, frames: str = ""
) -> HttpResponseBase:
    """Answer one frame as a picture for people; the first, or the one that is named."""
    rendering = parse_rendering(accept=request.headers.get("Accept", ""), parameters=request.GET)
    return _picture(request, reach.instance(study, series, instance), rendering, frames=frames)


@require_safe
@dicomweb_view
def thumbnail(
    request: HttpRequest, reach: Reach, *, study: str, series: str = "", instance: str = "", frames: str = ""
) -> HttpResponseBase:
    """Answer a small picture: of the instance, or of the middle image of the series or study."""
    parameters = request.GET.copy()
    parameters.setdefault("viewport", f"{THUMBNAIL_PIXELS},{THUMBNAIL_PIXELS}")
    rendering = parse_rendering(accept=request.headers.get("Accept", ""), parameters=parameters)
    found = reach.instance(study, series, instance) if instance else _middle_image(reach, study=study, series=series)
    return _picture(request, found, rendering, frames=frames)


def _picture(request: HttpRequest, instance: Instance, rendering: Rendering, *, frames: str) -> HttpResponseBase:
    numbers = _frame_numbers(frames) if frames else [1]
    if len(numbers) != 1:
        raise InvalidRequest("One frame is rendered at a time.")

    def produce() -> HttpResponse:
        with reading(instance) as path:
            content = _encode(open_frames(path), numbers[0], rendering)
        return HttpResponse(content, content_type=rendering.media_type)

    return _revalidated(request, instance, variant=(numbers[0], rendering), produce=produce)


def _encode(source: FrameSource, number: int, rendering: Rendering) -> bytes:
    image = render(source, number, rendering.window, rendering.viewport)
    stream = BytesIO()
    if rendering.media_type == "image/png":
        image.save(stream, "PNG", compress_level=1)
    else:
        image.save(stream, "JPEG", quality=rendering.quality)
    return stream.getvalue()


def _middle_image(reach: Reach, *, study: str, series: str) -> Instance:
    """The middle image shows most of what a series is; its first one is often air."""
    images = reach.instances().filter(series__study=reach.study(study), rows__isnull=False)
    if series:
        images = images.filter(series__series_instance_uid=series)
    first = images.order_by("series__series_number", "series_id").values_list("series_id", flat=True).first()
    if first is None:
        raise NotAnImage("There is no image to show.")
    images = images.filter(series_id=first).defer("metadata").order_by("instance_number", "pk")
    return images[images.count() // 2]


def _frame_numbers(text: str) -> list[int]:
    numbers = [int(piece) for piece in text.split(",") if piece]
    if not numbers or len(numbers) > MAXIMUM_FRAMES or any(number < 1 for number in numbers):
        raise InvalidRequest(f"The frame list is {text!r}, expected 1 to {MAXIMUM_FRAMES} numbers from 1.")
    return numbers


def _frames_answer(contents: list[bytes], chosen: FrameFormat) -> HttpResponse:
    if not chosen.is_multipart:
        return HttpResponse(contents[0], content_type=chosen.content_type)
    boundary = new_boundary()
    body = multipart_bytes([(chosen.content_type, content) for content in contents], boundary=boundary)
    return HttpResponse(body, content_type=f'multipart/related; type="{chosen.media_type}"; boundary={boundary}')


def _revalidated(
    request: HttpRequest, instance: Instance, *, variant: object, produce: Callable[[], HttpResponse]
) -> HttpResponseBase:
    """Answer 304 where the browser has this content already: it asks each time, so a sign-out counts at once."""
    digest = hashlib.sha256(f"{instance.sha256}|{variant!r}".encode()).hexdigest()[:32]
    response = get_conditional_response(request, etag=f'"{digest}"') or produce()
    response["ETag"] = f'"{digest}"'
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Accept", "Cookie"])
    return response
