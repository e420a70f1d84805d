"""The goods of a whole load: its articles grouped into the lines of a dangerous-goods transport document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from compliance.load import Load
from compliance.transport.article import Article
from compliance.transport.identity import TransportIdentity


@dataclass(frozen=True, slots=True)
class Goods:
    """One line of the document: articles of one identity.

    Attributes:
        identity: what they are.
        units: their ids, in the order of the load.
        net_g: their mass without packaging.
        gross_g: with packaging; None unless every one was weighed so.
        energy_wh: what they hold together; None if it is not known of every one.
    """

    identity: TransportIdentity
    units: tuple[str, ...]
    net_g: int
    gross_g: int | None
    energy_wh: int | None

    @property
    def pieces(self) -> int:
        """How many articles."""
        return len(self.units)


def group_goods(articles: Iterable[tuple[str, Article]], on: str) -> tuple[Goods, ...]:
    """The articles, each with its unit's id, as lines: by UN number, what is worst first within one."""
    raise NotImplementedError


def goods_of(load: Load, on: str, *, disposed: bool = False) -> tuple[Goods, ...]:
    """The goods of a load that travel on this day: every line that did not leave the consignment before pick-up."""
    raise NotImplementedError
