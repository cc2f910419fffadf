import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacs_core.standards.dicom.storage_classes import (
    STORAGE_SOP_CLASS_UIDS,
    TRANSFER_SYNTAX_UIDS,
    is_acceptable_storage_class,
)
from pacs_core.standards.dicom.uid import is_valid_uid, uid_of_name, uid_violation


@given(st.text(), st.text())
def test_uid_of_a_name_is_valid_and_always_the_same(first: str, second: str) -> None:
    try:
        uid = uid_of_name(first, second)
    except UnicodeEncodeError:
        return
    assert is_valid_uid(uid)
    assert uid == uid_of_name(first, second)


def test_uid_of_a_name_is_the_same_on_every_machine() -> None:
    assert uid_of_name("study", 1) == uid_of_name("study", "1") == "2.25.87276667373205976420970500991091093342"
    assert uid_of_name("a", "b") != uid_of_name("ab")


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.1", "2.25.0", "1.0.3"])
def test_valid_uids(uid: str) -> None:
    assert uid_violation(uid) is None


@pytest.mark.parametrize("uid", ["", "1", "1..2", "1.02", "3.1", "1.2.", "1.2." + "1" * 61, "1.a", "1.2\n", "१.2"])
def test_invalid_uids(uid: str) -> None:
    assert uid_violation(uid)


def test_storage_classes_of_the_standard_and_private_ones_are_acceptable() -> None:
    assert "1.2.840.10008.5.1.4.1.1.2" in STORAGE_SOP_CLASS_UIDS
    assert all(is_acceptable_storage_class(uid) for uid in STORAGE_SOP_CLASS_UIDS)
    assert is_acceptable_storage_class("1.3.12.2.1107.5.9.1")
    assert not is_acceptable_storage_class("1.2.840.10008.1.1")
    assert not is_acceptable_storage_class("1.2.840.10008.5.1.4.1.2.2.1")
    assert not is_acceptable_storage_class("nonsense")
    assert {"1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.1.99"} <= set(TRANSFER_SYNTAX_UIDS)
