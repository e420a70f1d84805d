from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ProofInvalid
from ledger.log.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from ledger.log.merkle import EMPTY_ROOT, SIZE_MAX

TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
EMPTY_TEXT = "example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"


def test_the_example_of_the_specification_is_read_back() -> None:
    checkpoint = parse_checkpoint(TEXT)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint.root.hex().startswith("0ac5186a")
    assert format_checkpoint(checkpoint) == TEXT


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=60),
    st.integers(1, SIZE_MAX),
    st.binary(min_size=32, max_size=32),
)
def test_checkpoints_are_read_back(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


def test_the_empty_log_has_the_root_of_nothing() -> None:
    assert parse_checkpoint(EMPTY_TEXT) == Checkpoint("example.com/log", 0, EMPTY_ROOT)
    with pytest.raises(ProofInvalid):
        parse_checkpoint(TEXT.replace("20852163", "0"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        TEXT[:-1],
        TEXT + "\n",
        TEXT + "extension\n",
        TEXT.replace("example.com/behind-the-sofa\n", ""),
        TEXT.replace("example.com/behind-the-sofa", ""),
        TEXT.replace("example.com/behind-the-sofa", "tab\there"),
        TEXT.replace("example.com/behind-the-sofa", "e" * 256),
        TEXT.replace("20852163\n", ""),
        TEXT.replace("20852163", "020852163"),
        TEXT.replace("20852163", "+20852163"),
        TEXT.replace("20852163", "-1"),
        TEXT.replace("20852163", "1_000"),
        TEXT.replace("20852163", "²"),
        TEXT.replace("20852163", "٣"),
        TEXT.replace("20852163", "20852163 "),
        TEXT.replace("20852163", str(2**63)),
        TEXT.replace("20852163", "9" * 5000),
        TEXT.replace("q2I=", "q2J="),
        TEXT.replace("q2I=", "q2I"),
        TEXT.replace("CsUYapGG", ""),
        TEXT.replace("\n", "\r\n"),
    ],
)
def test_another_spelling_is_no_checkpoint(text: str) -> None:
    with pytest.raises(ProofInvalid):
        parse_checkpoint(text)
