import asyncio
import contextlib
import logging
import signal
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError

from pacs_core import celery  # noqa: F401  what the messages set off is enqueued at this application's broker
from pacs_core.events.heartbeat import beat
from pacs_core.network.hl7.server import MllpServer

logger = logging.getLogger(__name__)

BEAT_SECONDS = 10


class Command(BaseCommand):
    help = "Listen for HL7 v2 messages over MLLP until SIGTERM or SIGINT."
    # The other checks import every page and template of the web process.
    requires_system_checks: Sequence[str] = (Tags.security,)

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default="0.0.0.0")
        parser.add_argument("--port", type=int, default=settings.HL7_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(listen(options["host"], options["port"]))


async def listen(host: str, port: int) -> None:
    """Serve until told to stop; a taken port is one clear sentence."""
    server = MllpServer(host=host, port=port, maximum_bytes=settings.HL7_MAXIMUM_BYTES)
    stopping = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stopping.set)
    try:
        await server.start()
    except OSError as error:
        raise CommandError(f"HL7 port {port} cannot be opened: {error.strerror}. Maybe set HL7_PORT.") from error
    logger.info("HL7 listener ready on %s:%s", *server.address)
    while not stopping.is_set():
        await _beat(server)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEAT_SECONDS):
                await stopping.wait()
    await server.stop()
    logger.info("HL7 listener stopped")


async def _beat(server: MllpServer) -> None:
    """A database that is away is shown by the missing beat; the listener goes on and answers AR."""
    try:
        await server.run_in_thread(beat, "hl7")
    except Exception as error:
        logger.warning("HL7 heartbeat not written: %s", type(error).__name__)
