"""What parties file with the ministry every year: the report of those who handle hazardous waste (RLGPGIR 72, 73)."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from cli.demo.catalogue import Role
from cli.demo.permits import Permits
from cli.demo.world import DAY_S, DemoParty, Story, World
from ledger.domain.values import format_instant, parse_instant

_OPENS = "03-01"
_DAYS = 110
"""All have filed well before 30 June."""


class Filings:
    """The yearly reports of every provider, to the end."""

    def __init__(self, world: World, end: int) -> None:
        self.world = world
        self.end = end

    def begin(self, permits: Permits) -> None:
        """Schedule the reports of all who hold permits; the first carrier forgets its last one."""
        forgetful = self.world.of_role(Role.CARRIER)[0]
        for holder in permits.holders():
            years = years_to_report(self.world.now, self.end)
            self.world.start(yearly_reports(self.world, holder, years[:-1] if holder is forgetful else years), 0)


def years_to_report(begin: int, end: int) -> list[int]:
    """The years from that of ``begin`` on whose report was due before ``end`` (seconds since 1970)."""
    return [year for year in range(_year(begin), _year(end)) if _opens_at(year) + 122 * DAY_S <= end]


def yearly_reports(world: World, party: DemoParty, years: Iterable[int]) -> Story:
    """The report of each year is filed in the spring of the next."""
    ministry = world.parties["semarnat"].party
    for year in years:
        yield _opens_at(year) + world.rng.randrange(_DAYS * DAY_S)
        world.say(
            party,
            "filing.submitted",
            filing=world.new_id("fil"),
            subject="annual_report",
            to=ministry,
            year=year,
            digest=sha256(f"{party.party} {year}".encode()).hexdigest(),
        )


def _opens_at(year: int) -> int:
    return parse_instant(f"{year + 1}-{_OPENS}T15:00:00Z")


def _year(at: int) -> int:
    return int(format_instant(at)[:4])
