"""Octets in no more room than they need."""

from __future__ import annotations


def exact(octets: bytes) -> bytes:
    """Return these octets in room of their own size.

    What orjson writes keeps the room that it was written in, 4,096 octets or more for a log entry
    of 200; what is kept until a whole batch is written is copied out of it.
    """
    return bytes(memoryview(octets))
