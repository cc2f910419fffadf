"""Images go when a rule says so: announced, held, never while a report is open, whole or not at all."""

from datetime import date, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.utils import timezone

from hospitals.models import Hospital
from pacs_core.access.scopes import Principal, Scope, open_scope
from pacs_core.archive.errors import RetentionRefused, StorageUnavailable
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import ImageDeletion, Instance, RetentionRule, Series, Study, StudyConflict
from pacs_core.archive.retention import deletion as deletion_module
from pacs_core.archive.retention import services
from pacs_core.archive.retention.deletion import GRACE, announce_deletions, delete_due
from pacs_core.archive.retention.keeping import Keeping
from pacs_core.archive.services.conflict_decisions import reassign_conflict
from pacs_core.archive.services.conflict_undo import undo_conflict_decision
from pacs_core.archive.services.identity import merge_patients, move_study
from pacs_core.audit.models import AuditEntry
from tests.pacs_core.archive.instances import index_all, receive, refused
from tests.story import in_hospital, make_hospital, make_item, make_patient, make_study, make_user, see_all

NOW = timezone.now()
YEAR = timedelta(days=365)


@pytest.fixture
def north(db: None) -> Hospital:
    return make_hospital()


def rule(north: Hospital, modality: str = "", keep_days: int | None = 3650, **fields: int | None) -> RetentionRule:
    values = {"keep_children_until_age": None, "archive_after_days": None} | fields
    with in_hospital(north):
        return services.save_rule(hospital_id=north.pk, modality=modality, keep_days=keep_days, **values)


def old_study(north: Hospital, *, years: int = 11) -> Study:
    """Two filed instances with files, of an examination so many years ago."""
    for number in (1, 2):
        receive(north, number=number)
    index_all(north)
    with in_hospital(north):
        Study.objects.update(study_at=NOW - years * YEAR)
        return Study.objects.get()


def files_of(north: Hospital) -> list[Path]:
    with in_hospital(north):
        return [stored_path(path) for path in Instance.kept.values_list("file_path", flat=True)]


def states(north: Hospital) -> list[str]:
    with in_hospital(north):
        return list(ImageDeletion.objects.order_by("pk").values_list("state", flat=True))


def test_without_a_rule_images_are_kept_for_ever(north: Hospital) -> None:
    old_study(north, years=80)
    assert announce_deletions(NOW) == 0


def test_announced_then_deleted_with_every_file_and_the_study_stays_as_a_record(north: Hospital) -> None:
    study, paths = old_study(north), files_of(north)
    rule(north)
    assert announce_deletions(NOW) == 1
    assert announce_deletions(NOW) == 0
    assert delete_due(NOW + GRACE - timedelta(seconds=1)) == 0
    assert all(path.is_file() for path in paths)
    assert delete_due(NOW + GRACE) == 1
    assert not any(path.exists() for path in paths)
    with in_hospital(north):
        gone = Study.kept.get(pk=study.pk)
        assert (gone.number_of_instances, gone.images_deleted_at, gone.is_hidden) == (0, NOW + GRACE, True)
        assert not Instance.kept.exists()
        assert not Series.kept.exists()
        actions = AuditEntry.objects.filter(object_type="study", object_id=str(study.pk)).values_list(
            "action", flat=True
        )
        assert {"image_deletion.announced", "image_deletion.carried_out"} <= set(actions)
    assert states(north) == ["done"]


def test_sent_again_after_deletion_the_images_are_seen_again(north: Hospital) -> None:
    old_study(north)
    with in_hospital(north):
        Study.objects.update(archived_at=NOW)
    rule(north)
    announce_deletions(NOW)
    delete_due(NOW + GRACE)
    receive(north, number=1)
    index_all(north)
    with in_hospital(north):
        study = Study.objects.get()
        assert (study.number_of_instances, study.images_deleted_at, study.archived_at) == (1, None, None)


def test_a_hold_takes_back_what_was_announced_and_a_released_one_no_longer_counts(north: Hospital) -> None:
    study = old_study(north)
    rule(north)
    announce_deletions(NOW)
    keeper = make_user("hospital_administrator", north)
    with open_scope(Scope(frozenset((north.pk,)), Principal(user_id=keeper.pk, role=keeper.role))):
        with pytest.raises(RetentionRefused, match="reason"):
            services.place_hold(patient=study.patient, study=None, reason=" ")
        hold = services.place_hold(patient=study.patient, study=None, reason="Court")
        assert ImageDeletion.objects.get().why_kept == "A legal hold keeps them."
    assert delete_due(NOW + GRACE) == 0
    assert announce_deletions(NOW) == 0
    with open_scope(Scope(frozenset((north.pk,)), Principal(user_id=keeper.pk, role=keeper.role))):
        services.release_hold(hold=hold)
    assert announce_deletions(NOW) == 1
    assert states(north) == ["withdrawn", "announced"]


def keeping(north: Hospital) -> Scope:
    keeper = make_user("hospital_administrator", north)
    return Scope(frozenset((north.pk,)), Principal(user_id=keeper.pk, role=keeper.role))


def test_a_hold_on_a_patient_outlives_merge_and_move(north: Hospital) -> None:
    study = old_study(north)
    rule(north)
    survivor, third = make_patient(north), make_patient(north)
    with open_scope(keeping(north)):
        services.place_hold(patient=study.patient, study=None, reason="Court")
        merge_patients(surviving_id=survivor.pk, merged_id=study.patient_id)
    assert announce_deletions(NOW) == 0
    with in_hospital(north):
        move_study(study_id=study.pk, patient_id=third.pk)
    assert announce_deletions(NOW) == 0


def test_a_hold_on_an_old_id_holds_what_the_survivor_has(north: Hospital) -> None:
    study = old_study(north)
    rule(north)
    announce_deletions(NOW)
    alias = make_patient(north)
    with open_scope(keeping(north)):
        merge_patients(surviving_id=study.patient_id, merged_id=alias.pk)
        services.place_hold(patient=alias, study=None, reason="Court")
    assert states(north) == ["withdrawn"]
    assert announce_deletions(NOW) == 0


def test_nothing_goes_while_a_report_is_open(north: Hospital) -> None:
    study = old_study(north)
    rule(north)
    item = make_item(north, study)
    assert announce_deletions(NOW) == 0
    with in_hospital(north):
        type(item).objects.filter(pk=item.pk).update(status="signed")
    assert announce_deletions(NOW) == 1
    with in_hospital(north):
        type(item).objects.filter(pk=item.pk).update(status="reading")
    assert delete_due(NOW + GRACE) == 0
    assert states(north) == ["withdrawn"]
    assert all(path.is_file() for path in files_of(north))


def test_a_rule_made_longer_meanwhile_is_followed(north: Hospital) -> None:
    old_study(north)
    rule(north)
    announce_deletions(NOW)
    rule(north, keep_days=36_500)
    assert delete_due(NOW + GRACE) == 0
    with in_hospital(north):
        assert ImageDeletion.objects.get().why_kept == "The rules keep them longer now."


def test_files_left_by_a_killed_run_are_removed_by_the_next(north: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    old_study(north)
    paths = files_of(north)
    rule(north)
    announce_deletions(NOW)

    def killed(_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as kill:
        kill.setattr(deletion_module, "_remove_file", killed)
        with pytest.raises(KeyboardInterrupt):
            delete_due(NOW + GRACE)
    assert states(north) == ["deleting"]
    assert all(path.is_file() for path in paths)
    assert delete_due(NOW + GRACE) == 1
    assert not any(path.exists() for path in paths)
    assert states(north) == ["done"]


@pytest.mark.parametrize("trouble", [StorageUnavailable("away"), PermissionError()])
def test_what_is_sent_again_while_files_are_removed_is_kept(
    north: Hospital, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """The same content has the same path: once for an image that is filed again, once for one that waits for it."""
    old_study(north)
    paths = files_of(north)
    rule(north)
    announce_deletions(NOW)
    with monkeypatch.context() as away:
        away.setattr(deletion_module, "_remove_file", Mock(side_effect=trouble))
        assert delete_due(NOW + GRACE) == 0
    receive(north, number=1)
    index_all(north)
    receive(north, number=2)
    assert delete_due(NOW + GRACE) == 1
    assert all(path.is_file() for path in paths)
    index_all(north)
    with in_hospital(north):
        assert Study.objects.get().number_of_instances == 2


def test_the_file_of_what_waits_for_a_person_outlives_the_study_that_it_was_filed_in(north: Hospital) -> None:
    study = old_study(north)
    refused(north, number=1, WindowCenter=40)
    with in_hospital(north):
        conflict = reassign_conflict(conflict_id=StudyConflict.objects.get().pk)
        question = undo_conflict_decision(conflict_id=conflict.pk)
        waiting = stored_path(question.instances.get().file_path)
    rule(north)
    assert announce_deletions(NOW) == 1
    assert delete_due(NOW + GRACE) == 1
    assert waiting.is_file()
    with in_hospital(north):
        assert Study.kept.get(pk=study.pk).images_deleted_at is not None


def test_the_file_of_what_was_filed_twice_outlives_the_first_study(north: Hospital) -> None:
    old_study(north)
    refused(north, number=1, WindowCenter=40)
    receive(north, study="2.25.2")
    index_all(north, "2.25.2")
    with in_hospital(north):
        undo_conflict_decision(conflict_id=reassign_conflict(conflict_id=StudyConflict.objects.get().pk).pk)
        question, other = StudyConflict.objects.get(decided_at=None), Study.objects.get(study_instance_uid="2.25.2")
        reassign_conflict(conflict_id=question.pk, target_study_id=other.pk)
        Study.kept.filter(pk=other.pk).update(study_at=NOW)
    rule(north)
    assert announce_deletions(NOW) == delete_due(NOW + GRACE) == 1
    assert len(files_of(north)) == 2
    assert all(path.is_file() for path in files_of(north))


def test_another_hospitals_rule_lets_nothing_go_here(north: Hospital) -> None:
    old_study(north)
    rule(make_hospital("SOUTH"), keep_days=1)
    assert announce_deletions(NOW) == 0


@pytest.mark.parametrize(
    ("modalities", "born", "kept_years"),
    [
        (["CT"], None, 10),
        (["MG"], None, None),
        (["CT", "MR"], None, 20),
        (["CT", "MG"], None, None),
        (["CT", "SR"], None, 10),
        (["CT"], date(2018, 2, 28), 21),
        (["CT"], date(2000, 1, 1), 10),
    ],
)
def test_the_longest_of_its_modalities_counts_and_children_grow_up_first(
    north: Hospital, modalities: list[str], born: date | None, kept_years: int | None
) -> None:
    rule(north, "CT", 3650, keep_children_until_age=25)
    rule(north, "MR", 7300)
    rule(north, "MG", None, archive_after_days=100)
    study = make_study(
        north,
        make_patient(north, birth_date=born),
        modalities=modalities,
        study_at=timezone.datetime(2022, 3, 1, tzinfo=timezone.get_current_timezone()),
    )
    with see_all():
        found = Study.objects.select_related("patient", "hospital").get(pk=study.pk)
        keeping = Keeping.of(RetentionRule.objects.all())
        until = keeping.kept_until(found)
        assert keeping.narrowed(Study.objects.all(), "keep_days").exists() == (until is not None)
        assert keeping.narrowed(Study.objects.all(), "archive_after_days").exists() == bool(
            keeping.archived_from(found)
        )
    assert (None if until is None else round((until - found.study_at) / YEAR)) == kept_years


@pytest.mark.parametrize(("keep", "archive"), [(None, None), (100, 100), (10, 500)])
def test_a_rule_that_makes_no_sense_is_refused(north: Hospital, keep: int | None, archive: int | None) -> None:
    with pytest.raises(RetentionRefused):
        rule(north, keep_days=keep, archive_after_days=archive)
