"""What parties of the demonstration leave undone on purpose, so that its last day has something to find.

With a yearly report that a carrier forgets (``cli.demo.filings``), scales that still differ (``cli.demo.loads``) and
receptions by one signature (``cli.demo.episodes``, ``cli.demo.loads``), that is all that there is to find.
"""

from __future__ import annotations

from typing import Any

from cli.demo.catalogue import Role
from cli.demo.lives import Stories
from cli.demo.world import DAY_S, HOUR_S, Story, World, links


class Shortfalls:
    """Three things left undone in the last year."""

    def __init__(self, stories: Stories) -> None:
        self.stories = stories
        self.world: World = stories.world

    def begin(self) -> None:
        """Schedule them so that their terms have run out on the last day."""
        end = self.stories.end
        self.world.start(self.stored_too_long(), end - 240 * DAY_S)
        self.world.start(self.original_never_back(), end - 130 * DAY_S)
        self.world.start(self.recorded_late(), end - 30 * DAY_S)

    def stored_too_long(self) -> Story:
        """A damaged pack stays with its workshop for more than six months (LGPGIR 56)."""
        workshop = self.stories.pick(Role.WORKSHOP)
        [pack] = self.stories.waste_packs(workshop, 1, hazardous=True)
        self.world.say(workshop, "unit.labelled", units=[pack.unit], label="waste")
        self.world.say(workshop, "unit.stored", site=workshop.site, units=links([pack.unit]))
        self.stories.tell("stored too long")
        yield from ()

    def original_never_back(self) -> Story:
        """The signed original of a manifest does not come back, and nobody tells the ministry (RLGPGIR 86 III, IV)."""
        workshop, recycler = self.stories.pick(Role.WORKSHOP), self.stories.pick(Role.RECYCLER)
        packs = self.stories.waste_packs(workshop, 1, hazardous=True)
        units = [pack.unit for pack in packs]
        yield from self.stories.consign(workshop, recycler, units, "waste_rp", original_back=False)
        self.stories.yards.at(recycler).extend(packs)
        self.stories.tell("original never back")

    def recorded_late(self) -> Story:
        """A workshop assesses a pack, and says so only nine days later."""
        world = self.world
        workshop = self.stories.pick(Role.WORKSHOP)
        [pack] = self.stories.waste_packs(workshop, 1)
        assessed_at = world.now + HOUR_S
        yield world.now + 9 * DAY_S
        found: dict[str, Any] = {"method": "capacity test", "condition": "sound", "state_of_health_permille": 610}
        world.say(workshop, "unit.assessed", at=assessed_at, units=[pack.unit], **found)
        self.stories.tell("recorded late")
