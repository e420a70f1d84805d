"""A phone: one browser profile that runs the modules of the yard, against a served ledger or without a connection."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route

from ledger.domain.values import format_base64url, parse_base64url
from ledger.keys import SigningKey, parse_public_key
from tests.api.served import Served
from tests.yard import Actor

MODULES = Path(__file__).parents[3] / "web" / "static" / "yard"
FORMATS = Path(__file__).parents[3] / "docs" / "formats.md"
PIN, OTHER_PIN = "135791", "246802"
# As strict as the pages have it: what these modules do must be possible under it.
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' blob:; base-uri 'none'; "
    "require-trusted-types-for 'script'"
)
_BEGIN = """async ({audience}) => {
  const load = (name) => import(`/modulos/${name}.js`);
  const names = [
    "bytes", "cbor", "handover", "known", "ledger", "outbox", "people", "qr", "receipt", "scan", "statement", "unit_id",
  ];
  const modules = await Promise.all(names.map(load));
  window.yard = Object.fromEntries(names.map((name, n) => [name, modules[n]]));
  window.ledger = new yard.ledger.Ledger({audience});
  window.outbox = new yard.outbox.Outbox(window.ledger);
}"""


class Phone:
    """``run`` is the body of an asynchronous JavaScript function of ``arg``, with the modules in ``yard``."""

    def __init__(self, browser: Browser, served: Served, address: str) -> None:
        self.served = served
        self.address = address
        self.now_s = float(served.clock.now())
        self.context = browser.new_context(viewport={"width": 360, "height": 740}, locale="es-MX")
        self.context.route("**/modulos/**", _serve)
        self.page = self.open_page()

    def open_page(self) -> Page:
        """Another tab, with its clock at the ledger's time."""
        page = self.context.new_page()
        page.clock.set_fixed_time(self.now_s)
        page.goto(f"{self.address}/modulos/")
        page.evaluate(_BEGIN, {"audience": self.served.settings.base_url})
        return page

    def reload(self) -> None:
        """The same tab after a change of page: all that is in memory is gone."""
        self.page.goto(f"{self.address}/modulos/?otra")
        self.page.evaluate(_BEGIN, {"audience": self.served.settings.base_url})

    def run(self, body: str, arg: Any = None) -> Any:
        return self.page.evaluate(f"async (arg) => {{ {body} }}", arg)

    def wait_until(self, condition: str, arg: Any = None) -> None:
        # Playwright's own waiting makes code of text, which the policy forbids.
        pause = "await new Promise((resolve) => setTimeout(resolve, 20))"
        self.run(f"for (let n = 0; !({condition}); n++) {{ if (n > 500) throw new Error('in vain'); {pause}; }}", arg)

    def refusal(self, body: str, arg: Any = None) -> dict[str, Any]:
        """What the modules refuse: ``code`` and ``facts``."""
        caught = (
            f"try {{ await (async () => {{ {body} }})(); }}"
            " catch (error) { if (!error.code) throw error; return {code: error.code, ...error.facts}; }"
            " return {code: null};"
        )
        refused: dict[str, Any] = self.run(caught, arg)
        return refused

    def pass_time(self, seconds: float) -> None:
        """Only this page's clock; its timers go on by themselves."""
        self.now_s += seconds
        self.page.clock.set_fixed_time(self.now_s)

    def add(self, party: str, *, name: str = "Ana", pin: str = PIN, site: str | None = None) -> dict[str, Any]:
        """A person with a key, not enrolled."""
        person: dict[str, Any] = self.run(
            "return yard.people.addPerson(arg)", {"name": name, "party": party, "pin": pin, "site": site}
        )
        return person

    def unlock(self, person: dict[str, Any], pin: str = PIN) -> None:
        self.run("await yard.people.unlock(arg[0], arg[1])", [person["kid"], pin])

    def employ(self, actor: Actor, *, roles: tuple[str, ...] = ("custody",), name: str = "Ana") -> dict[str, Any]:
        """A person whose key the ledger knows, unlocked."""
        person = self.add(actor.party, name=name, site=actor.site)
        enrol(self.served, person, list(roles))
        self.unlock(person)
        return person

    def learn(self, *subjects: str) -> None:
        """Fetch heads, as a phone does while it has a connection."""
        assert self.run("return yard.known.refresh(ledger, await yard.people.session(), arg)", list(subjects)), (
            "no connection"
        )

    def state(self, kind: str, **members: Any) -> str:
        """Sign and keep a statement; ``units`` get their links, ``consignment`` its ``prev`` where one is wanted."""
        event: str = self.run(
            """const [kind, members] = arg;
               const session = await yard.people.session(), {known, statement} = yard;
               if (typeof members.units?.[0] === "string") members.units = await known.unitLinks(members.units);
               if (members.prev === "known") members.prev = await known.headOf(`act/${members.consignment}`) ?? null;
               const item = await outbox.add(await statement.sign(session, statement.draft(session, kind, members)));
               return item.event;""",
            [kind, members],
        )
        return event

    def flush(self) -> dict[str, int]:
        counts: dict[str, int] = self.run("return outbox.flush({now: true})")
        return counts

    def item(self, event: str) -> dict[str, Any]:
        item: dict[str, Any] = self.run("const {raw, receipt, ...item} = await outbox.item(arg); return item", event)
        return item

    def raws(self) -> list[bytes]:
        spelt = self.run("return (await outbox.items()).map(({raw}) => yard.bytes.base64url(raw))")
        return [parse_base64url(text) for text in spelt]

    def offline(self, offline: bool = True) -> None:
        self.context.set_offline(offline)

    def png(self) -> bytes:
        """The page's canvas ``qr`` as an image."""
        url: str = self.run("return document.querySelector('canvas').toDataURL('image/png')")
        return base64.b64decode(url.partition(",")[2])


@contextmanager
def open_phone(browser: Browser, served: Served, address: str) -> Iterator[Phone]:
    phone = Phone(browser, served, address)
    complaints: list[str] = []
    phone.page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield phone
        assert complaints == []
    finally:
        phone.context.close()


def enrol(served: Served, person: dict[str, Any], roles: list[str]) -> None:
    """The party's administrator enrols the key that the phone shows."""
    spki = parse_base64url(person["spki"])
    assert parse_public_key(spki).kid.hex() == person["kid"]
    served.yard.say(
        served.yard.operator,
        "key.enrolled",
        enrolled_for=person["party"],
        kid=person["kid"],
        spki=format_base64url(spki),
        key_roles=roles,
    )
    served.send()


def js_key(seed: bytes) -> dict[str, Any]:
    """What a page needs to sign with the key of a seed; see ``SIGNER``."""
    key = SigningKey.from_seed(seed)
    pkcs8 = bytes.fromhex("302e020100300506032b657004220420") + seed
    return {"kid": key.public.kid.hex(), "pkcs8": format_base64url(pkcs8)}


SIGNER = """
  const pkcs8 = yard.bytes.fromBase64url(arg.key.pkcs8);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, {name: "Ed25519"}, false, ["sign"]);
  const sign = async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, bytes));
  const signer = {kid: arg.key.kid, sign};
"""


def block_of_formats(name: str) -> str:
    """A worked vector of docs/formats.md."""
    found = re.search(rf"^```{name}\n(.*?)^```$", FORMATS.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None, name
    return found[1].strip()


def _serve(route: Route) -> None:
    path = route.request.url.split("/modulos/", 1)[1].partition("?")[0]
    if path.endswith(".js"):
        route.fulfill(body=(MODULES / path).read_text(), content_type="text/javascript")
    else:
        route.fulfill(
            body="<!doctype html><title>campo</title><canvas></canvas>",
            content_type="text/html",
            headers={"content-security-policy": POLICY},
        )
