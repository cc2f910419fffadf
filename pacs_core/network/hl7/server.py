"""The MLLP listener: connections in asyncio, messages in threads, one message at a time on each connection."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import close_old_connections
from django.utils import timezone

from pacs_core.network.hl7.receiving import answer_message
from pacs_core.network.hl7.sources import NOT_MLLP, count_rejection
from pacs_core.standards.hl7.acknowledgement import build_acknowledgement
from pacs_core.standards.hl7.errors import MllpBlockTooLarge, MllpFramingError
from pacs_core.standards.hl7.mllp import MllpDecoder, encode_block

logger = logging.getLogger(__name__)

READ_BYTES = 65_536
WRITE_SECONDS = 30.0
GRACE_SECONDS = 10.0


class MllpServer:
    """Listens until `stop`; `port` 0 takes a free one, `address` tells which after `start`."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        maximum_bytes: int,
        idle_seconds: float = 600.0,
        unfinished_seconds: float = 30.0,
        maximum_connections: int = 256,
        threads: int = 8,
    ) -> None:
        self._host, self._port = host, port
        self._maximum_bytes = maximum_bytes
        self._idle_seconds, self._unfinished_seconds = idle_seconds, unfinished_seconds
        self._maximum_connections = maximum_connections
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="hl7")
        self._connections: set[asyncio.Task[None]] = set()
        self._reading: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> tuple[str, int]:
        assert self._server is not None
        return self._server.sockets[0].getsockname()[:2]

    async def start(self) -> None:
        """Begin to listen; OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, self._host, self._port)

    async def stop(self) -> None:
        """Take no more connections, let messages that have begun be answered, then close."""
        assert self._server is not None
        self._server.close()
        for task in list(self._reading):
            task.cancel()
        if self._connections:
            await asyncio.wait(list(self._connections), timeout=GRACE_SECONDS)
        self._threads.shutdown(wait=False)

    async def run_in_thread(self, function: Callable[..., object], *arguments: object) -> object:
        """Run work that uses the database, and give its connection back afterwards."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(_with_connection, function, *arguments))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        peer = str((writer.get_extra_info("peername") or ("unknown",))[0])
        self._connections.add(task)
        try:
            if len(self._connections) > self._maximum_connections:
                logger.warning("HL7 connection from %s closed: %s are open", peer, self._maximum_connections)
            else:
                await self._converse(reader, writer, peer)
        except (ConnectionError, TimeoutError) as error:
            logger.info("HL7 connection from %s ended: %s", peer, type(error).__name__)
        except asyncio.CancelledError:
            logger.info("HL7 connection from %s closed: the listener stops", peer)
        except Exception as error:
            logger.error("HL7 connection from %s failed: %s", peer, type(error).__name__)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> None:
        decoder = MllpDecoder(limit=self._maximum_bytes)
        while data := await self._read(reader, decoder):
            for result in decoder.feed(data):
                if not await self._answer(result, writer, peer):
                    return
            if not decoder.is_inside_block and decoder.close():
                await self._turn_away(peer)
                return
        for error in decoder.close():
            logger.warning("HL7 connection from %s ended early: %s", peer, error)

    async def _read(self, reader: asyncio.StreamReader, decoder: MllpDecoder) -> bytes:
        """Read on; a connection that says nothing, or never ends its message, is closed."""
        task = asyncio.current_task()
        assert task is not None
        seconds = self._unfinished_seconds if decoder.is_inside_block else self._idle_seconds
        self._reading.add(task)
        try:
            async with asyncio.timeout(seconds):
                return await reader.read(READ_BYTES)
        finally:
            self._reading.discard(task)

    async def _answer(self, result: bytes | MllpFramingError, writer: asyncio.StreamWriter, peer: str) -> bool:
        """Answer a message or a framing error; return whether the connection can go on."""
        if isinstance(result, bytes):
            await self._send(writer, await self.run_in_thread(answer_message, result, peer))
            return True
        logger.warning("HL7 connection from %s: %s", peer, result)
        if isinstance(result, MllpBlockTooLarge):
            refusal = build_acknowledgement(b"", code="AR", at=timezone.now(), control_id="0", text=str(result))
            await self._send(writer, refusal)
        return result.recoverable

    async def _turn_away(self, peer: str) -> None:
        logger.warning("HL7 connection from %s closed: it does not speak MLLP", peer)
        await self.run_in_thread(partial(count_rejection, peer_address=peer, reason=NOT_MLLP))

    async def _send(self, writer: asyncio.StreamWriter, message: object) -> None:
        assert isinstance(message, bytes)
        writer.write(encode_block(message))
        async with asyncio.timeout(WRITE_SECONDS):
            await writer.drain()


def _with_connection(function: Callable[..., object], *arguments: object) -> object:
    try:
        return function(*arguments)
    finally:
        close_old_connections()
