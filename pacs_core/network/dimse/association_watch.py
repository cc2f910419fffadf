"""Keeps the open associations of a worker process: their beat for the others, their end when a node is paused."""

import logging
import time

from django.db import Error, connection

from pacs_core.network.dimse.admission import caller_of, open_associations, process_name
from pacs_core.network.nodes.associations import BEAT_SECONDS, beat_for_places, nodes_shut_out

logger = logging.getLogger(__name__)


class AssociationWatch:
    """Called every second or so by the process's main thread; asks the database only while something is open."""

    def __init__(self) -> None:
        self._beat_at = time.monotonic()

    def look(self) -> None:
        """End what may not be open any more and beat for the rest; a database that is away is left to the next look."""
        associations = {association: caller_of(association).node_id for association in open_associations()}
        if not associations:
            return
        try:
            shut_out = nodes_shut_out(node_ids=set(associations.values()))
            if time.monotonic() - self._beat_at >= BEAT_SECONDS:
                beat_for_places(process=process_name())
                self._beat_at = time.monotonic()
        except Error as error:
            logger.error("Open associations not looked after: %s", type(error).__name__)
            connection.close()
            return
        for association, node_id in associations.items():
            if node_id in shut_out:
                # Not waited for: what was not answered yet is sent again, to whoever then takes it.
                logger.warning("Association of a node that is paused or removed ended")
                association.abort(block=False)
