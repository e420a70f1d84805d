"""How an article is packed and marked, by the condition in which it travels (SP 376, SP 377)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from compliance.reason import Confidence, Reason, Words
from compliance.transport.article import Article, Fate
from compliance.transport.entries import Family

TransportCondition = Literal["normal", "end_of_life", "damaged_stable", "damaged_critical"]
"""``end_of_life``: SP 377; ``damaged_stable`` and ``damaged_critical``: SP 376, which goes before."""

SMALL_CELL_WH_MAX: Final = 20
SMALL_MODULE_WH_MAX: Final = 100
SMALL_GROSS_G_MAX: Final = 30_000

_SP_376: Final = "UN Model Regulations SP 376"
_SP_377: Final = "UN Model Regulations SP 377"


@dataclass(frozen=True, slots=True)
class Packing:
    """How packages of one condition are made up.

    Attributes:
        packing: packing instructions, of which any one will do; ``large_packing`` those for large packagings.
        special_provisions: that decide it.
        needs_approval: whether a competent authority has to say how.
        why: the reason that goes into the answer.
    """

    packing: tuple[str, ...]
    large_packing: tuple[str, ...]
    special_provisions: tuple[str, ...]
    needs_approval: bool
    why: Reason


PACKINGS: Final[Mapping[TransportCondition, Packing]] = {
    "normal": Packing(
        ("P903",),
        (),
        ("230",),
        needs_approval=False,
        why=Reason(
            "packing",
            Words(
                "Íntegra y para usarse: P903. Desde 12 kg y con carcasa resistente basta un embalaje exterior fuerte,"
                " una jaula protectora o un palé.",
                "Sound and for use: P903. From 12 kg on with a resistant casing a strong outer packaging, a protective"
                " enclosure or a pallet will do.",
            ),
            "UN Model Regulations 4.1.4.1 P903 (1), (2)",
        ),
    ),
    "end_of_life": Packing(
        ("P909", "P903"),
        (),
        ("230", "377"),
        needs_approval=False,
        why=Reason(
            "packing",
            Words(
                "Va a reciclado o eliminación y no está dañada: P909, o P903 como una nueva.",
                "It goes to recycling or disposal and is not damaged: P909, or P903 like a new one.",
            ),
            f"{_SP_377}; P909",
        ),
    ),
    "damaged_stable": Packing(
        ("P908",),
        ("LP904",),
        ("376",),
        needs_approval=False,
        why=Reason(
            "packing",
            Words(
                "Dañada o defectuosa, pero estable según su evaluación: P908, o LP904 en embalaje de gran tamaño."
                " La disposición 230 no se aplica.",
                "Damaged or defective, but stable by its assessment: P908, or LP904 in a large packaging."
                " Provision 230 does not apply.",
            ),
            _SP_376,
        ),
    ),
    "damaged_critical": Packing(
        ("P911",),
        ("LP906",),
        ("376",),
        needs_approval=True,
        why=Reason(
            "packing",
            Words(
                "Dañada y propensa a desintegrarse, arder o desprender calor o gases peligrosos: P911, o LP906 en"
                " embalaje de gran tamaño, en las condiciones que apruebe la autoridad competente.",
                "Damaged and liable to disassemble, burn or give off dangerous heat or gas: P911, or LP906 in a large"
                " packaging, under the conditions that the competent authority approves.",
            ),
            _SP_376,
        ),
    ),
}

_DAMAGED: Final[Mapping[Family, Words]] = {
    "lithium_ion": Words("BATERÍAS DE IÓN LITIO DAÑADAS/DEFECTUOSAS", "DAMAGED/DEFECTIVE LITHIUM-ION BATTERIES"),
    "lithium_metal": Words("BATERÍAS DE METAL LITIO DAÑADAS/DEFECTUOSAS", "DAMAGED/DEFECTIVE LITHIUM METAL BATTERIES"),
    "sodium_ion": Words("BATERÍAS DE IÓN SODIO DAÑADAS/DEFECTUOSAS", "DAMAGED/DEFECTIVE SODIUM-ION BATTERIES"),
}
_DISCARDED: Final[Mapping[Family, Words]] = {
    "lithium_ion": Words("BATERÍAS DE LITIO", "LITHIUM BATTERIES"),
    "lithium_metal": Words("BATERÍAS DE LITIO", "LITHIUM BATTERIES"),
    "sodium_ion": Words("BATERÍAS DE IÓN SODIO", "SODIUM ION BATTERIES"),
}
_FATES: Final[Mapping[Fate, Words]] = {
    "recycling": Words("PARA RECICLADO", "FOR RECYCLING"),
    "disposal": Words("PARA ELIMINACIÓN", "FOR DISPOSAL"),
}


def condition_of(article: Article) -> TransportCondition:
    """In which condition the article travels; damage goes before what it travels for."""
    if article.condition != "sound":
        return "damaged_critical" if article.condition == "critical" else "damaged_stable"
    return "normal" if article.fate == "use" else "end_of_life"


def mark_of(family: Family, condition: TransportCondition, fate: Fate) -> tuple[Words, Reason] | None:
    """What a package of this condition is marked with, and why; None when label and UN number are all."""
    if condition in ("damaged_stable", "damaged_critical"):
        mark = _DAMAGED[family]
        return mark, _why_marked(mark, _SP_376, "unverified" if family == "sodium_ion" else "secondary")
    if condition == "end_of_life" and fate in _FATES:
        what, goes = _DISCARDED[family], _FATES[fate]
        mark = Words(f"{what.es} {goes.es}", f"{what.en} {goes.en}")
        return mark, _why_marked(mark, _SP_377, "unverified" if family == "sodium_ion" else "secondary")
    return None


def _why_marked(mark: Words, source: str, confidence: Confidence) -> Reason:
    words = Words(
        f"El bulto se marca «{mark.es}», en letras de al menos 12 mm.",
        f"The package is marked “{mark.en}”, in letters of at least 12 mm.",
    )
    return Reason("mark", words, f"{source}; IMDG 3.3.1", confidence)


def is_small(article: Article, family: Family) -> bool:
    """Whether SP 188 could relieve it: a sound cell or module for use, within the limits of energy and gross mass.

    A pack never qualifies here, whatever is stated of it; neither does lithium metal, which is limited by its content.
    """
    if article.unit_kind not in ("cell", "module") or family != "lithium_ion" or article.energy_wh is None:
        return False
    limit_wh = SMALL_CELL_WH_MAX if article.unit_kind == "cell" else SMALL_MODULE_WH_MAX
    gross_g = article.mass_g if article.gross_g is None else article.gross_g
    is_within = article.energy_wh <= limit_wh and gross_g <= SMALL_GROSS_G_MAX
    return is_within and condition_of(article) == "normal" and article.fitting not in ("in_vehicle", "in_cargo_unit")
