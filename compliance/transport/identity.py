"""The transport identity of one article on one day, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from compliance.reason import Reason, Words
from compliance.transport.article import Article
from compliance.transport.entries import (
    ENTRIES,
    GUIDE,
    NATIONAL_LIST,
    NATIONAL_LIST_LACKS,
    SAT_CATALOGUE,
    SAT_FALLBACKS,
    SAT_KEYS,
    TOLERATED,
    VEHICLES_FROM,
    Assignment,
    Entry,
    Family,
    find_assignment,
    find_sat_key,
)
from compliance.transport.packing import (
    PACKINGS,
    TransportCondition,
    condition_of,
    is_small,
    mark_of,
)
from compliance.transport.reasons import (
    APPROVAL,
    CARGO_UNIT_MEANS_BUILT_IN,
    DAMAGED_INSIDE,
    RECALLED,
    SMALL,
    SODIUM_IN_CARGO_UNIT,
    STILL_TOLERATED,
    UNKNOWN_CHEMISTRY,
    UNPACKED_WHY,
    WHY_DAMAGED_NOT_BY_AIR,
    WHY_GUIDE,
    WHY_WASTE_NOT_BY_AIR,
)

CELLS_AS_LOT: Final = frozenset({"cells", "loose_cells", "battery_cells"})
"""Materials of a lot that are batteries still: loose cells are one lot, not thousands of serials."""
MATERIAL_HINTS: Final = {"black_mass": "3077"}
"""Where to begin to look when the consignor classes a material; from practice, never an answer."""

_UNPACKED: Final = frozenset({"in_vehicle", "in_cargo_unit"})
_FITTINGS: Final = {
    "loose": Words("suelta", "loose"),
    "with_equipment": Words("embalada con un equipo", "packed with equipment"),
    "in_equipment": Words("instalada en un equipo", "contained in equipment"),
    "in_vehicle": Words("instalada en un vehículo", "installed in a vehicle"),
    "in_cargo_unit": Words("instalada en la unidad de transporte", "installed in the cargo transport unit"),
}
_FAMILIES: Final = {
    "lithium_ion": Words("de ión litio", "lithium-ion"),
    "lithium_metal": Words("de metal litio", "lithium-metal"),
    "sodium_ion": Words("de ión sodio", "sodium-ion"),
}


@dataclass(frozen=True, slots=True)
class CartaPorteKey:
    """What the complement Carta Porte says of the goods, which is not always their UN number.

    Attributes:
        key: of SAT's ``c_MaterialPeligroso``; None where the catalogue has none for the UN number on that day.
        fallback: the key to declare instead, in the CFDI only.
        note: what to write beside a fallback, or why there is no key.
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
        label: ``9A``; of UN 3171, and as placard of UN 3536, ``9``; None without a UN number.
        condition: in which state it travels; None for goods that are no batteries.
        special_provisions: of the UN Model Regulations, those that decide something here.
        packing: packing instructions; ``large_packing`` those for large packagings. Any one of either will do.
        marks: what is written on the package, beside label and UN number.
        needs_approval: whether a competent authority has to approve how it travels.
        forbidden_modes: modes of transport by which it does not travel.
        guide: of the Emergency Response Guidebook; None without a UN number.
        carta_porte: how SAT's catalogue names it.
        hint: a UN number to look at when the consignor classes the goods; never an answer.
        reasons: why; never empty.
    """

    un_number: str | None
    name: Words | None
    hazard_class: str | None
    label: str | None
    condition: TransportCondition | None
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
    if article.unit_kind == "lot" and article.material not in CELLS_AS_LOT:
        return _material(article)
    family = _family(article)
    assignment = find_assignment(family, article.fitting, on)
    if assignment is None:
        return _unlisted(article, family, on)
    return _listed(article, family, assignment, on)


def _family(article: Article) -> Family:
    """An unknown chemistry counts as lithium-ion, the one that nearly every traction pack has."""
    match article.chemistry:
        case "Li_metal":
            return "lithium_metal"
        case "Na_ion":
            return "sodium_ion"
        case _:
            return "lithium_ion"


def _listed(article: Article, family: Family, assignment: Assignment, on: str) -> TransportIdentity:
    entry, condition = ENTRIES[assignment.un_number], condition_of(article)
    packing = PACKINGS[condition]
    is_packed = article.fitting not in _UNPACKED
    marked = mark_of(family, condition, article.fate) if is_packed else None
    small = ("188",) if is_small(article, family) else ()
    decided = packing.special_provisions if is_packed else ()
    carta_porte, why_key = _carta_porte(entry.un_number, on)
    return TransportIdentity(
        un_number=entry.un_number,
        name=entry.name(article.fitting),
        hazard_class="9",
        label=entry.label,
        condition=condition,
        special_provisions=tuple(sorted({*small, *decided, *([entry.provision] if entry.provision else [])})),
        packing=packing.packing if is_packed else (),
        large_packing=packing.large_packing if is_packed else (),
        marks=(marked[0],) if marked else (),
        needs_approval=packing.needs_approval,
        forbidden_modes=_forbidden_modes(article, condition),
        guide=GUIDE,
        carta_porte=carta_porte,
        hint=None,
        reasons=(
            _why_un_number(article, family, entry, assignment),
            *([packing.why] if is_packed else [UNPACKED_WHY[article.fitting]]),
            *([marked[1]] if marked else []),
            *([APPROVAL] if packing.needs_approval else []),
            *_why_forbidden(article, condition),
            why_key,
            WHY_GUIDE,
            *_cautions(article, entry, on, is_small=bool(small)),
        ),
    )


def _why_un_number(article: Article, family: Family, entry: Entry, assignment: Assignment) -> Reason:
    what, where = _FAMILIES[family], _FITTINGS[article.fitting]
    words = Words(
        f"Batería {what.es}, {where.es}: UN {entry.un_number}, clase 9.",
        f"A {what.en} battery, {where.en}: UN {entry.un_number}, class 9.",
    )
    return Reason("un_number", words, assignment.source, assignment.confidence)


def _forbidden_modes(article: Article, condition: TransportCondition) -> frozenset[str]:
    is_damaged = condition in ("damaged_stable", "damaged_critical")
    return frozenset({"air"}) if is_damaged or article.fate != "use" else frozenset()


def _why_forbidden(article: Article, condition: TransportCondition) -> Iterator[Reason]:
    if condition in ("damaged_stable", "damaged_critical"):
        yield WHY_DAMAGED_NOT_BY_AIR
    if article.fate != "use":
        yield WHY_WASTE_NOT_BY_AIR


def _carta_porte(un_number: str, on: str) -> tuple[CartaPorteKey, Reason]:
    """The key of SAT's catalogue on the day, else the fallback, else none; with the reason."""
    if find_sat_key(un_number, on) is not None:
        words = Words(f"El catálogo del SAT tiene la clave {un_number}.", f"SAT's catalogue has the key {un_number}.")
        return CartaPorteKey(un_number), _why_key(words)
    fallback = SAT_FALLBACKS.get(un_number)
    if fallback is not None and find_sat_key(fallback, on) is not None:
        note = Words(
            f"UN {un_number}: el catálogo del SAT no la tiene; en el CFDI, y sólo ahí, se declara {fallback}.",
            f"UN {un_number}: SAT's catalogue lacks it; in the CFDI, and only there, {fallback} is declared.",
        )
        return CartaPorteKey(None, fallback, note), _why_key(note)
    begins_on = min(row.from_on for row in SAT_KEYS)
    note = Words(
        f"El catálogo del SAT no la tiene el {on}; empieza el {begins_on}.",
        f"SAT's catalogue does not have it on {on}; it begins on {begins_on}.",
    )
    return CartaPorteKey(None, None, note), _why_key(note)


def _why_key(words: Words) -> Reason:
    return Reason("carta_porte", words, SAT_CATALOGUE, "read")


def _cautions(article: Article, entry: Entry, on: str, *, is_small: bool) -> Iterator[Reason]:
    if article.chemistry == "unknown":
        yield UNKNOWN_CHEMISTRY
    if article.recalled and article.condition == "sound":
        yield RECALLED
    if is_small:
        yield SMALL
    if article.fitting in _UNPACKED and article.condition != "sound":
        yield DAMAGED_INSIDE
    if article.fitting == "in_cargo_unit":
        yield CARGO_UNIT_MEANS_BUILT_IN
        if article.chemistry == "Na_ion":
            yield SODIUM_IN_CARGO_UNIT
    if entry.un_number in NATIONAL_LIST_LACKS:
        yield _not_in_the_national_list(article, entry)
    if article.fitting == "in_vehicle" and VEHICLES_FROM <= on <= max(TOLERATED.values()):
        yield STILL_TOLERATED


def _not_in_the_national_list(article: Article, entry: Entry) -> Reason:
    instead = Words(" Ahí el vehículo sigue siendo UN 3171.", " There the vehicle is UN 3171 still.")
    is_vehicle = article.fitting == "in_vehicle"
    words = Words(
        f"La lista mexicana sigue la 22.ª edición y aún no tiene UN {entry.un_number}."
        f"{instead.es if is_vehicle else ''}",
        f"Mexico's list follows the 22nd edition and does not have UN {entry.un_number} yet."
        f"{instead.en if is_vehicle else ''}",
    )
    return Reason("caution", words, NATIONAL_LIST, "secondary")


def _unlisted(article: Article, family: Family, on: str) -> TransportIdentity:
    """Sodium-ion batteries before they had entries."""
    what, where = _FAMILIES[family], _FITTINGS[article.fitting]
    words = Words(
        f"Batería {what.es}, {where.es}: el {on} no había aún un número UN para ella; pregunte a la autoridad.",
        f"A {what.en} battery, {where.en}: on {on} there was no UN number for it yet; ask the authority.",
    )
    why = Reason("un_number", words, "UN Model Regulations, 23rd edition: UN 3551, 3552 from 2025-01-01", "secondary")
    return _unclassed(article, why, condition=condition_of(article), needs_approval=True)


def _material(article: Article) -> TransportIdentity:
    hint = MATERIAL_HINTS.get(article.material or "")
    words = Words(
        "Un material no tiene entrada de batería: el remitente lo clasifica por sus propiedades.",
        "A material has no entry of batteries: the consignor classes it by its own properties.",
    )
    why = Reason("un_number", words, "UN Model Regulations 2.0.0; table of UN numbers has no entry for it", "secondary")
    if hint is None:
        return _unclassed(article, why)
    look = Words(f"Revise primero UN {hint}.", f"Look at UN {hint} first.")
    return _unclassed(article, why, Reason("hint", look, "practice, no source found", "unverified"), hint=hint)


def _unclassed(
    article: Article,
    *reasons: Reason,
    condition: TransportCondition | None = None,
    needs_approval: bool = False,
    hint: str | None = None,
) -> TransportIdentity:
    note = Words(
        "Sin número UN no hay clave de material peligroso.", "Without a UN number there is no key of hazardous goods."
    )
    return TransportIdentity(
        un_number=None,
        name=None,
        hazard_class=None,
        label=None,
        condition=condition,
        special_provisions=(),
        packing=(),
        large_packing=(),
        marks=(),
        needs_approval=needs_approval,
        forbidden_modes=frozenset({"air"}) if article.fate != "use" else frozenset(),
        guide=None,
        carta_porte=CartaPorteKey(None, None, note),
        hint=hint,
        reasons=(*reasons, *([WHY_WASTE_NOT_BY_AIR] if article.fate != "use" else [])),
    )
