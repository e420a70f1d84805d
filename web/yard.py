"""The phone path: pages that sign. Each page is whole without the network; what it shows, its script fills in.

The server sends the same page to everybody, so a service worker may keep it. Every text is in the page already, in the
page's language: scripts know codes alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, get_args

from exchange.words import word
from ledger.domain.custody import Fitting, Purpose, RefusalReason
from ledger.domain.values import Chemistry, format_base64url
from ledger.trust import Trust
from web.language import LANGUAGES, Language
from web.rendering import render_page, style_path, translation
from web.yard_words import WORDS

ROOT: Final = "/campo/"
PAGES: Final[Mapping[str, str]] = {
    "": "start",
    "telefono": "phone",
    "bateria": "pack",
    "recibir": "receive",
    "entregar": "handover",
    "carga": "load",
    "comprobante": "receipt",
}
"""Path below ``ROOT`` and template of every page; its script has the template's name."""
YARD_BYTES_MAX: Final = 600_000
"""All that a phone fetches once and keeps, in one language, before compression."""

_MEDIA_TYPES: Final = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
_WORKER: Final = "sw.js"
_VERSION_CHARS = 16


def yard_page(language: Language, path: str, base_url: str, trust: Trust, *, sandbox: bool = False) -> bytes | None:
    """The page at this path below ``ROOT``; None if there is none.

    Args:
        language: of the page.
        path: one of ``PAGES``.
        base_url: the name under which a signed request addresses this server (RFC 7523 section 3).
        trust: what the phone checks receipts against.
        sandbox: whether the ledger is one to try things in.
    """
    template = PAGES.get(path)
    if template is None:
        return None
    say = translation(language)
    return render_page(
        language,
        f"yard/{template}",
        ROOT + path,
        sandbox=sandbox,
        page=template,
        base=base_url,
        origin=trust.origin,
        receipt_key=format_base64url(trust.receipt_key.spki),
        files=f"{ROOT}static/{yard_version()}",
        words={code: say(text) for code, text in WORDS.items()},
        purposes=get_args(Purpose),
        fittings=get_args(Fitting),
        reasons=get_args(RefusalReason),
        chemistries=[(code, word(code, language)) for code in get_args(Chemistry)],
    )


def yard_file(path: str) -> tuple[bytes, str] | None:
    """Bytes and media type of a script, style or drawing; None if there is none at this path."""
    body = _yard_files().get(path)
    return None if body is None else (body, _MEDIA_TYPES[path.rpartition(".")[2]])


@cache
def yard_version() -> str:
    """Another text for other bytes of any page, script, style or drawing: pages and scripts change together."""
    digest = sha256(style_path().encode())
    for path, body in sorted(_yard_files().items()):
        digest.update(path.encode() + b"\0" + sha256(body).digest())
    for name, body in sorted(_tree(files("web").joinpath("templates/yard")).items()):
        digest.update(name.encode() + b"\0" + sha256(body).digest())
    digest.update(files("web").joinpath("locale/en.po").read_bytes())
    return digest.hexdigest()[:_VERSION_CHARS]


@cache
def service_worker() -> bytes:
    """The script that keeps the pages for when there is no signal; it changes whenever one of them does."""
    kept = [f"{ROOT}{path}?lang={language}" for language in LANGUAGES for path in PAGES]
    kept += [f"{ROOT}static/{yard_version()}/{path}" for path in sorted(_yard_files())]
    shell: dict[str, Any] = {"version": yard_version(), "root": ROOT, "kept": [*kept, style_path()]}
    return f"const SHELL = {json.dumps(shell)};\n".encode() + _read(_WORKER)


def web_manifest(language: Language) -> bytes:
    """What a phone needs to put the pages among its own programs (W3C Web Application Manifest)."""
    say = translation(language)
    members = {
        "name": say("Bitácora de Baterías"),
        "short_name": say(WORDS["app.short"]),
        "lang": language,
        "start_url": f"{ROOT}?lang={language}",
        "scope": ROOT,
        "display": "standalone",
        "background_color": "#10161c",
        "theme_color": "#19222b",
        "icons": [{"src": f"{ROOT}static/{yard_version()}/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
    }
    return json.dumps(members, ensure_ascii=False).encode()


@cache
def _yard_files() -> Mapping[str, bytes]:
    found = _tree(files("web").joinpath("static/yard"))
    served = {path: body for path, body in found.items() if path.rpartition(".")[2] in _MEDIA_TYPES}
    del served[_WORKER]
    return served | {f"words.{language}.js": _words(language) for language in LANGUAGES}


def _words(language: Language) -> bytes:
    """A module of codes and their words."""
    say = translation(language)
    pairs = [[code, say(text)] for code, text in WORDS.items()]
    return f"export default {json.dumps(pairs, ensure_ascii=False)};\n".encode()


def _tree(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for item in folder.iterdir():
        if item.is_dir():
            found |= _tree(item, f"{prefix}{item.name}/")
        else:
            found[prefix + item.name] = item.read_bytes()
    return found


def _read(name: str) -> bytes:
    return files("web").joinpath("static/yard", name).read_bytes()
