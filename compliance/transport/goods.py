"""The goods of a whole load: its articles grouped into the lines of a dangerous-goods transport document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from compliance.load import Load
from compliance.transport.article import Article, article_of
from compliance.transport.identity import TransportIdentity, identify
from compliance.transport.packing import TransportCondition

_NEVER_LEFT: Final = frozenset({"cancelled", "dropped", "extra"})
"""Lines of units that were not in the load when it left, as far as its papers know."""
_WORST_FIRST: Final[tuple[TransportCondition | None, ...]] = (
    "damaged_critical",
    "damaged_stable",
    "end_of_life",
    "normal",
    None,
)


@dataclass(frozen=True, slots=True)
class Goods:
    """One line of the document: articles of one identity.

    Attributes:
        identity: what they are, with every reason that holds for any of them.
        units: their ids, in the order of the load.
        net_g: their mass without packaging.
        gross_g: with packaging; None unless every one was weighed so.
        energy_wh: what they hold together; None if it is not known of every one.
        material: of goods that are no batteries.
    """

    identity: TransportIdentity
    units: tuple[str, ...]
    net_g: int
    gross_g: int | None
    energy_wh: int | None
    material: str | None = None

    @property
    def pieces(self) -> int:
        """How many articles."""
        return len(self.units)


def group_goods(articles: Iterable[tuple[str, Article]], on: str) -> tuple[Goods, ...]:
    """The articles, each with its unit's id, as lines: by UN number, the worst condition first, unclassed ones last."""
    groups: dict[tuple[TransportIdentity, str | None], list[tuple[str, Article, TransportIdentity]]] = {}
    for unit, article in articles:
        identity = identify(article, on)
        material = article.material if identity.un_number is None else None
        groups.setdefault((replace(identity, reasons=()), material), []).append((unit, article, identity))
    lines = [_goods(members, material) for (_, material), members in groups.items()]
    return tuple(sorted(lines, key=_place))


def _goods(members: list[tuple[str, Article, TransportIdentity]], material: str | None) -> Goods:
    articles = [article for _, article, _ in members]
    reasons = dict.fromkeys(reason for _, _, identity in members for reason in identity.reasons)
    return Goods(
        identity=replace(members[0][2], reasons=tuple(reasons)),
        units=tuple(unit for unit, _, _ in members),
        net_g=sum(article.mass_g for article in articles),
        gross_g=_sum_if_known(article.gross_g for article in articles),
        energy_wh=_sum_if_known(article.energy_wh for article in articles),
        material=material,
    )


def _sum_if_known(values: Iterable[int | None]) -> int | None:
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _place(goods: Goods) -> tuple[bool, str, int, str, str]:
    identity = goods.identity
    name = identity.name.en if identity.name else ""
    rank = _WORST_FIRST.index(identity.condition)
    return identity.un_number is None, identity.un_number or "", rank, name, goods.material or ""


def goods_of(load: Load, on: str, *, disposed: bool = False) -> tuple[Goods, ...]:
    """The goods of a load that travel on this day: of all its lines those that were in it when it left.

    ``disposed`` says that its waste goes to final disposal.
    """
    fitting = load.act.get("fitting", "loose")
    articles = [
        (line.unit, article_of(line.value, load.purpose, fitting, disposed=disposed))
        for line in load.lines
        if line.line not in _NEVER_LEFT
    ]
    return group_goods(articles, on)
