from datetime import UTC, datetime

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacs_core.standards.hl7.acknowledgement import acknowledgement_code_of, build_acknowledgement
from pacs_core.standards.hl7.errors import Hl7Error, Hl7FieldError, Hl7MessageTypeNotSupported, Hl7SyntaxError
from pacs_core.standards.hl7.messages import parse_order_message
from pacs_core.standards.hl7.mllp import encode_block
from pacs_core.standards.hl7.order_building import build_order_message

from .test_hl7_orders import ORDER

_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_RECEIVED = build_order_message(ORDER)


def _acknowledge(received: bytes, code: str, error: Hl7Error | None = None) -> hl7.Message:
    return hl7.parse(build_acknowledgement(received, code=code, at=_AT, control_id="ACK1", error=error).decode())


def test_acceptance_answers_the_control_id_and_swaps_the_parties() -> None:
    message = _acknowledge(_RECEIVED, "AA")
    assert str(message["MSA"][0]) == "MSA|AA|M1"
    assert [str(message["MSH"][0][n]) for n in (3, 4, 5, 6)] == ["MERIDIAN", "NETWORK", "RIS", "NORTH"]
    assert str(message["MSH"][0][7]) == "20260102030405+0000"
    assert str(message["MSH"][0][9]) == "ACK^O01^ACK"
    with pytest.raises(KeyError):
        message.segment("ERR")


def test_field_error_is_located_in_err() -> None:
    broken = _RECEIVED.replace(b"ORC|NW", b"ORC|QQ")
    with pytest.raises(Hl7FieldError) as caught:
        parse_order_message(broken)
    assert acknowledgement_code_of(caught.value) == "AE"
    error = _acknowledge(broken, "AE", caught.value).segment("ERR")
    assert [str(error[n]) for n in (2, 3, 4)] == ["ORC^1^1", "103^Table value not found^HL70357", "E"]
    assert str(error[8]).startswith("ORC-1: the order control")


def test_unsupported_message_and_foreign_bytes_are_rejected() -> None:
    assert acknowledgement_code_of(Hl7MessageTypeNotSupported("ADT^A01")) == "AR"
    assert acknowledgement_code_of(Hl7SyntaxError("no")) == "AR"
    assert acknowledgement_code_of(Hl7FieldError("MSH", 18, "unknown")) == "AR"
    message = _acknowledge(b"MSH|nonsense|||||||||", "AR", Hl7SyntaxError("no"))
    assert str(message["MSA"][0]) == "MSA|AR"


def test_control_id_is_found_in_a_message_that_cannot_be_decoded() -> None:
    broken = _RECEIVED.replace(b"UNICODE UTF-8", b"KLINGON")
    assert str(_acknowledge(broken, "AR")["MSA"][0]) == "MSA|AR|M1"


@given(received=st.binary(max_size=300))
def test_any_bytes_can_be_answered_in_one_block(received: bytes) -> None:
    for prefix in (b"", b"MSH|^~\\&|", b"MSH|^~\\&|||||||||"):
        answer = build_acknowledgement(
            prefix + received, code="AR", at=_AT, control_id="ACK1", error=Hl7SyntaxError("no")
        )
        assert encode_block(answer)
        message = hl7.parse(answer.decode())
        assert [str(segment[0]) for segment in message] == ["MSH", "MSA", "ERR"]
