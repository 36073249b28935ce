"""What the wires said is kept word for word, whatever they said."""

from __future__ import annotations

import pytest

from hub.adapters.register.records import pairs_of, pairs_text
from hub.adapters.smtp.classify import Phase

WORDS = (
    "250 2.0.0 Ok",
    "",
    "två rader\r\nhär",
    "\x00\x1f",
    "\u2028 \ufffe \U0001f4e8",
    'a "b" \\c',
)
HALF = "half \ud83d a character"


@pytest.mark.parametrize("said", [*WORDS, HALF])
def test_B03_evidence_is_read_as_it_was_written(said: str) -> None:
    pairs = (("phase", Phase.DOT), ("reply", said))

    written = pairs_text(pairs)

    assert pairs_of(written) == pairs
    assert "\x00" not in written
    assert written.encode(), "no half character is left, which no database takes"


def test_B03_evidence_may_come_one_by_one_or_not_at_all() -> None:
    assert pairs_of(pairs_text((name, name) for name in "ab")) == (("a", "a"), ("b", "b"))
    assert pairs_of(pairs_text(())) == ()
