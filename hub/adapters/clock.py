"""The machine's clock, and ids and codes from the machine's randomness."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime
from typing import Final

CODE_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0, O, 1, I or L: a code is read out by phone."""
CODE_LENGTH: Final = 6
_COUNTER_BITS: Final = 42


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class RandomMint:
    """UUIDv7 ids (RFC 9562, 6.2 method 1: a counter within the millisecond), codes, jitter.

    Ids of one mint are in strict order, even where the machine's clock steps back.
    """

    def __init__(self) -> None:
        self._millisecond = 0
        self._counter = 0

    def id(self) -> str:
        """Return a new UUIDv7, later than every one before."""
        now = time.time_ns() // 1_000_000
        if now > self._millisecond:
            self._millisecond = now
            # The top bit starts at 0, so that the counter cannot run over within a millisecond.
            self._counter = secrets.randbits(_COUNTER_BITS - 1)
        else:
            self._counter += 1
        return uuid7(self._millisecond, self._counter, secrets.randbits(32))

    def code(self) -> str:
        """Return a six-character code that can be read out."""
        number = secrets.randbelow(len(CODE_ALPHABET) ** CODE_LENGTH)
        letters = []
        for _ in range(CODE_LENGTH):
            number, index = divmod(number, len(CODE_ALPHABET))
            letters.append(CODE_ALPHABET[index])
        return "".join(letters)

    def fraction(self) -> float:
        """Return a number from 0 up to 1, for jitter."""
        return secrets.randbits(53) / 2**53


def uuid7(millisecond: int, counter: int, random: int) -> str:
    """Lay out a UUIDv7: 48 bits of Unix milliseconds, a 42-bit counter, 32 bits of randomness."""
    high, low = counter >> 30, counter & (2**30 - 1)
    value = f"{millisecond << 80 | 7 << 76 | high << 64 | 2 << 62 | low << 32 | random:032x}"
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"
