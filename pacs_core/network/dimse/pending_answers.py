"""Send what comes by the thousand, matches, answers to images, and images, without making data sets of command sets."""

from pathlib import Path
from typing import Any, cast

from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_FIND_RSP, DIMSEMessage
from pynetdicom.dimse_primitives import C_FIND, C_STORE
from pynetdicom.pdu_primitives import P_DATA

from pacs_core.network.dimse.command_sets import encoded_store_answer, encoded_store_request
from pacs_core.network.dimse.file_sender import FileSender
from pacs_core.network.dimse.statuses import PENDING, PENDING_WITHOUT_SOME_KEYS

# Control headers of a whole command set, and of fragments of a data set (PS3.8 E.2).
_COMMAND, _MORE, _LAST = b"\x03", b"\x00", b"\x02"
# Of two presentation data values in one PDU: their lengths, contexts and control headers (PS3.8 9.3.5).
_HEADERS = 2 * 6


class RepeatingProvider(DIMSEServiceProvider):
    """pynetdicom's, which keeps the command set of the last pending answer; only the identifier differs (PS3.7 9.3)."""

    _kept: tuple[tuple[Any, ...], bytes] | None = None

    def send_msg(self, primitive: Any, context_id: int) -> None:
        if isinstance(primitive, C_STORE) and primitive.MessageIDBeingRespondedTo is None:
            self._send_store_request(primitive, context_id)
            return
        if isinstance(primitive, C_STORE):
            answer = encoded_store_answer(primitive)
            if answer and (not self.maximum_pdu_size or len(answer) + 6 <= self.maximum_pdu_size):
                self._send((context_id, _COMMAND + answer))
                return
        if not isinstance(primitive, C_FIND) or primitive.Status not in (PENDING, PENDING_WITHOUT_SOME_KEYS):
            super().send_msg(primitive, context_id)
            return
        content = primitive.Identifier.getvalue() if primitive.Identifier else b""
        command = self._command_set(primitive)
        most = self.maximum_pdu_size
        if not content or (most and len(command) + 6 > most):
            super().send_msg(primitive, context_id)
            return
        first = (context_id, _COMMAND + command)
        if not most or len(command) + len(content) + _HEADERS <= most:
            self._send(first, (context_id, _LAST + content))
            return
        self._send(first)
        fragments = list(DIMSEMessage._generate_pdv_fragments(content, most))
        for number, fragment in enumerate(fragments, start=1):
            self._send((context_id, (_LAST if number == len(fragments) else _MORE) + fragment))

    def _send_store_request(self, primitive: C_STORE, context_id: int) -> None:
        """Send a file that is named (as pynetdicom says, with the offset of its data set) past all buffers of ours."""
        upper_layer = cast(FileSender, self.dul)
        command, most = encoded_store_request(primitive), self.maximum_pdu_size
        if primitive._dataset_path is None or not upper_layer.transfers_at_once or (most and len(command) + 6 > most):
            super().send_msg(primitive, context_id)
            return
        path, offset = cast("tuple[Path, int]", primitive._dataset_path)
        with open(path, "rb") as file:
            self._send((context_id, _COMMAND + command))
            upper_layer.send_file(file, offset, context_id=context_id, longest_pdu=most)

    def _command_set(self, primitive: C_FIND) -> bytes:
        key = (primitive.MessageIDBeingRespondedTo, primitive.AffectedSOPClassUID, primitive.Status)
        if self._kept is None or self._kept[0] != key:
            message = C_FIND_RSP()
            message.primitive_to_message(primitive)
            first = next(message.encode_msg(1, 0))
            self._kept = key, first.presentation_data_value_list[0][1][1:]
        return self._kept[1]

    def _send(self, *values: tuple[int, bytes]) -> None:
        primitive = P_DATA()
        primitive.presentation_data_value_list.extend(values)
        self.dul.send_pdu(primitive)
