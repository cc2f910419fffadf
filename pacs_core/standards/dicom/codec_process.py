"""Run codecs in processes of their own: one that crashes, hangs or swells costs its own process and one answer.

Codec libraries are C; GDCM aborts the process on some images, and a damaged codestream may do so in any of them.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import resource
import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from typing import ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from pacs_core.standards.dicom.errors import CodecFailed

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

LONGEST_SECONDS = 30.0
MOST_BYTES = 3 << 30
# Libraries leak; a process does so many jobs.
JOBS_OF_A_PROCESS = 500

_lock = threading.Lock()
_pools: dict[int, ProcessPool] = {}


def run_codec(function: Callable[Arguments, Result], *arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
    """Call a module's function, with what can be pickled, in a codec process; raises what it raises, or CodecFailed."""
    future = _pool().schedule(function, args=arguments, kwargs=options, timeout=LONGEST_SECONDS)
    try:
        return future.result()
    except FutureTimeout as error:
        raise CodecFailed(f"no end within {LONGEST_SECONDS:.0f} seconds") from error
    except ProcessExpired as error:
        raise CodecFailed("its process died") from error
    except MemoryError as error:
        raise CodecFailed(f"more than {MOST_BYTES >> 20} MB of memory needed") from error


def _pool() -> ProcessPool:
    """Return this process's pool; a forked child makes its own."""
    with _lock:
        pool = _pools.get(os.getpid())
        if pool is None or not pool.active:
            pool = _pools[os.getpid()] = _start_pool()
        return pool


def _start_pool() -> ProcessPool:
    # A clean server process forks the workers: no sockets, locks and threads of ours go along.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pacs_core.standards.dicom.pictures", "pacs_core.standards.dicom.transcoding"])
    pool = ProcessPool(
        max_workers=max(2, min(os.cpu_count() or 2, 8)),
        max_tasks=JOBS_OF_A_PROCESS,
        initializer=_limit_process,
        context=context,
    )
    atexit.register(_stop, os.getpid())
    return pool


def _limit_process() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # pages and stores first


def _stop(process_id: int) -> None:
    pool = _pools.get(process_id)
    if pool is not None and process_id == os.getpid():
        pool.stop()
        pool.join()
