"""The folder as one PDF, and each of its papers singly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from compliance.purpose import PaperName
from exchange.papers import cover, manifest, rme_transport, transport_papers
from exchange.papers.folder import Folder
from exchange.papers.page import Sheet, render

SheetName = Literal["cover"] | PaperName

_DRAWN: Final[Mapping[SheetName, Callable[[Folder], Sheet]]] = {
    "cover": cover.cover,
    "manifest": manifest.manifest,
    "rme_transport": rme_transport.rme_transport,
    "dangerous_goods": transport_papers.dangerous_goods,
    "emergency_sheet": transport_papers.emergency_sheet,
    "authorisations": cover.authorisations,
    "carta_porte": cover.carta_porte,
    "register_sheet": cover.register_sheet,
    "isolation_card": transport_papers.isolation_card,
}


def sheets_of(folder: Folder) -> tuple[SheetName, ...]:
    """What can be drawn of this folder, in its order: the cover, and each of its papers that is not another's."""
    named = (paper.name for paper in folder.papers if paper.name in _DRAWN)
    return ("cover", *(name for name in named if name != "isolation_card" or folder.isolated))


def render_folder(folder: Folder) -> bytes:
    """All of it as one PDF that needs no network: the same bytes for the same folder."""
    return _render(folder, sheets_of(folder))


def render_paper(folder: Folder, name: SheetName) -> bytes:
    """One of ``sheets_of``, alone."""
    return _render(folder, (name,))


def _render(folder: Folder, names: tuple[SheetName, ...]) -> bytes:
    sheets = [_DRAWN[name](folder) for name in names]
    title = sheets[0].title if len(sheets) == 1 else "Carpeta del envío"
    return render(sheets, title=f"{title} {folder.consignment}", subject=folder.purpose)
