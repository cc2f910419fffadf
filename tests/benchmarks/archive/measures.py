"""The rows of the table: each measures one archive once and returns one figure."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.archive.clients import Browser, fetch_frames, run_dcmtk, send_by_dcmsend, store_by_stow
from tests.benchmarks.archive.files import LARGE, SMALL, StudyFiles, make_study
from tests.benchmarks.archive.peers import Peer

Measured = dict[str, float]


@dataclass(frozen=True)
class Measure:
    """`run` gets an archive and what `prepared` returned for it; figures are named within the row."""

    row: str
    unit: str
    run: Callable[[Peer, Any], Measured]
    higher_is_better: bool = True
    prepare: Callable[[Peer], Any] = lambda peer: None


def storing(row: str, *, associations: int, disables_nagle: bool, numbers: dict[int, int], folder: Path) -> Measure:
    """C-STORE of new studies until every instance is indexed; `numbers` maps pixels a side to instances in all."""

    def run(peer: Peer, _: Any) -> Measured:
        figures: Measured = {}
        for pixels, number in numbers.items():
            studies = [make_study(instances=number // associations, pixels=pixels) for _ in range(associations)]
            folders = [study.write(folder) for study in studies]
            send = partial(send_by_dcmsend, peer, folders, disables_nagle=disables_nagle)
            figures |= _rates(peer, studies, send)
        return figures

    return Measure(row, "instances/s", run)


def storing_by_stow(row: str, *, numbers: dict[int, tuple[int, int]]) -> Measure:
    """STOW-RS of new studies until indexed; `numbers` maps pixels a side to (instances, instances a request)."""

    def run(peer: Peer, _: Any) -> Measured:
        figures: Measured = {}
        for pixels, (number, per_request) in numbers.items():
            study = make_study(instances=number, pixels=pixels)
            figures |= _rates(peer, [study], partial(store_by_stow, peer, study, per_request=per_request))
        return figures

    return Measure(row, "instances/s", run)


def _rates(peer: Peer, studies: list[StudyFiles], send: Callable[[], None]) -> Measured:
    size = f"{len(studies[0].contents[0]) // 1000} kB"
    number = sum(len(study.contents) for study in studies)
    started = time.perf_counter()
    send()
    answered = time.perf_counter() - started
    for study in studies:
        peer.wait_until_indexed(study)
    indexed = time.perf_counter() - started
    return {size: number / indexed, f"{size} answered": number / answered}


def held(instances: int, pixels: int) -> Callable[[Peer], StudyFiles]:
    """Return what stores a study for the rows that read it."""

    def prepare(peer: Peer) -> StudyFiles:
        study = make_study(instances=instances, pixels=pixels)
        store_by_stow(peer, study, per_request=50 if pixels == SMALL else 10)
        peer.wait_until_indexed(study)
        return study

    return prepare


def study_retrieval(instances: int) -> Measure:
    def run(peer: Peer, study: StudyFiles) -> Measured:
        browser = Browser(peer)
        started = time.perf_counter()
        accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        first_byte, size = browser.request(f"/studies/{study.study_instance_uid}", accept=accept)
        seconds = time.perf_counter() - started
        browser.close()
        assert size > study.size_bytes, f"{peer.name} sent {size} of {study.size_bytes} bytes"
        return {"MB/s": size / seconds / 1e6, "first byte ms": first_byte * 1000}

    return Measure("WADO-RS study", "MB/s", run, prepare=held(instances, LARGE))


def series_metadata(instances: int) -> Measure:
    def run(peer: Peer, study: StudyFiles) -> Measured:
        path = f"/studies/{study.study_instance_uid}/series/{study.series_instance_uid}/metadata"
        figures = {}
        for name, encoding in (("gzip", "gzip"), ("plain", "identity")):
            browser = Browser(peer)
            started = time.perf_counter()
            _, size = browser.request(path, accept="application/dicom+json", Accept_Encoding=encoding)
            figures[name] = time.perf_counter() - started
            assert size > 20 * instances, f"{peer.name} sent {size} bytes of metadata"
            browser.close()
        return figures

    return Measure(
        f"metadata of {instances} instances", "s", run, higher_is_better=False, prepare=held(instances, SMALL)
    )


def frames(instances: int) -> Measure:
    def run(peer: Peer, study: StudyFiles) -> Measured:
        return {"frames/s": len(study.sop_instance_uids) / fetch_frames(peer, study, connections=6)}

    return Measure(f"{instances} frames by 6 connections", "frames/s", run, prepare=held(instances, LARGE))


def study_pages(studies: int, *, times: int) -> Measure:
    """QIDO-RS: the studies of one day, in a page of 50."""

    def run(peer: Peer, _: Any) -> Measured:
        browser, seconds = Browser(peer), []
        for number in range(times):
            path = f"/studies?StudyDate={_day(number)}&limit=50&offset=0"
            started = time.perf_counter()
            browser.request(path, accept="application/dicom+json")
            seconds.append(time.perf_counter() - started)
        browser.close()
        return {"p95 ms": _p95(seconds) * 1000}

    return Measure(f"QIDO page by date p95, {studies} studies", "ms", run, higher_is_better=False)


def studies_of_a_week(studies: int, *, times: int) -> Measure:
    """C-FIND of a week by DCMTK's findscu, its start and its association included."""

    def run(peer: Peer, _: Any) -> Measured:
        keys = ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "PatientName", "PatientID", "AccessionNumber"]
        keys += ["StudyDescription", "ModalitiesInStudy", "NumberOfStudyRelatedInstances"]
        seconds = []
        for number in range(times):
            wanted = [*keys, f"StudyDate={_day(number)}-{_day(number, later=6)}"]
            arguments = [argument for key in wanted for argument in ("-k", key)]
            seconds.append(run_dcmtk("findscu", peer, "-S", *arguments))
        return {"p95 ms": _p95(seconds) * 1000}

    return Measure(f"C-FIND of a week p95, {studies} studies", "ms", run, higher_is_better=False)


def study_move(instances: int, *, destination: Callable[[], AbstractContextManager[None]]) -> Measure:
    def run(peer: Peer, study: StudyFiles) -> Measured:
        keys = ("QueryRetrieveLevel=STUDY", f"StudyInstanceUID={study.study_instance_uid}")
        arguments = [argument for key in keys for argument in ("-k", key)]
        with destination():
            seconds = run_dcmtk("movescu", peer, "-S", "-aem", peer.move_to, *arguments)
        return {"MB/s": study.size_bytes / seconds / 1e6}

    return Measure("C-MOVE", "MB/s", run, prepare=held(instances, LARGE))


# Days of the studies that are there to be searched: two years of thirty-day months.
DAYS = [f"{year}{month:02d}{day:02d}" for year in (2024, 2025) for month in range(1, 13) for day in range(1, 29)]


def _day(number: int, *, later: int = 0) -> str:
    """Return one of DAYS, another for each number, or a day so many days later."""
    return DAYS[(number * 37) % (len(DAYS) - 40) + later]


def fill_by_stow(peer: Peer, *, studies: int) -> None:
    """Store so many studies of one small image, spread over DAYS."""

    def store(days: list[str]) -> None:
        browser = Browser(peer)
        for start in range(0, len(days), 100):
            pieces = []
            for day in days[start : start + 100]:
                content = make_study(instances=1, pixels=8, study_date=day).contents[0]
                pieces += [b"--bench\r\nContent-Type: application/dicom\r\n\r\n", content, b"\r\n"]
            body = b"".join([*pieces, b"--bench--\r\n"])
            content_type = 'multipart/related; type="application/dicom"; boundary=bench'
            browser.request("/studies", accept="application/dicom+json", body=body, Content_Type=content_type)
        browser.close()

    wanted = [DAYS[number % len(DAYS)] for number in range(studies)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(store, (wanted[::2], wanted[1::2])))


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
