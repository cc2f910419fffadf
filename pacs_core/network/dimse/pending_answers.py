"""Send the answers that come by the thousand, to C-FIND and C-STORE, without making data sets of their command sets."""

from typing import Any

from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_FIND_RSP, DIMSEMessage
from pynetdicom.dimse_primitives import C_FIND, C_STORE
from pynetdicom.pdu_primitives import P_DATA

from pacs_core.network.dimse.command_sets import encoded_store_answer
from pacs_core.network.dimse.statuses import PENDING, PENDING_WITHOUT_SOME_KEYS

# Control headers of a whole command set, and of fragments of a data set (PS3.8 E.2).
_COMMAND, _MORE, _LAST = b"\x03", b"\x00", b"\x02"


class RepeatingProvider(DIMSEServiceProvider):
    """pynetdicom's, which keeps the command set of the last pending answer; only the identifier differs (PS3.7 9.3)."""

    _kept: tuple[tuple[Any, ...], bytes] | None = None

    def send_msg(self, primitive: Any, context_id: int) -> None:
        if isinstance(primitive, C_STORE) and primitive.MessageIDBeingRespondedTo is not None:
            answer = encoded_store_answer(primitive)
            if answer and (not self.maximum_pdu_size or len(answer) + 6 <= self.maximum_pdu_size):
                self._send(context_id, _COMMAND + answer)
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
        self._send(context_id, _COMMAND + command)
        fragments = list(DIMSEMessage._generate_pdv_fragments(content, most))
        for number, fragment in enumerate(fragments, start=1):
            self._send(context_id, (_LAST if number == len(fragments) else _MORE) + fragment)

    def _command_set(self, primitive: C_FIND) -> bytes:
        key = (primitive.MessageIDBeingRespondedTo, primitive.AffectedSOPClassUID, primitive.Status)
        if self._kept is None or self._kept[0] != key:
            message = C_FIND_RSP()
            message.primitive_to_message(primitive)
            first = next(message.encode_msg(1, 0))
            self._kept = key, first.presentation_data_value_list[0][1][1:]
        return self._kept[1]

    def _send(self, context_id: int, data: bytes) -> None:
        primitive = P_DATA()
        primitive.presentation_data_value_list.append((context_id, data))
        self.dul.send_pdu(primitive)
