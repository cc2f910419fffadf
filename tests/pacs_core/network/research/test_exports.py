"""De-identified copies as durable jobs: a ZIP, a node, what is left out, what survives an interruption."""

import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pydicom import dcmread

from hospitals.models import Hospital
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Study, StudyConflict
from pacs_core.archive.services.conflict_decisions import reassign_conflict
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from pacs_core.network.outbound.jobs import LOST_AFTER, JobHeartbeat, JobNotRetriable
from pacs_core.network.research import making
from pacs_core.network.research.delivery import NotEverythingHere
from pacs_core.network.research.errors import ExportValueRefused, KeyNotReadable
from pacs_core.network.research.expiry import KEPT_FOR, remove_expired_exports
from pacs_core.network.research.keys import pseudonyms_of
from pacs_core.network.research.models import DeidentifiedExport, ResearchProject
from pacs_core.network.research.services import (
    add_research_project,
    ask_for_deidentified_export,
    retry_deidentified_export,
)
from pacs_core.network.tasks import sweep_deidentified_exports
from tests.pacs_core.archive.instances import index_all, receive, refused
from tests.pacs_core.network.dicomweb.archive import file_study
from tests.protocol.test_forwarding import storescp, uids_in
from tests.story import in_hospital, make_hospital, make_node, make_patient, see_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Hospital:
    return make_hospital()


@pytest.fixture
def project(north: Hospital) -> ResearchProject:
    with in_hospital(north):
        return add_research_project(hospital_id=north.pk, code="LUNG", name="Lung nodules")


def ask(project: ResearchProject, *studies: Study, **options: Any) -> DeidentifiedExport:
    with in_hospital(project.hospital):
        names = [study.accession_number for study in studies]
        return ask_for_deidentified_export(project=project, studies=names, **options)


def make(export: DeidentifiedExport) -> DeidentifiedExport:
    making.make_export(export_id=export.pk, hospital_id=export.hospital_id)
    with in_hospital(export.hospital):
        return DeidentifiedExport.objects.get(pk=export.pk)


def read_zip(export: DeidentifiedExport) -> dict[str, Any]:
    with zipfile.ZipFile(stored_path(export.file_path)) as archive:
        assert archive.testzip() is None
        return {name: dcmread(BytesIO(archive.read(name))) for name in archive.namelist()}


def test_a_zip_of_several_patients_holds_copies_and_a_dicomdir(north: Hospital, project: ResearchProject) -> None:
    patient = make_patient(north)
    studies = file_study(north, images=2, patient=patient), file_study(north, patient=patient), file_study(north)
    done = make(ask(project, *studies))
    assert (done.status, done.instances_copied, done.left_out) == ("done", 4, {})
    content = read_zip(done)
    directory = content.pop("DICOMDIR")
    records = [record.DirectoryRecordType for record in directory.DirectoryRecordSequence]
    assert (records.count("PATIENT"), records.count("STUDY"), records.count("IMAGE")) == (2, 3, 4)
    assert {copy.PatientIdentityRemoved for copy in content.values()} == {"YES"}
    assert not any(study.study_instance_uid in str(copy) for study in studies for copy in content.values())
    assert not making.folder_of(done).exists()
    with see_all():
        actions = AuditEntry.objects.filter(object_type="deidentified_export").order_by("pk")
        assert [entry.action for entry in actions] == ["deidentified_export.asked", "deidentified_export.done"]
        assert actions[0].detail["studies"] == sorted(study.pk for study in studies)
        assert Event.objects.filter(name="DeidentifiedExportChanged").exists()


def test_two_exports_of_a_project_fit_together_and_two_projects_do_not(
    north: Hospital, project: ResearchProject
) -> None:
    study = file_study(north)
    with in_hospital(north):
        other = add_research_project(hospital_id=north.pk, code="HEART", name="Hearts")
    copies = []
    for asked in (project, project, other):
        content = read_zip(make(ask(asked, study)))
        del content["DICOMDIR"]
        copies += content.values()
    assert copies[0] == copies[1]
    assert copies[0].SOPInstanceUID != copies[2].SOPInstanceUID
    assert (copies[0].PatientID[:5], copies[2].PatientID[:6]) == ("LUNG-", "HEART-")


def test_images_that_may_show_text_are_left_out_and_counted(north: Hospital, project: ResearchProject) -> None:
    study = file_study(north, images=2, Modality="US")
    left = make(ask(project, study))
    reason = "US images often carry text in their pixels"
    assert (left.status, left.instances_copied, left.left_out, left.file_path) == ("done", 0, {reason: 2}, "")
    looked = make(ask(project, study, accepts_doubtful_pixels=True))
    assert (looked.instances_copied, looked.left_out) == (2, {})


def test_an_interrupted_export_goes_on_where_it_was(
    north: Hospital, project: ResearchProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = ask(project, file_study(north, images=3))
    with monkeypatch.context() as patched:
        patched.setattr(making, "LONGEST_RUN_SECONDS", -1)
        once = make(export)
        assert (once.status, once.instances_copied) == ("waiting", 1)
    done = make(export)
    assert (done.status, done.instances_copied, len(read_zip(done))) == ("done", 3, 4)


def test_copies_that_another_machine_made_are_made_again(
    north: Hospital, project: ResearchProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = ask(project, file_study(north, images=2))
    with monkeypatch.context() as patched:
        patched.setattr(making, "LONGEST_RUN_SECONDS", -1)
        make(export)
    next(making.folder_of(export).iterdir()).unlink()
    assert make(export).status == "waiting"
    assert len(read_zip(make(export))) == 3


def test_an_export_of_a_killed_worker_is_taken_up_by_the_sweep(north: Hospital, project: ResearchProject) -> None:
    export = ask(project, file_study(north))
    with in_hospital(north):
        long_ago = timezone.now() - LOST_AFTER - timedelta(seconds=1)
        DeidentifiedExport.objects.update(status="running", heartbeat_at=long_ago)
    assert make(export).status == "running", "another worker may have it"
    sweep_deidentified_exports()
    assert make(export).status == "done"


def test_copies_are_of_what_leaves_the_archive_and_two_of_one_file_stay_two(
    north: Hospital, project: ResearchProject
) -> None:
    """What was filed beside the first under a new UID has the first one's UID in its file."""
    receive(north, study="2.25.1", AccessionNumber="A1")
    index_all(north)
    refused(north, study="2.25.1", WindowCenter=40)
    with in_hospital(north):
        reassign_conflict(conflict_id=StudyConflict.objects.get().pk)
        study = Study.objects.get()
    content = read_zip(make(ask(project, study)))
    del content["DICOMDIR"]
    assert len({copy.SOPInstanceUID for copy in content.values()}) == 2
    assert not any("OriginalAttributesSequence" in copy for copy in content.values())


def test_copies_that_are_always_gone_are_given_up(
    north: Hospital, project: ResearchProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = ask(project, file_study(north))

    def nothing_here(*_: object) -> dict[str, object]:
        raise NotEverythingHere

    monkeypatch.setattr(making, "pack", nothing_here)
    ends = [make(export).status for _ in range(making.ATTEMPTS)]
    assert ends == ["waiting"] * (making.ATTEMPTS - 1) + ["failed"]
    making.folder_of(export).mkdir()
    remove_expired_exports(now=timezone.now())
    assert making.folder_of(export).exists()
    remove_expired_exports(now=timezone.now() + KEPT_FOR + timedelta(minutes=1))
    assert not making.folder_of(export).exists()


def test_a_file_that_cannot_be_read_does_not_keep_the_others(north: Hospital, project: ResearchProject) -> None:
    study = file_study(north, images=2)
    stored_path(f"{north.pk}/{study.study_instance_uid}.1.2.dcm").write_bytes(b"damaged")
    done = make(ask(project, study))
    assert (done.instances_copied, done.left_out) == (1, {"its stored file cannot be read": 1})


def test_copies_go_to_a_node(north: Hospital, project: ResearchProject, tmp_path: Path) -> None:
    study = file_study(north, images=3)
    with storescp(tmp_path / "taken") as port:
        make_node(north, "AI_BLEED", host="127.0.0.1", port=port)
        done = make(ask(project, study, ae_title="AI_BLEED"))
    assert (done.status, done.instances_sent, done.last_error) == ("done", 3, "")
    with in_hospital(north):
        pseudonyms = pseudonyms_of(project)
    assert uids_in(tmp_path / "taken") == {
        pseudonyms.of_uid(f"{study.study_instance_uid}.1.{number}") for number in (1, 2, 3)
    }


@pytest.mark.parametrize("way", ["ZIP", "node"])
def test_a_delivery_that_lasts_gives_signs_of_life(
    north: Hospital, project: ResearchProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    signs: list[JobHeartbeat] = []
    monkeypatch.setattr(JobHeartbeat, "beat", lambda self: signs.append(self))
    with storescp(tmp_path / "taken") as port:
        make_node(north, "AI_BLEED", host="127.0.0.1", port=port)
        study = file_study(north, images=2)
        done = make(ask(project, study, ae_title="AI_BLEED") if way == "node" else ask(project, study))
    assert done.status == "done"
    assert len(signs) >= 2


def test_a_node_that_does_not_answer_is_tried_again_and_named(north: Hospital, project: ResearchProject) -> None:
    make_node(north, "AWAY", host="127.0.0.1", port=9)
    failed = make(ask(project, file_study(north), ae_title="AWAY"))
    assert (failed.status, failed.attempts) == ("waiting", 1)
    assert "AWAY" in failed.last_error
    with in_hospital(north):
        retry_deidentified_export(export_id=failed.pk)
        DeidentifiedExport.objects.update(status="done")
        with pytest.raises(JobNotRetriable):
            retry_deidentified_export(export_id=failed.pk)


@pytest.mark.parametrize(
    ("studies", "ae_title", "field", "words"),
    [
        ([], "", "studies", "at least one"),
        (["A-UNKNOWN"], "", "studies", "A-UNKNOWN"),
        (["x"] * 501, "", "studies", "at most 500"),
        (None, "NOWHERE", "ae_title", "NOWHERE"),
    ],
)
def test_what_cannot_be_exported_is_named(
    north: Hospital, project: ResearchProject, studies: list[str] | None, ae_title: str, field: str, words: str
) -> None:
    names = [file_study(north).study_instance_uid] if studies is None else studies
    with in_hospital(north), pytest.raises(ExportValueRefused) as refused:
        ask_for_deidentified_export(project=project, studies=names, ae_title=ae_title)
    assert words in refused.value.errors[field][0]


def test_another_hospitals_study_is_no_study_of_the_project(project: ResearchProject) -> None:
    foreign = file_study(make_hospital("SOUTH"))
    with see_all(), pytest.raises(ExportValueRefused, match="No study of this hospital"):
        ask_for_deidentified_export(project=project, studies=[foreign.study_instance_uid])


def test_a_projects_code_is_checked_and_used_once(north: Hospital, project: ResearchProject) -> None:
    with in_hospital(north):
        for code in ("LUNG", "lung", "x"):
            with pytest.raises(ExportValueRefused, match="code"):
                add_research_project(hospital_id=north.pk, code=code, name="Again")


def test_the_key_survives_a_new_secret_beside_the_old_one_and_nothing_else(
    project: ResearchProject, settings: Any
) -> None:
    old, before = settings.SIGNING_KEY_SECRET, pseudonyms_of(project)
    assert before.key not in bytes(project.sealed_key)
    settings.SIGNING_KEY_SECRET = f"new secret,{old}"
    assert pseudonyms_of(project) == before
    settings.SIGNING_KEY_SECRET = "new secret"
    with pytest.raises(KeyNotReadable, match="name the old secret"):
        pseudonyms_of(project)


def test_a_zip_is_removed_after_some_days(north: Hospital, project: ResearchProject) -> None:
    done = make(ask(project, file_study(north)))
    path = stored_path(done.file_path)
    assert remove_expired_exports(now=timezone.now()) == 0
    assert path.is_file()
    assert remove_expired_exports(now=timezone.now() + KEPT_FOR + timedelta(minutes=1)) == 1
    assert not path.exists()
    with in_hospital(north):
        assert DeidentifiedExport.objects.get().file_path == ""
