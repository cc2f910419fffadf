"""WADO-RS: rendered images (PS3.18 10.4.1.1.3) and thumbnails (10.4.1.1.4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from pacs_core.archive.errors import ArchiveError
from pacs_core.archive.files import file_at_hand
from pacs_core.archive.models import Instance
from pacs_core.network.dicomweb.edge import dicomweb_view
from pacs_core.network.dicomweb.errors import InvalidRequest, NotAnImage, ResourceNotFound
from pacs_core.network.dicomweb.frame_numbers import frame_numbers
from pacs_core.network.dicomweb.media_types import accepted
from pacs_core.network.dicomweb.multipart_stream import closing, multipart_answer, new_boundary, part_of
from pacs_core.network.dicomweb.reach import Reach
from pacs_core.network.dicomweb.rendering import Rendering, parse_rendering
from pacs_core.network.dicomweb.revalidation import revalidated
from pacs_core.network.dicomweb.stored_pixels import reading
from pacs_core.standards.dicom.codec_process import run_codec
from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.pictures import Picture, draw_frame, draw_movie

THUMBNAIL_PIXELS = 192
MAXIMUM_MOVIE_FRAMES = 300


@require_safe
@dicomweb_view
def rendered(
    request: HttpRequest, reach: Reach, *, study: str, series: str, instance: str, frames: str = ""
) -> HttpResponseBase:
    """Answer one instance's picture: its first frame, as GIF all of them, or those that are named."""
    numbers = frame_numbers(frames) if frames else [1]
    rendering = parse_rendering(wanted=accepted(request), parameters=request.GET, several=len(numbers) > 1)
    found = reach.instance(study, series, instance)
    if not frames and rendering.picture.media_type == "image/gif":
        numbers = list(range(1, min(found.number_of_frames, MAXIMUM_MOVIE_FRAMES) + 1))
    return _pictures(request, found, rendering, numbers, as_movie=not frames)


@require_safe
@dicomweb_view
def rendered_images(request: HttpRequest, reach: Reach, *, study: str, series: str = "") -> HttpResponseBase:
    """Answer the first frame of each image of a study or series, one part each; what can't be shown is left out."""
    rendering = parse_rendering(wanted=accepted(request), parameters=request.GET, several=True)
    images = reach.instances().filter(series__study=reach.study(study), rows__isnull=False)
    if series:
        images = images.filter(series__series_instance_uid=series)
    order = ("series__series_number", "series_id", "instance_number", "pk")
    paths = list(images.order_by(*order).values_list("file_path", flat=True))
    if not paths:
        raise ResourceNotFound("No such series is visible, or there is no image to show.")
    boundary = new_boundary()
    response = StreamingHttpResponse(_drawn_one_by_one(paths, rendering.picture, boundary))
    response["Content-Type"] = f'multipart/related; type="{rendering.picture.media_type}"; boundary={boundary}'
    return _warned(response, rendering)


@require_safe
@dicomweb_view
def thumbnail(
    request: HttpRequest, reach: Reach, *, study: str, series: str = "", instance: str = "", frames: str = ""
) -> HttpResponseBase:
    """Answer a small picture: of the instance, or of the middle image of the series or study."""
    parameters = request.GET.copy()
    parameters.setdefault("viewport", f"{THUMBNAIL_PIXELS},{THUMBNAIL_PIXELS}")
    rendering = parse_rendering(wanted=accepted(request), parameters=parameters)
    rendering = replace(rendering, picture=replace(rendering.picture, enlarges=False))
    numbers = frame_numbers(frames) if frames else [1]
    if len(numbers) != 1:
        raise InvalidRequest("A thumbnail is of one frame.")
    found = reach.instance(study, series, instance) if instance else _middle_image(reach, study=study, series=series)
    return _pictures(request, found, rendering, numbers)


def _pictures(
    request: HttpRequest, instance: Instance, rendering: Rendering, numbers: list[int], *, as_movie: bool = False
) -> HttpResponseBase:
    picture = rendering.picture

    def produce() -> HttpResponse:
        with reading(instance) as path:
            if as_movie and len(numbers) > 1:
                contents = [run_codec(draw_movie, path, numbers, picture)]
            else:
                contents = [run_codec(draw_frame, path, number, picture) for number in numbers]
        if rendering.is_multipart:
            return multipart_answer([(picture.media_type, content) for content in contents], kind=picture.media_type)
        return HttpResponse(contents[0], content_type=picture.media_type)

    variant = (numbers, as_movie, rendering)
    return _warned(revalidated(request, instance.sha256, variant=variant, produce=produce), rendering)


async def _drawn_one_by_one(file_paths: list[str], picture: Picture, boundary: str) -> AsyncIterator[bytes]:
    def draw(file_path: str) -> bytes:
        return run_codec(draw_frame, file_at_hand(file_path), 1, picture)

    for file_path in file_paths:
        try:
            content = await asyncio.to_thread(draw, file_path)
        except (DicomError, ArchiveError, OSError):
            continue
        yield part_of(picture.media_type, content, boundary=boundary)
    yield closing(boundary)


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


def _warned(response: HttpResponseBase, rendering: Rendering) -> HttpResponseBase:
    if rendering.warning:
        response["Warning"] = f'299 Meridian "{rendering.warning}"'
    return response
