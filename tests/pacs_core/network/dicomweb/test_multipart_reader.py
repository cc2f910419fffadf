"""The multipart reader against every way a body can be cut."""

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacs_core.network.dicomweb import multipart_reader
from pacs_core.network.dicomweb.errors import InvalidRequest, RequestTooLarge
from pacs_core.network.dicomweb.multipart_reader import MultipartReader
from pacs_core.network.dicomweb.multipart_stream import multipart_bytes


class SlowSource:
    """Gives at most `step` bytes a read, as a network may."""

    def __init__(self, body: bytes, step: int) -> None:
        self._stream, self._step = io.BytesIO(body), step

    def read(self, size: int) -> bytes:
        return self._stream.read(min(size, self._step))


def read_all(body: bytes, *, step: int = 7, boundary: str = "b", maximum: int = 10**9) -> list[tuple[dict, bytes]]:
    reader = MultipartReader(SlowSource(body, step), boundary=boundary, maximum_bytes=maximum)
    return [(part.headers, b"".join(part.chunks)) for part in reader]


@given(
    contents=st.lists(
        st.binary(max_size=300) | st.sampled_from([b"", b"\r\n--", b"\r\n--bx", b"--b", b"\r\n"]), max_size=4
    ),
    step=st.integers(1, 50),
)
def test_whatever_was_written_is_read(contents: list[bytes], step: int) -> None:
    contents = [content for content in contents if b"\r\n--b" not in b"\r\n" + content + b"\r\n"]
    body = multipart_bytes([("application/dicom", content) for content in contents], boundary="b")
    assert [content for _, content in read_all(body, step=step)] == contents


def test_preamble_padding_and_epilogue_mean_nothing() -> None:
    body = b"hello\r\n--b  \r\nContent-Type: application/dicom\r\n\r\nDICM\r\n--b--\r\nbye"
    assert read_all(body) == [({"content-type": "application/dicom"}, b"DICM")]


def test_part_without_headers() -> None:
    assert read_all(b"--b\r\n\r\nDICM\r\n--b--") == [({}, b"DICM")]


def test_content_left_by_the_caller_is_skipped() -> None:
    body = multipart_bytes([("a/b", b"x" * 1000), ("a/b", b"y")], boundary="b")
    reader = MultipartReader(SlowSource(body, 64), boundary="b", maximum_bytes=10**6)
    assert [part.headers["content-length"] for part in reader] == ["1000", "1"]


@pytest.mark.parametrize("cut", range(0, 60, 3))
def test_cut_body_is_an_error(cut: int) -> None:
    body = multipart_bytes([("application/dicom", b"x" * 20)], boundary="b")
    with pytest.raises(InvalidRequest, match="ends before its closing boundary"):
        read_all(body[:cut])


def test_random_bytes_are_an_error() -> None:
    with pytest.raises(InvalidRequest):
        read_all(random.Random(1).randbytes(100_000), step=4096)


def test_endless_headers_are_an_error() -> None:
    with pytest.raises(InvalidRequest, match="headers of a part"):
        read_all(b"--b\r\n" + b"x" * 100_000, step=4096)


def test_more_than_the_maximum_is_refused_while_it_arrives() -> None:
    body = multipart_bytes([("application/dicom", b"x" * 5000)], boundary="b")
    with pytest.raises(RequestTooLarge):
        read_all(body, maximum=1000)


def test_memory_stays_at_a_few_chunks() -> None:
    body = multipart_bytes([("application/dicom", b"x" * 3_000_000)], boundary="b")
    reader = MultipartReader(io.BytesIO(body), boundary="b", maximum_bytes=10**9)
    for part in reader:
        assert max(len(chunk) for chunk in part.chunks) <= multipart_reader.CHUNK_BYTES + 10


@pytest.mark.parametrize("boundary", ["", "x" * 71, "gr\u00fcn"])
def test_unusable_boundary_is_refused(boundary: str) -> None:
    with pytest.raises(InvalidRequest, match="boundary"):
        read_all(b"", boundary=boundary)
