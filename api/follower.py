"""The follower: a thread that brings projections up to the log, some way behind it.

It notes which entries cite which documents, and makes directory, consignments and registers searchable; a search that
finds them behind does not wait for it.
"""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import Final

from certification.store.directory import DIRECTORY
from compliance.store.consignments import CONSIGNMENTS
from compliance.store.obligations import OBLIGATIONS
from compliance.store.registers import STAYS
from ledger.errors import Unavailable
from ledger.store.blobs import follow_documents
from ledger.store.session import Store

INTERVAL_S = 1.0

_FOLLOWED: Final = {
    "documents": follow_documents,
    "the directory": DIRECTORY.follow,
    "the consignments": CONSIGNMENTS.follow,
    "the registers": STAYS.follow,
    "the obligations": OBLIGATIONS.catch_up,
}
_log = logging.getLogger("bitacora.api")


class Follower:
    """Runs beside the handlers of the process that also publishes; another one would only find its work done."""

    def __init__(self, store: Store, interval_s: float = INTERVAL_S) -> None:
        self._store = store
        self._interval_s = interval_s
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the chunk that is under way."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not any([self._follow(name) for name in _FOLLOWED]):
                self._stopping.wait(self._interval_s)

    def _follow(self, name: str) -> int:
        """How many entries remain, as far as can be told."""
        try:
            return _FOLLOWED[name](self._store)
        except Unavailable as unavailable:
            # Nothing is lost: the watermark stands where the last whole chunk ended.
            _log.warning("%s: not followed: %s", name, unavailable.detail)
            return 0
