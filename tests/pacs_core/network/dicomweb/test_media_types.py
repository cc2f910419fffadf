"""Accept headers as real clients send them, and the frame format that follows."""

import pytest

from pacs_core.network.dicomweb.errors import NothingAcceptable
from pacs_core.network.dicomweb.frame_formats import choose_frame_format
from pacs_core.network.dicomweb.media_types import parse_accept, parse_media_type

OHIF = "multipart/related; type=application/octet-stream; transfer-syntax=*"
MIXED = (
    'multipart/related; type="image/jls"; transfer-syntax=1.2.840.10008.1.2.4.80;q=0.5, '
    "multipart/related;type=application/octet-stream;transfer-syntax=*, image/jpeg;q=0.2"
)
EXPLICIT, IMPLICIT, BIG_ENDIAN = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
DEFLATED, JPEG, JPEG_LS, HTJ2K = (
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.201",
)


def chosen(accept: str, syntax: str, frames: int = 1) -> tuple[str, str, bool, bool]:
    found = choose_frame_format(wanted=parse_accept(accept), stored_syntax=syntax, number_of_frames=frames)
    return found.media_type, found.transfer_syntax, found.transcodes, found.is_multipart


def test_unquoted_nested_type_is_read() -> None:
    (found,) = parse_accept(OHIF)
    assert (found.content, found.transfer_syntax) == ("application/octet-stream", "*")


def test_ranges_are_ordered_by_quality_and_quoted_commas_do_not_divide() -> None:
    ranges = parse_accept('text/html;q=0.1, multipart/related; type="a/b,c", image/png;q=0')
    assert [found.name for found in ranges] == ["multipart/related", "text/html"]
    assert ranges[0].content == "a/b,c"


def test_absent_accept_takes_everything() -> None:
    assert parse_accept("")[0].takes("application/dicom+json")


def test_boundary_keeps_its_case() -> None:
    found = parse_media_type('Multipart/Related; TYPE="Application/DICOM"; boundary="aB=c;d"')
    assert found.name == "multipart/related"
    assert found.parameters == {"type": "application/dicom", "boundary": "aB=c;d"}


@pytest.mark.parametrize("accept", [OHIF, MIXED])
@pytest.mark.parametrize("syntax", [JPEG, JPEG_LS, HTJ2K])
def test_any_transfer_syntax_means_as_stored(accept: str, syntax: str) -> None:
    assert chosen(accept, syntax) == ("application/octet-stream", syntax, False, True)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED])
def test_uncompressed_frames_are_native_little_endian(syntax: str) -> None:
    assert chosen(OHIF, syntax) == ("application/octet-stream", EXPLICIT, False, True)


def test_octet_stream_without_transfer_syntax_is_decoded() -> None:
    accept = 'multipart/related; type="application/octet-stream"'
    assert chosen(accept, JPEG_LS) == ("application/octet-stream", EXPLICIT, True, True)


def test_image_type_is_given_when_it_is_the_stored_one() -> None:
    assert chosen('multipart/related; type="image/jls"', JPEG_LS) == ("image/jls", JPEG_LS, False, True)
    assert chosen('multipart/related; type="image/jls"', JPEG) == ("image/jls", JPEG_LS, True, True)
    with pytest.raises(NothingAcceptable):
        chosen('multipart/related; type="video/mp4"', JPEG)


def test_the_more_wanted_acceptable_range_wins() -> None:
    accept = f'multipart/related; type="video/mp4", {OHIF};q=0.9'
    assert chosen(f'multipart/related; type="image/jls", {OHIF};q=0.9', JPEG_LS)[0] == "image/jls"
    assert chosen(accept, JPEG)[0] == "application/octet-stream"


def test_one_frame_may_be_single_part_several_may_not() -> None:
    assert chosen("application/octet-stream", EXPLICIT)[3] is False
    with pytest.raises(NothingAcceptable):
        chosen("application/octet-stream", EXPLICIT, frames=2)


def test_lossless_syntaxes_can_be_had_for_any_and_lossy_ones_only_as_stored() -> None:
    octets = "multipart/related; type=application/octet-stream; transfer-syntax="
    assert chosen(octets + HTJ2K, JPEG) == ("application/octet-stream", HTJ2K, True, True)
    assert chosen(octets + JPEG_LS, EXPLICIT) == ("application/octet-stream", JPEG_LS, True, True)
    assert chosen(octets + HTJ2K, HTJ2K)[2] is False
    with pytest.raises(NothingAcceptable, match=JPEG_LS):
        chosen(octets + JPEG, JPEG_LS)
