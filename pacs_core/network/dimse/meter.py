"""What an association sends, counted and slowed down to its node's limit."""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta

from django.db import Error, connection
from django.utils import timezone

from pacs_core.network.dimse.statuses import CANNOT_UNDERSTAND, IDENTIFIER_DOES_NOT_MATCH, OUT_OF_RESOURCES
from pacs_core.network.nodes.pacing import book_turns, instances_a_booking
from pacs_core.network.nodes.traffic import add_traffic

logger = logging.getLogger(__name__)

WRITTEN_EVERY_SECONDS = 30
# Senders wait 30 seconds for an answer, some 60; beyond this they are told to come again instead.
LONGEST_WAIT = timedelta(seconds=20)
_REFUSALS = {
    OUT_OF_RESOURCES: "the storage or the database was not there, or it sends far beyond its limit",
    CANNOT_UNDERSTAND: "it could not be read and waits in quarantine",
    IDENTIFIER_DOES_NOT_MATCH: "it was not the one announced and waits in quarantine",
}


@dataclass
class Meter:
    """Used by the association's own thread only."""

    node_id: int
    hospital_id: int
    instances_per_minute: int | None = None
    instances: int = 0
    size_bytes: int = 0
    refused: int = 0
    error: str = ""
    _booked: int = 0
    _written_at: float = 0.0

    def wait_for_turn(self) -> bool:
        """Wait until the node's next image may be taken; False when that is too far away to let a sender wait."""
        if not self.instances_per_minute:
            return True
        if not self._booked:
            wait = book_turns(
                node_id=self.node_id,
                instances_per_minute=self.instances_per_minute,
                longest_wait=LONGEST_WAIT,
                now=timezone.now(),
            )
            if wait is None:
                return False
            self._booked = instances_a_booking(self.instances_per_minute)
            time.sleep(wait.total_seconds())
        self._booked -= 1
        return True

    def note_taken(self, size_bytes: int) -> None:
        self.instances += 1
        self.size_bytes += size_bytes
        self._write_now_and_then()

    def note_refused(self, status: int) -> None:
        self.refused += 1
        words = _REFUSALS.get(status, "of something unexpected, which the log names")
        self.error = f"An image was answered with 0x{status:04X}: {words}."
        self._write_now_and_then()

    def write(self) -> None:
        """Write what was counted since the last time; where the database does not take it, the counts are lost."""
        instances, size_bytes, refused, error = self.instances, self.size_bytes, self.refused, self.error
        self.instances = self.size_bytes = self.refused = 0
        self.error = ""
        self._written_at = time.monotonic()
        if not instances and not refused:
            return
        try:
            add_traffic(
                node_id=self.node_id,
                hospital_id=self.hospital_id,
                instances=instances,
                size_bytes=size_bytes,
                refused=refused,
                error=error,
                now=timezone.now(),
            )
        except Error as error:
            logger.error("Traffic of a node not noted: %s", type(error).__name__)
            connection.close()

    def _write_now_and_then(self) -> None:
        if time.monotonic() - self._written_at >= WRITTEN_EVERY_SECONDS:
            self.write()
