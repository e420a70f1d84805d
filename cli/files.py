"""Files that are whole or not there: what a killed process leaves is the old file, or the new one."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.durable import sync_folder, write_new_file
from ledger.errors import Unavailable

_LOCK_POLL_S = 0.05


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``, mode 0600, replacing what is there; on the disk when this returns.

    A process that dies before the rename leaves a hidden ``.<name>.new``, which the next call removes.
    """
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    write_new_file(fresh, data)
    move_whole(fresh, path)


def move_whole(source: Path, target: Path) -> None:
    """Rename, inside one file system; the name is on the disk when this returns."""
    source.rename(target)
    for folder in {source.parent, target.parent}:
        sync_folder(folder)


@contextmanager
def locked(path: Path, *, wait_s: float) -> Iterator[None]:
    """Hold the lock file for one process at a time; the system takes it back from a process that dies.

    Raises:
        Unavailable: another process still held it after ``wait_s`` seconds.
    """
    deadline_s = time.monotonic() + wait_s
    with open(path, "ab") as file:
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline_s:
                raise Unavailable("another process is using this profile")
            time.sleep(_LOCK_POLL_S)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
