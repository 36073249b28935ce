"""A notice as a text message: that there is one, and its reference; nothing that it says."""

from __future__ import annotations

from typing import Final

import orjson

_WAITS: Final = (
    "A message about reference {reference} is waiting for you. To read it, sign in, or ring the"
    " sender on a number you already have. Do not reply to this text."
)


def text_bytes(reference: str) -> bytes:
    """Return the words of a text as the `personalisation` that GOV.UK Notify fills a template with.

    A telephone shows a text to whoever looks at it, locked or not, so there is no provider in it,
    no agency, no date, no link, and no code by which anybody could acknowledge. The number is not
    in it either: it is read from the directory at each try.
    """
    return personalisation(_WAITS.format(reference=reference))


def personalisation(message: str) -> bytes:
    """Return these words as what fills the template, whose whole text is `((message))`."""
    return orjson.dumps({"message": message})
