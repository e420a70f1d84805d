"""``bitacora reads``: who among the officials has read what; and, for the operator, forgetting what is too old."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from cli.console import show
from cli.options import (
    DEFAULT_PROFILE,
    DatabaseOption,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    read_passphrase,
)
from cli.record import open_own

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Consultas de las autoridades a lo que no es público · What officials have read that is not public.",
)

_PAGE = 200


@app.command("list")
def list_them(
    party: Annotated[
        str | None, typer.Option(metavar="PARTY", help="De otra autoridad (con --audit) · Of another authority.")
    ] = None,
    audit: Annotated[bool, typer.Option("--audit", help="De todas, con el poder de inspeccionar · Of all.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="Cuántas · How many.")] = 50,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Las consultas, de la más nueva a la más vieja · The reads, the newest first."""
    from cli.desk import open_desk
    from cli.drafts import ask, server_of

    found: list[dict[str, Any]] = []
    after: str | None = ""
    with open_desk(open_own(profile), read_passphrase(passphrase_file, passphrase)) as desk:
        server_of(desk).new_token("audit" if audit else "read")
        while after is not None and len(found) < limit:
            asked = {"after": after, "limit": min(_PAGE, limit - len(found)), **({"party": party} if party else {})}
            page = ask(desk, f"v1/reads?{urlencode(asked)}")
            found += page["reads"]
            after = page["next"]
    lines = [f"{read['at']} {read['party']} {read['kid']} {read['path']}" for read in found]
    show({"reads": found}, as_json=as_json, text="\n".join(lines) or "No hay consultas.")


@app.command("forget")
def forget(database: DatabaseOption, as_json: JsonOption = False) -> None:
    """Olvidar las de hace más de siete años, quien opera el servidor · Forget those older than seven years."""
    from ledger.clock import SystemClock
    from ledger.store.reads import forget_reads
    from ledger.store.session import open_store

    store, now = open_store(database), SystemClock().now()
    try:
        forgotten = store.write(lambda writer: forget_reads(writer, now))
    finally:
        store.close()
    show({"forgotten": forgotten}, as_json=as_json, text=f"{forgotten} consultas olvidadas · reads forgotten.")
