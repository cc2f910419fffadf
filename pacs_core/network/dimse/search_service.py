"""Answer a C-FIND whose matches may be encoded already (PS3.4 C.4.1); find.py does the search.

pynetdicom's own loop takes data sets and encodes each through pydicom, which takes longer than all else about a match.
"""

import logging
from collections.abc import Iterator
from io import BytesIO
from typing import cast

from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.dsutils import encode
from pynetdicom.presentation import PresentationContext
from pynetdicom.service_class import QueryRetrieveServiceClass

from pacs_core.archive.errors import without_values
from pacs_core.network.dimse.find import Answer
from pacs_core.network.dimse.statuses import CANNOT_UNDERSTAND, PENDING, PENDING_WITHOUT_SOME_KEYS, SUCCESS

logger = logging.getLogger(__name__)


class SearchingServiceClass(QueryRetrieveServiceClass):
    """Query and retrieve, with matches as data sets or as the bytes that leave."""

    def _c_find_scp(self, req: C_FIND, context: PresentationContext) -> None:
        syntax = context.transfer_syntax[0]
        attributes = {"request": req, "context": context.as_tuple, "_is_cancelled": self.is_cancelled}
        answer = C_FIND()
        answer.MessageIDBeingRespondedTo = req.MessageID
        answer.AffectedSOPClassUID = req.AffectedSOPClassUID
        try:
            for status, identifier in cast("Iterator[Answer]", evt.trigger(self.assoc, evt.EVT_C_FIND, attributes)):
                if not self.assoc.is_established:
                    return
                answer = self.validate_status(status, answer)
                if isinstance(identifier, Dataset):
                    identifier = encode(identifier, syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated)
                answer.Identifier = BytesIO(identifier) if identifier else None
                if answer.Status not in (PENDING, PENDING_WITHOUT_SOME_KEYS):
                    break
                if not identifier:
                    raise ValueError("a match without an identifier")
                self.dimse.send_msg(answer, cast(int, context.context_id))
            else:
                answer.Status = SUCCESS
        except Exception as error:
            logger.error("Search failed: %s", type(error).__name__, exc_info=without_values(error))
            answer.Status = CANNOT_UNDERSTAND
        answer.Identifier = None
        self.dimse.send_msg(answer, cast(int, context.context_id))
