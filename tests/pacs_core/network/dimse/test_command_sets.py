"""Our encoding of C-STORE's command sets beside pynetdicom's, byte for byte and value for value."""

from io import BytesIO

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage
from pynetdicom.dimse_messages import C_STORE_RQ, C_STORE_RSP
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import decode, encode

from pacs_core.network.dimse.command_sets import CommandSet, decode_command_set, encoded_store_answer


def request(**values: object) -> bytes:
    primitive = C_STORE()
    primitive.MessageID, primitive.Priority = 7, 2
    primitive.AffectedSOPClassUID, primitive.AffectedSOPInstanceUID = CTImageStorage, "2.25.17"
    primitive.DataSet = BytesIO(b"\0\0")
    for keyword, value in values.items():
        setattr(primitive, keyword, value)
    message = C_STORE_RQ()
    message.primitive_to_message(primitive)
    return next(message.encode_msg(1, 0)).presentation_data_value_list[0][1][1:]


@pytest.mark.parametrize(
    "values", [{}, {"MoveOriginatorApplicationEntityTitle": "NORTH_PACS", "MoveOriginatorMessageID": 12}]
)
def test_request_is_decoded_as_pydicom_decodes_it(values):
    content = request(**values)
    ours, theirs = C_STORE_RQ(), C_STORE_RQ()
    ours.command_set = decode_command_set(BytesIO(content), True, True)
    theirs.command_set = decode(BytesIO(content), True, True)
    assert isinstance(ours.command_set, CommandSet)
    ours.context_id = theirs.context_id = 1
    one, other = ours.message_to_primitive(), theirs.message_to_primitive()
    for keyword in ("MessageID", "Priority", "AffectedSOPClassUID", "AffectedSOPInstanceUID", *values):
        assert getattr(one, keyword) == getattr(other, keyword) is not None


@pytest.mark.parametrize(
    "content",
    [
        request().replace(b"2.25.17", b"2.25\\17"),  # two values
        request() + b"\0\0\x10\x02\x04\0\0\0ABCD",  # an element of another service
        request()[:-3],
    ],
)
def test_what_is_unusual_is_left_to_pydicom(content):
    assert isinstance(decode_command_set(BytesIO(content), True, True), Dataset)


@pytest.mark.parametrize("status", [0x0000, 0xA700, 0xC001])
@pytest.mark.parametrize("uid", ["2.25.17", "2.25.178"])
def test_answer_is_what_pynetdicom_encodes(status, uid):
    answer = C_STORE()
    answer.MessageID = answer.MessageIDBeingRespondedTo = 4711
    answer.AffectedSOPClassUID, answer.AffectedSOPInstanceUID, answer.Status = CTImageStorage, uid, status
    message = C_STORE_RSP()
    message.primitive_to_message(answer)
    assert encoded_store_answer(answer) == encode(message.command_set, True, True)


def test_answer_with_a_reason_is_left_to_pynetdicom():
    answer = C_STORE()
    answer.MessageIDBeingRespondedTo, answer.Status, answer.ErrorComment = 1, 0xC001, "held with other content"
    assert encoded_store_answer(answer) is None
