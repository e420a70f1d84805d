"""``bitacora notify``: tell parties what is due, from a timer of the system or as a process of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import note, show
from cli.options import DatabaseOption, HomeOption, JsonOption

INTERVAL_S = 60.0


def notify(
    database: DatabaseOption,
    home: HomeOption,
    base_url: Annotated[
        str, typer.Option(envvar="BITACORA_BASE_URL", metavar="URL", help="Where the links in letters lead to.")
    ],
    once: Annotated[bool, typer.Option("--once", help="One round, and exit; otherwise a round each minute.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Queue the notices that are due today, and hand what waits to the mail server.

    The mail server is that of BITACORA_SMTP_HOST and its fellows. A notice is sent at least once: a process that dies
    after the mail server took it, and before that was noted, sends it again, under the same Message-ID.
    """
    import time

    from api.notices import notify as run
    from api.settings import Settings
    from api.wiring import links_of
    from ledger.clock import SystemClock
    from ledger.errors import Unavailable
    from ledger.store.session import open_store

    settings = Settings(database_url=database, home=home, base_url=base_url)
    if settings.smtp_host is None:
        raise typer.BadParameter("no mail server: set BITACORA_SMTP_HOST and BITACORA_SMTP_FROM")
    links, clock = links_of(settings), SystemClock()
    store = open_store(database)
    try:
        while True:
            try:
                queued, verdicts = run(store, settings, links, clock)
            except Unavailable as error:
                if once:
                    raise
                note(f"notices wait: {error.detail}")
            else:
                members = {"queued": queued, **{name: verdicts[name] for name in ("sent", "later", "never")}}
                if once or queued or verdicts:
                    show(members, as_json=as_json, text=", ".join(f"{count} {name}" for name, count in members.items()))
            if once:
                return
            time.sleep(INTERVAL_S)
    finally:
        store.close()
