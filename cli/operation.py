"""``bitacora demo``, ``init`` and ``serve``: a ledger of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import NOT_FINE, note, show
from cli.options import (
    DEFAULT_PROFILE,
    DatabaseOption,
    HomeOption,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    read_passphrase,
)

if TYPE_CHECKING:
    from cli.profile import Profile

HOW_TO_BEGIN = "begin one with `bitacora init`, or try `bitacora demo`"


def demo(
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="An empty database; otherwise a SQLite file in the folder.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where its keys and profiles are kept; beside a SQLite FILE it is FILE.demo, else bitacora-demo.",
        ),
    ] = None,
    packs: Annotated[int, typer.Option(min=1, metavar="N", help="Packs that are put on the market.")] = 320,
    seed: Annotated[int, typer.Option(metavar="N", help="Same seed, same day: same story.")] = 2026,
    serving: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the API of the result.")] = True,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="N", help="TCP port.")] = 8000,
    as_json: JsonOption = False,
) -> None:
    """Tell twelve years of packs, yards and recyclers into a ledger of invented parties, and audit it from outside.

    Then the API is served, and every party has a profile to sign with.
    """
    from cli.demo.places import demo_database, demo_folder, write_profiles
    from cli.demo.report import demo_members, demo_text
    from cli.demo.run import run_demo
    from ledger.clock import SystemClock

    place = demo_folder(folder, database)
    url = database or demo_database(place)
    result = run_demo(
        url, place / "home", now=SystemClock().now(), packs=packs, seed=seed, progress=lambda text: note(f"… {text}")
    )
    base_url = f"http://{host}:{port}"
    write_profiles(place / "profiles", result, base_url)
    show(demo_members(result), as_json=as_json, text=demo_text(result, place, base_url if serving else None))
    if not result.report.ok:
        raise typer.Exit(NOT_FINE)
    if serving:
        serve(url, place / "home", host, port, base_url)


def init(
    database: DatabaseOption,
    home: HomeOption,
    origin: Annotated[str, typer.Option(metavar="NAME", help="The log's name for ever: bitacora.example.mx/2026.")],
    operator: Annotated[str, typer.Option(metavar="NAME", help="Public name of the operator.")],
    root_keys: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the root's key files go; take them offline after.")
    ],
    keys: Annotated[int, typer.Option(min=1, max=16, metavar="N", help="Keys of the root.")] = 3,
    threshold: Annotated[int, typer.Option(min=1, max=16, metavar="K", help="How many of them make an act.")] = 2,
    server: Annotated[str | None, typer.Option(metavar="URL", help="Where the API will be, for the profile.")] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Begin a ledger: schema, server keys, an offline root of several keys, genesis, and the operator's own key.

    The passphrase, if there is one, protects the root's keys and the operator's. The same call again goes on where an
    earlier one was broken off.
    """
    import secrets

    from cli.founding import Founding, begin_ledger, open_or_create_home, open_or_create_roots
    from ledger.clock import SystemClock
    from ledger.store.schema import create_schema
    from ledger.store.session import open_store

    if threshold > keys:
        raise typer.BadParameter("more than there are keys", param_hint="--threshold")
    secret = read_passphrase(passphrase_file, passphrase)
    create_schema(database)
    server_home = open_or_create_home(home, origin)
    roots = open_or_create_roots(root_keys, keys, secret)
    operating = _open_or_create_profile(profile.expanduser(), secret, server)
    store = open_store(database)
    try:
        plan = Founding(origin, operator, operating, roots, threshold)
        begun = begin_ledger(store, server_home, plan, SystemClock(), secrets.token_bytes)
    finally:
        store.close()
    members = {
        "genesis": begun.trust.genesis,
        "origin": origin,
        "operator": operating.party,
        "kid": operating.kid,
        "trust": str(home / "trust.json"),
        "profile": str(operating.path),
    }
    text = (
        f"The ledger {origin} has begun. Publish its genesis: {begun.trust.genesis}\n"
        f"Take the {keys} files of {root_keys} to {keys} different safe places, and none of them near this server.\n"
        f"Give {home / 'trust.json'} to whoever verifies. Then: bitacora serve"
    )
    show(members, as_json=as_json, text=text)


def serve(
    database: DatabaseOption,
    home: HomeOption,
    host: Annotated[
        str, typer.Option(envvar="BITACORA_HOST", metavar="ADDRESS", help="Where to listen.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="BITACORA_PORT", min=1, max=65535, metavar="N", help="TCP port.")] = 8000,
    base_url: Annotated[
        str | None,
        typer.Option(
            envvar="BITACORA_BASE_URL", metavar="URL", help="Under which the world reaches it; http://HOST:PORT."
        ),
    ] = None,
    publish: Annotated[bool, typer.Option(help="Sign checkpoints; one process of a ledger does.")] = True,
) -> None:
    """Serve the API of a ledger that has begun.

    Several processes: start others with --no-publish, or hand `api.server:app_from_environment` to a server that takes
    a factory.
    """
    from api.server import serve as run
    from api.settings import Settings

    _refuse_no_ledger(database, home)
    settings = Settings(
        database_url=database,
        home=home,
        host=host,
        port=port,
        base_url=base_url or f"http://{host}:{port}",
        publish=publish,
    )
    note(f"Serving {settings.base_url}")
    run(settings)


def _refuse_no_ledger(database: str, home: Path) -> None:
    from ledger.errors import KeyUnusable, Unavailable
    from ledger.home import open_home
    from ledger.store.entries import read_head
    from ledger.store.session import open_store

    try:
        open_home(home)
        store = open_store(database)
    except (KeyUnusable, Unavailable) as error:
        raise Unavailable(f"there is no ledger to serve: {error.detail.rstrip('.')}; {HOW_TO_BEGIN}") from error
    try:
        with store.read() as reader:
            if not read_head(reader).size:
                raise Unavailable(f"the ledger has not begun; {HOW_TO_BEGIN}")
    finally:
        store.close()


def _open_or_create_profile(path: Path, passphrase: bytes | None, server: str | None) -> Profile:
    import secrets

    from cli.profile import create_profile, open_profile
    from ledger.domain.values import OPAQUE_ID_BYTES, format_opaque_id
    from ledger.keys import SigningKey

    if (path / "profile.json").exists():
        return open_profile(path)
    party = format_opaque_id("pty", secrets.token_bytes(OPAQUE_ID_BYTES))
    return create_profile(path, SigningKey.generate(), passphrase, party=party, site=None, server=server, trust=None)
