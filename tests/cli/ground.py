"""A ledger that the command itself has begun and serves, and parties with profiles in it."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from typer.testing import CliRunner

from cli.console import NOT_FINE, describe_error
from cli.desk import Outcome, open_desk, own_key
from cli.main import app
from cli.profile import create_profile, open_profile
from ledger.domain.unit_id import SerialisedGtin, format_unit_id, gtin_check_digit
from ledger.domain.values import format_base64url, format_opaque_id
from ledger.errors import BitacoraError
from ledger.event import sign_event
from ledger.keys import Algorithm, SigningKey, read_key_file

REPOSITORY = Path(__file__).parents[2]
ORIGIN = "demo.bitacora.mx/cli"
COMMAND = (sys.executable, "-c", "import sys; sys.argv[0] = 'bitacora'; from cli.main import main; main()")
NOWHERE = "http://127.0.0.1:9"
PACK = {"unit_kind": "pack", "chemistry": "NMC622", "mass_g": 435_000, "mass_basis": "nameplate"}
DESCRIBED = [part for name, value in PACK.items() for part in ("--set", f"description.{name}={value}")]


@dataclass(frozen=True)
class Ran:
    """What a run of the command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def states(self) -> list[str]:
        return [statement["state"] for statement in self.json["statements"]]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Without what this machine's user may have set for the command."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BITACORA_")}
    return {**kept, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "80", "TERM": "dumb", **(more or {})}


def run_apart(*arguments: object, stdin: str = "", env: Mapping[str, str] | None = None) -> Ran:
    """Run the command in a process of its own."""
    words = [*COMMAND, *map(str, arguments)]
    done = subprocess.run(
        words, input=stdin, capture_output=True, text=True, timeout=120, check=False, env=environment(env)
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def run(*arguments: object, stdin: str = "", env: Mapping[str, str] | None = None) -> Ran:
    """Run the command, in this process: a process of its own takes a second to begin."""
    ours = environment(env)
    others: dict[str, str | None] = {name: None for name in os.environ if name not in ours}
    words, width = [str(argument) for argument in arguments], int(ours["COLUMNS"]) - 2
    runner = CliRunner(env={**others, **ours})
    done = runner.invoke(app, words, input=stdin, prog_name="bitacora", terminal_width=width)
    if isinstance(done.exception, BitacoraError):
        return Ran(NOT_FINE, done.stdout, done.stderr + describe_error(done.exception))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(done.exit_code, done.stdout, done.stderr)


def start(*arguments: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start the command; its output goes nowhere."""
    words = [*COMMAND, *map(str, arguments)]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(env))


def new_unit() -> str:
    body = "0750123456789"
    return format_unit_id(SerialisedGtin(body + gtin_check_digit(body), secrets.token_hex(6).upper()))


def point_at(profile: Path, server: str | None) -> None:
    """Have a profile use another server."""
    path = profile / "profile.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "server": server}))


def state(profile: Path, kind: str, **members: Any) -> Outcome:
    """State something at once, in this process."""
    opened = open_profile(profile)
    with open_desk(opened, None) as desk, opened.outbox() as outbox:
        outbox.put(sign_event(own_key(opened, None), desk.compose(outbox, kind, members)))
        [outcome] = desk.flush(outbox)
    assert outcome.state == "recorded", outcome
    return outcome


@dataclass
class Ground:
    """The ledger: database, home, root keys and the operator's profile in one folder, a server on ``url``.

    ``settings`` are variables of the server's environment.
    """

    folder: Path
    port: int
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'ledger.sqlite'}"

    @property
    def trust(self) -> Path:
        return self.folder / "home" / "trust.json"

    @property
    def operator(self) -> Path:
        return self.folder / "operator"

    def begin(self) -> Ran:
        return run(
            "init",
            *("--database", self.database, "--home", self.folder / "home", "--origin", ORIGIN),
            *("--operator", "Operador Demo, A.C.", "--root-keys", self.folder / "roots"),
            *("--profile", self.operator, "--server", self.url, "--json"),
        )

    @contextmanager
    def served(self) -> Iterator[None]:
        """The server runs; the process that was started here is ended here."""
        words = ("serve", "--database", self.database, "--home", self.folder / "home", "--port", self.port)
        server = start(*words, env=self.settings)
        try:
            self._wait_until_ready(server)
            yield
        finally:
            server.terminate()
            server.wait(30)

    def _wait_until_ready(self, server: subprocess.Popen[bytes]) -> None:
        deadline_s = time.monotonic() + 60
        while time.monotonic() < deadline_s:
            assert server.poll() is None, "the server did not start"
            try:
                if httpx2.get(f"{self.url}/livez").status_code == 200:
                    return
            except httpx2.HTTPError:
                time.sleep(0.1)
        raise TimeoutError("the server does not answer")

    def new_profile(
        self, folder: Path, *, alg: Algorithm = Algorithm.EDDSA, roles: tuple[str, ...] = ("custody",)
    ) -> Path:
        """A registered party with an enrolled key, and its profile."""
        key, party = SigningKey.generate(alg), format_opaque_id("pty", secrets.token_bytes(16))
        made = create_profile(folder, key, None, party=party, site=None, server=self.url, trust=self.trust.read_bytes())
        state(self.operator, "party.registered", registered=party, form="moral", name="Fabricante Demo, S.A. de C.V.")
        spki = format_base64url(key.public.spki)
        state(self.operator, "key.enrolled", enrolled_for=party, kid=made.kid, spki=spki, key_roles=list(roles))
        return folder

    def root_party(self) -> str:
        genesis = json.loads(self.trust.read_text())["genesis"]
        party: str = httpx2.get(f"{self.url}/v1/events/{genesis}").json()["party"]
        return party

    def state_as_root(self, kind: str, **members: Any) -> None:
        """One act, signed by two of the root's three keys."""
        opened = open_profile(self.operator)
        keys = [read_key_file(self.folder / "roots" / f"root-{number}.pem", None) for number in (2, 3)]
        with open_desk(opened, None) as desk, opened.outbox() as outbox:
            payload = desk.compose(outbox, kind, {**members, "party": self.root_party()})
            for key in keys:
                outbox.put(sign_event(key, payload))
            assert [outcome.state for outcome in desk.flush(outbox)] == ["recorded", "recorded"]

    def new_inspector(self, folder: Path) -> Path:
        """The profile of an authority that may inspect."""
        return self.new_authority(folder, "SEMARNAT (demo)", ["inspect"])

    def new_authority(self, folder: Path, name: str, powers: list[str]) -> Path:
        """The profile of a federal authority."""
        key, party = SigningKey.generate(), format_opaque_id("pty", secrets.token_bytes(16))
        made = create_profile(folder, key, None, party=party, site=None, server=self.url, trust=self.trust.read_bytes())
        registered = {"registered": party, "form": "authority", "name": name, "powers": powers}
        self.state_as_root("party.registered", **registered, jurisdiction={"code": "MX"})
        spki = format_base64url(key.public.spki)
        roles = ["authority", "read"]
        self.state_as_root("key.enrolled", enrolled_for=party, kid=made.kid, spki=spki, key_roles=roles)
        return folder


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
