import hashlib
import time
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest

from pacs_core.standards.dicom.header import read_header
from pacs_core.standards.dicom.reading import quietly
from pacs_core.standards.dicom.rendering import render_frame
from pacs_core.standards.dicom.storage_classes import STORAGE_SOP_CLASS_UIDS
from pacs_core.standards.dicom.synthetic.shipped import DemoIdentity, pydicom_shipped_files, rehome
from pacs_core.standards.dicom.synthetic.spec import MODALITIES, SyntheticStudySpec
from pacs_core.standards.dicom.synthetic.study import part10_bytes, synthetic_study
from pacs_core.standards.dicom.uid import is_valid_uid

from .dicom_files import write

SPEC = SyntheticStudySpec(
    modality="CT",
    body_part="HEAD",
    number_of_instances=6,
    patient_id="P1",
    issuer_of_patient_id="NORTH",
    patient_name="Παπαδόπουλος^Νίκος",
    birth_date=date(1961, 6, 1),
    sex="M",
    accession_number="A1",
    issuer_of_accession_number="NORTH",
    study_at=datetime.fromisoformat("2026-03-01T10:30"),
    study_description="CT head",
    laterality="L",
    priority="stat",
    referring_physician_name="House^Greg",
    institution_name="North Hospital",
    station_name="NORTH_CT",
    utc_offset_minutes=-210,
    seed=7,
)
_PARTS = {"CT": "HEAD", "MR": "KNEE", "MG": "BREAST", "US": "ABDOMEN", "CR": "CHEST", "PT": "WHOLEBODY"}


def _spec(modality: str, instances: int = 4) -> SyntheticStudySpec:
    return replace(SPEC, modality=modality, body_part=_PARTS[modality], number_of_instances=instances)


@pytest.mark.parametrize("modality", MODALITIES)
def test_equal_specs_give_equal_bytes_and_another_seed_others(modality: str) -> None:
    def digests(spec: SyntheticStudySpec) -> list[str]:
        return [hashlib.sha256(part10_bytes(dataset)).hexdigest() for dataset in synthetic_study(spec)]

    first = digests(_spec(modality, 2))
    assert first == digests(_spec(modality, 2))
    assert not set(first) & set(digests(replace(_spec(modality, 2), seed=8)))


@pytest.mark.parametrize("modality", MODALITIES)
def test_instances_carry_the_identity_and_belong_together(tmp_path: Path, modality: str) -> None:
    spec = _spec(modality)
    headers = [read_header(write(tmp_path, dataset)) for dataset in synthetic_study(spec)]
    assert len(headers) == 4
    assert {header.study_instance_uid for header in headers} == {spec.effective_study_instance_uid}
    assert len({header.sop_instance_uid for header in headers}) == 4
    for header in headers:
        assert header.sop_class_uid in STORAGE_SOP_CLASS_UIDS
        assert (header.patient_name, header.patient_id) == ("Παπαδόπουλος^Νίκος", "P1")
        assert (header.issuer_of_patient_id, header.issuer_of_accession_number) == ("NORTH", "NORTH")
        assert (header.modality, header.priority, header.laterality) == (modality, "stat", "L")
        assert header.study_date_time is not None
        assert header.study_date_time.isoformat() == "2026-03-01T10:30:00-03:30"
        assert header.station_name == "NORTH_CT"
        assert is_valid_uid(header.sop_instance_uid)


@pytest.mark.parametrize("modality", MODALITIES)
def test_pictures_show_something(tmp_path: Path, modality: str) -> None:
    datasets = list(synthetic_study(_spec(modality)))
    picture = np.asarray(render_frame(write(tmp_path, datasets[1]), size=(256, 256)).convert("L")).astype(float)
    assert picture.std() > 20
    assert 0.02 < (picture > 40).mean() < 0.98


@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
def test_slices_lie_one_above_the_other(modality: str) -> None:
    series: dict[str, list[pydicom.Dataset]] = {}
    for dataset in synthetic_study(_spec(modality, 8)):
        series.setdefault(dataset.SeriesInstanceUID, []).append(dataset)
    assert len(series) == (2 if modality == "MR" else 1)
    for datasets in series.values():
        heights = [float(dataset.ImagePositionPatient[2]) for dataset in datasets]
        steps = np.diff(heights)
        np.testing.assert_allclose(steps, float(datasets[0].SliceThickness), atol=1e-3)
        assert len({dataset.FrameOfReferenceUID for dataset in datasets}) == 1
        assert datasets[0].ImageOrientationPatient == [1, 0, 0, 0, 1, 0]


def test_hounsfield_units_are_those_of_the_tissues() -> None:
    dataset = list(synthetic_study(_spec("CT", 9)))[4]
    hounsfield = dataset.pixel_array.astype(float) + float(dataset.RescaleIntercept)
    assert hounsfield[:20, :20].mean() == pytest.approx(-1000, abs=25)
    assert 15 < np.median(hounsfield[(hounsfield > -50) & (hounsfield < 120)]) < 50
    assert hounsfield.max() > 800


def test_lesion_lies_on_the_side_asked_for() -> None:
    left, right = (
        list(synthetic_study(replace(_spec("CT", 9), laterality=side, study_instance_uid="1.2.3")))[
            5
        ].pixel_array.astype(int)
        for side in "LR"
    )
    columns = np.flatnonzero((left - right > 25).sum(axis=0) > 3)
    assert columns.size
    assert columns.min() > 256


def test_mammography_gives_the_four_views_or_one_side() -> None:
    both = [(d.ImageLaterality, d.ViewPosition) for d in synthetic_study(replace(_spec("MG"), laterality=""))]
    assert both == [("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO")]
    one = [(d.ImageLaterality, d.ViewPosition) for d in synthetic_study(_spec("MG", 2))]
    assert one == [("L", "CC"), ("L", "MLO")]


def test_a_ct_slice_takes_milliseconds() -> None:
    list(synthetic_study(_spec("CT", 2)))
    begun = time.process_time()
    count = sum(1 for _ in synthetic_study(replace(SPEC, body_part="CHEST", number_of_instances=20)))
    assert (time.process_time() - begun) / count < 0.06  # 15 ms on an idle core; the suite shares it


def test_impossible_specs_are_refused() -> None:
    for name, wrong, word in (
        ("modality", "XX", "XX"),
        ("number_of_instances", 0, "instance"),
        ("priority", "soon", "soon"),
    ):
        with pytest.raises(ValueError, match=word):
            replace(SPEC, **{name: wrong})


_IDENTITY = DemoIdentity(
    study_key="prior-1",
    patient_id="P7",
    issuer_of_patient_id="SOUTH",
    patient_name="Ким^Анна",
    study_at=datetime.fromisoformat("2025-05-06T07:08:09"),
    sex="F",
    accession_number="A7",
    issuer_of_accession_number="SOUTH",
    modality="MR",
)


@pytest.mark.parametrize("path", pydicom_shipped_files(), ids=lambda path: path.name)
def test_real_files_get_a_demonstration_identity(tmp_path: Path, path: Path) -> None:
    with quietly():
        original = pydicom.dcmread(path)
        moved = rehome(original, _IDENTITY)
        content = part10_bytes(moved)
        assert content == part10_bytes(rehome(pydicom.dcmread(path), _IDENTITY))
    before, after = read_header(path), read_header(write(tmp_path, content))
    assert (after.patient_id, after.issuer_of_patient_id, after.patient_name) == ("P7", "SOUTH", "Ким^Анна")
    assert (after.accession_number, after.issuer_of_accession_number) == ("A7", "SOUTH")
    assert after.study_date == date(2025, 5, 6)
    assert not {before.study_instance_uid, before.sop_instance_uid} & {after.study_instance_uid, after.sop_instance_uid}
    assert after.transfer_syntax_uid == before.transfer_syntax_uid
    assert moved.PixelData == original.PixelData
    assert render_frame(tmp_path / "instance.dcm").width > 1
