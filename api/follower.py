"""The follower of documents: a thread that notes which entries cite which documents, some way behind the log."""

from __future__ import annotations

import logging
from threading import Event, Thread

from ledger.errors import Unavailable
from ledger.store.blobs import follow_documents
from ledger.store.session import Store

INTERVAL_S = 1.0

_log = logging.getLogger("bitacora.api")


class DocumentFollower:
    """Runs beside the handlers of the process that also publishes; another one would only find its work done."""

    def __init__(self, store: Store, interval_s: float = INTERVAL_S) -> None:
        self._store = store
        self._interval_s = interval_s
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="documents", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the chunk that is under way."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                behind = follow_documents(self._store)
            except Unavailable as unavailable:
                # Nothing is lost: the watermark stands where the last whole chunk ended.
                _log.warning("documents are not followed: %s", unavailable.detail)
                behind = 0
            if not behind:
                self._stopping.wait(self._interval_s)
