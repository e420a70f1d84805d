"""Random keys that this server alone holds: files beside the signing keys, made when first needed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ledger.durable import sync_folder, write_new_file
from ledger.errors import KeyUnusable

SECRET_BYTES = 32


def open_secret(path: Path) -> bytes:
    """The secret of ``SECRET_BYTES`` in this file, which is made with mode 0600 if it is missing.

    A process that dies while making it leaves at most a ``.new`` file beside it. Of two that make it at once, the
    first wins and both use its secret.

    Raises:
        KeyUnusable: the file is open to others, or is not such a secret.
    """
    if not path.exists():
        _make(path)
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise KeyUnusable(f"The key file {path} is open to others.", cure=f"chmod 600 {path}")
        secret = file.read(SECRET_BYTES + 1)
    if len(secret) != SECRET_BYTES:
        raise KeyUnusable(f"The key file {path} does not hold {SECRET_BYTES} bytes.")
    return secret


def _make(path: Path) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    write_new_file(fresh, secrets.token_bytes(SECRET_BYTES))
    try:
        # Unlike a rename, a link never replaces what another process has made meanwhile.
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    sync_folder(path.parent)
