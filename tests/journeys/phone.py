"""A phone that several people share, worked by what its pages say: buttons, boxes and dialogs, never modules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from tests.api.served import Served, open_served
from tests.web.test_yard import Hand, kept
from tests.web.town import Town, over_http
from tests.yard import Actor

_RATES = ("requests_per_minute", "statements_per_minute", "tokens_per_minute", "reads_per_minute")


class Phone(Hand):
    """People of one party, each with a PIN; one of them is in at a time."""

    def __init__(self, browser: Browser, served: Served, address: str, actor: Actor) -> None:
        super().__init__(browser, served, address, "")
        self.actor = actor
        self.pins: dict[str, str] = {}

    def add(self, name: str, pin: str, roles: list[str] | None = None) -> None:
        """Make a key for one more person, and have it approved; that person is in."""
        self.name, self.pin, self.pins[name] = name, pin, pin
        self.enrol(self.actor, roles)

    def become(self, name: str) -> None:
        """Another person takes the phone and gives its PIN."""
        self.go()
        self.name, self.pin = name, self.pins[name]
        self.page.locator("#people-list button").filter(has_text=name).click()
        self.enter()
        expect(self.page.locator("#who-is")).to_contain_text(f"{name} firma por")

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).click()

    def lose_signal(self) -> None:
        kept(self)
        self.context.set_offline(True)

    def find_signal(self) -> None:
        self.context.set_offline(False)

    def save(self, name: str) -> Path:
        """Press a button that hands out a file; where the file is."""
        with self.page.expect_download() as saved:
            self.press(name)
        return Path(saved.value.path())

    def wipe(self) -> None:
        """The browser's data of this site are cleared: keys, what was not sent, pages."""
        self.page.goto("about:blank")
        session = self.context.new_cdp_session(self.page)
        session.send("Storage.clearDataForOrigin", {"origin": self.address, "storageTypes": "all"})
        session.detach()
        self.find_signal()
        # What belongs to a tab, not to the site's store, goes with the tab.
        self.go()
        self.page.evaluate("sessionStorage.clear()")
        self.go()

    def counted(self, words: str) -> None:
        """Wait until the first page counts so."""
        expect(self.page.locator("#counts")).to_contain_text(words)


@contextmanager
def open_yard(folder: Path) -> Iterator[tuple[Served, str]]:
    """A ledger over HTTP in which recycler, centre and carrier have their permits; with its address."""
    generous: dict[str, Any] = dict.fromkeys(_RATES, 100_000)
    with open_served(folder, f"sqlite:///{folder / 'ledger.sqlite'}", **generous) as served:
        yard = served.yard
        yard.permit(yard.recycler, "collection", "storage", "dismantling", waste_classes=["RP", "RME"])
        yard.permit(yard.carrier, "transport", waste_classes=["RP", "RME"])
        served.send()
        with over_http(Town(served, {}, {})) as address:
            yield served, address


@contextmanager
def phone_of(browser: Browser, served: Served, address: str, actor: Actor) -> Iterator[Phone]:
    """A phone; at the end none of its pages has complained."""
    phone = Phone(browser, served, address, actor)
    yield phone
    assert phone.complaints == []
    phone.context.close()
