"""The transport identity of one article on one day, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compliance.reason import Reason, Words
from compliance.transport.article import Article

TransportCondition = Literal["normal", "end_of_life", "damaged_stable", "damaged_critical"]
"""``end_of_life``: SP 377; ``damaged_stable`` and ``damaged_critical``: SP 376, which goes before."""


@dataclass(frozen=True, slots=True)
class CartaPorteKey:
    """What the complement Carta Porte says of the goods, which is not always their UN number.

    Attributes:
        key: of SAT's ``c_MaterialPeligroso``; None where the catalogue has none for the UN number on that day.
        fallback: the key to declare instead, in the CFDI only.
        note: what to write beside a fallback.
    """

    key: str | None
    fallback: str | None = None
    note: Words | None = None

    @property
    def declared(self) -> str | None:
        """The key that goes into the complement; None for goods that have none at all."""
        return self.key or self.fallback


@dataclass(frozen=True, slots=True)
class TransportIdentity:
    """What an article is as dangerous goods.

    Attributes:
        un_number: four digits, without ``UN``; None where no entry fits and the consignor has to class the goods.
        name: the proper shipping name.
        hazard_class: ``9``; None without a UN number.
        label: ``9A``; None where packages bear none.
        condition: in which state it travels.
        special_provisions: of the UN Model Regulations, those that decide something here.
        packing: packing instructions; ``large_packing`` those for large packagings. Any one of either will do.
        marks: what is written on the package, beside label and UN number.
        needs_approval: whether a competent authority has to approve how it travels.
        forbidden_modes: modes of transport by which it does not travel.
        guide: of the Emergency Response Guidebook; None where no UN number tells it.
        carta_porte: how SAT's catalogue names it.
        hint: a UN number to look at when the consignor classes the goods; never an answer.
        reasons: why; never empty.
    """

    un_number: str | None
    name: Words | None
    hazard_class: str | None
    label: str | None
    condition: TransportCondition
    special_provisions: tuple[str, ...]
    packing: tuple[str, ...]
    large_packing: tuple[str, ...]
    marks: tuple[Words, ...]
    needs_approval: bool
    forbidden_modes: frozenset[str]
    guide: str | None
    carta_porte: CartaPorteKey
    hint: str | None
    reasons: tuple[Reason, ...]

    @property
    def is_dangerous(self) -> bool:
        """Whether a dangerous-goods entry is known for it."""
        return self.un_number is not None


def identify(article: Article, on: str) -> TransportIdentity:
    """What the article is as dangerous goods on this day (``2026-03-01``). It answers for any article."""
    raise NotImplementedError
