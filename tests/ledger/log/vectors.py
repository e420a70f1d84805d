"""Where published test vectors lie when the checkout has them beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[4] / "shared" / "data" / "ledger"


def needs_vectors(folder: str) -> pytest.MarkDecorator:
    """Skip when ``folder`` of the vectors is missing."""
    return pytest.mark.skipif(not (VECTORS / folder).is_dir(), reason=f"vectors {folder} are not beside the repository")
