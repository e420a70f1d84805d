"""The background worker of notices, in the process that also publishes, when a mail server is configured."""

from __future__ import annotations

import logging
from collections import Counter
from threading import Event, Thread

from api.mail import open_mail
from api.settings import Settings
from certification.notifier import Links, Verdict, queue_due, send_due
from ledger.clock import Clock
from ledger.errors import KeyUnusable, Unavailable
from ledger.store.session import Store

INTERVAL_S = 60.0

_log = logging.getLogger("bitacora.api")


def notify(store: Store, settings: Settings, links: Links, clock: Clock) -> tuple[int, Counter[Verdict]]:
    """One round: queue what is due, deliver what waits. How many were queued, and what came of those that were due.

    Raises:
        Unavailable: the database or the mail server; what was not sent waits.
        KeyUnusable: the mail password cannot be read.
    """
    queued = queue_due(store, clock.now())
    with open_mail(settings, clock) as deliver:
        return queued, send_due(store, deliver, links, clock.now())


class NoticeLoop:
    """Runs ``notify`` again and again beside the handlers."""

    def __init__(
        self, store: Store, settings: Settings, links: Links, clock: Clock, interval_s: float = INTERVAL_S
    ) -> None:
        self._store = store
        self._settings = settings
        self._links = links
        self._clock = clock
        self._interval_s = interval_s
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="notices", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                notify(self._store, self._settings, self._links, self._clock)
            except (Unavailable, KeyUnusable) as error:
                # Nothing is lost: what is due stays due, and what is in the outbox stays there.
                _log.warning("notices are not sent: %s", error.detail)
            self._stopping.wait(self._interval_s)
