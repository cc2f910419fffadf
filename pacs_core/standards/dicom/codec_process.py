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
    return run_codec_within(LONGEST_SECONDS, function, *arguments, **options)


def run_codec_within(
    seconds: float, function: Callable[Arguments, Result], *arguments: Arguments.args, **options: Arguments.kwargs
) -> Result:
    """Do the same where nobody looks at a page meanwhile, and it may take so long."""
    future = _pool().schedule(function, args=arguments, kwargs=options, timeout=seconds)
    try:
        return future.result()
    except FutureTimeout as error:
        raise CodecFailed(f"no end within {seconds:.0f} seconds") from error
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
    atexit.register(stop_codecs)
    return pool


def _limit_process() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # pages and stores first


def stop_codecs() -> None:
    """End this process's codec processes; for a process that ends without its exit handlers."""
    pool = _pools.get(os.getpid())
    if pool is not None:
        pool.stop()
        pool.join()
