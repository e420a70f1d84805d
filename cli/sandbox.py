"""``bitacora sandbox``: a ledger in which nothing is real, for whoever tries its client against it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import NOT_FINE, note, show
from cli.options import JsonOption

app = typer.Typer(
    rich_markup_mode=None,
    help="A sandbox: keys in seconds, seeded data, and the onboarding cases.",
    no_args_is_help=True,
)


@app.command()
def serve(
    folder: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the sandbox is kept; it is begun there the first time.")
    ] = Path("bitacora-sandbox"),
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="N", help="TCP port.")] = 8001,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Under which the world reaches it; http://HOST:PORT.")
    ] = None,
) -> None:
    """Begin a sandbox, seeded with invented parties and packs, and serve it.

    Whoever asks there gets a party and permits for its key: POST /v1/sandbox/keys. Its log's name begins with
    `sandbox.` for ever, and no other ledger can be served so.
    """
    from api.server import serve as run
    from api.settings import Settings
    from cli.sandbox_seed import begin_sandbox
    from ledger.clock import SystemClock

    home, database = begin_sandbox(folder, SystemClock().now())
    settings = Settings(
        database_url=database,
        home=home,
        host=host,
        port=port,
        base_url=base_url or f"http://{host}:{port}",
        sandbox=True,
    )
    note(f"Sandbox: nothing here is real. Serving {settings.base_url}")
    note(f"Try: bitacora sandbox check --server {settings.base_url}")
    run(settings)


@app.command()
def check(
    server: Annotated[str, typer.Option(metavar="URL", help="A sandbox.")] = "http://127.0.0.1:8001",
    as_json: JsonOption = False,
) -> None:
    """Get fresh keys at a sandbox, and go through the onboarding cases that it publishes.

    What passes here is what a client of one's own has to reproduce: docs/onboarding.md has every case.
    """
    from cli.onboarding import run_cases

    result = run_cases(server)
    lines = [
        f"{'✓' if each.passed else '✗'} {each.number:2}  {each.status:3}  {each.title}"
        + ("" if each.passed else f"\n       {each.reason}")
        for each in result.cases
    ]
    passed = sum(each.passed for each in result.cases)
    lines.append(f"{passed} de {len(result.cases)} casos, en {result.seconds:.1f} s")
    members = {
        "server": server,
        "passed": passed,
        "seconds": round(result.seconds, 3),
        "cases": [each.members() for each in result.cases],
    }
    show(members, as_json=as_json, text="\n".join(lines))
    if passed != len(result.cases):
        raise typer.Exit(NOT_FINE)
