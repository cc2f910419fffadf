"""Codecs that crash, hang or swell cost one answer, never this process."""

import os
import time

import pytest

from pacs_core.standards.dicom import codec_process
from pacs_core.standards.dicom.codec_process import run_codec
from pacs_core.standards.dicom.errors import CodecFailed, DicomError, FrameNotFound
from pacs_core.standards.dicom.transcoding import encoded_frames

from .dicom_files import real_file


def die() -> None:
    os.abort()


def swell() -> int:
    return len(bytearray(codec_process.MOST_BYTES))


def refuse() -> None:
    raise FrameNotFound(7, 2)


def test_result_and_error_come_back() -> None:
    assert run_codec(os.getpid) != os.getpid()
    (frame,) = run_codec(encoded_frames, real_file("CT_small.dcm"), [1], "1.2.840.10008.1.2.1")
    assert len(frame) == 128 * 128 * 2
    with pytest.raises(FrameNotFound) as caught:
        run_codec(refuse)
    assert (caught.value.frame_number, str(caught.value)) == (7, str(FrameNotFound(7, 2)))


@pytest.mark.parametrize(("function", "reason"), [(die, "died"), (swell, "memory")])
def test_crash_and_swelling_are_told_and_the_next_job_runs(function: object, reason: str) -> None:
    with pytest.raises(CodecFailed, match=reason):
        run_codec(function)
    assert run_codec(os.getpid) != os.getpid()


def test_hanging_codec_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec_process, "LONGEST_SECONDS", 0.3)
    with pytest.raises(CodecFailed, match="no end"):
        run_codec(time.sleep, 60)
    monkeypatch.undo()
    assert run_codec(os.getpid) != os.getpid()
    assert issubclass(CodecFailed, DicomError)
