import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacs_core.standards.hl7.errors import MllpBlockTooLarge, MllpFramingError, MllpGarbage, MllpUnterminatedBlock
from pacs_core.standards.hl7.mllp import MllpDecoder, encode_block

_MESSAGES = [b"MSH|^~\\&|A\rPID|1\r", "MSH|Ж\r".encode(), b"", b"x" * 500]
_STREAM = b"".join(encode_block(message) for message in _MESSAGES)
_messages = st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\x0b", b"").replace(b"\x1c", b"")), max_size=6)


def test_a_stream_split_at_any_byte_gives_the_same_messages() -> None:
    for place in range(len(_STREAM) + 1):
        decoder = MllpDecoder()
        assert decoder.feed(_STREAM[:place]) + decoder.feed(_STREAM[place:]) == _MESSAGES, place
        assert decoder.close() == []


def test_a_stream_fed_byte_by_byte() -> None:
    decoder = MllpDecoder()
    assert [result for byte in _STREAM for result in decoder.feed(bytes([byte]))] == _MESSAGES


@given(messages=_messages, sizes=st.lists(st.integers(1, 30), min_size=1))
def test_any_messages_in_any_pieces_come_back(messages: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(encode_block(message) for message in messages)
    decoder, received, position, turn = MllpDecoder(), [], 0, 0
    while position < len(stream):
        size = sizes[turn % len(sizes)]
        received += decoder.feed(stream[position : position + size])
        position, turn = position + size, turn + 1
    assert received == messages


@given(pieces=st.lists(st.binary(max_size=200), max_size=8))
def test_random_bytes_never_stop_the_next_good_message(pieces: list[bytes]) -> None:
    decoder = MllpDecoder()
    for piece in pieces:
        assert all(isinstance(result, bytes | MllpFramingError) for result in decoder.feed(piece))
    assert decoder.feed(encode_block(b"MSH|good"))[-1] == b"MSH|good"


def test_garbage_between_blocks_is_counted_once() -> None:
    decoder = MllpDecoder()
    results = decoder.feed(b"GET / HTTP/1.1\r\n" + encode_block(b"MSH|1") + b"\r\n" + encode_block(b"MSH|2"))
    assert results[1:] == [b"MSH|1", b"MSH|2"]
    assert isinstance(results[0], MllpGarbage)
    assert results[0].byte_count == 14


def test_block_over_the_limit_is_refused_before_it_is_held() -> None:
    decoder = MllpDecoder(limit=100)
    assert decoder.feed(encode_block(b"x" * 100)) == [b"x" * 100]
    results = decoder.feed(b"\x0b" + b"x" * 60) + decoder.feed(b"x" * 60)
    assert len(results) == 1
    assert isinstance(results[0], MllpBlockTooLarge)
    assert not results[0].recoverable
    assert not decoder.is_inside_block


def test_block_that_begins_inside_another_loses_only_the_first() -> None:
    results = MllpDecoder().feed(b"\x0bMSH|cut" + encode_block(b"MSH|whole"))
    assert isinstance(results[0], MllpUnterminatedBlock)
    assert results[1:] == [b"MSH|whole"]


def test_end_of_stream_inside_a_block_is_reported() -> None:
    decoder = MllpDecoder()
    assert decoder.feed(b"\x0bMSH|cut") == []
    assert [type(error) for error in decoder.close()] == [MllpUnterminatedBlock]


def test_framing_characters_inside_a_message_are_refused() -> None:
    for character in (b"\x0b", b"\x1c"):
        with pytest.raises(ValueError, match="framing"):
            encode_block(b"MSH" + character)
