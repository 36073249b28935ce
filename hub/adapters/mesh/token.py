"""What proves to MESH which mailbox calls: a token of its own for each request."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import sha256
from itertools import count
from uuid import uuid4

from hub.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Our own mailbox: its id, its password, and the key that its environment shares."""

    mailbox: str
    password: str = field(repr=False)
    shared_key: bytes = field(repr=False)


class Tokens:
    """Makes the `Authorization` of each request. No two are the same: MESH refuses one it knows."""

    def __init__(self, account: Account, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._nonce = str(uuid4())
        self._count = count()

    def next(self) -> str:
        """Return `NHSMESH mailbox:nonce:count:time:hash`; the time is UTC, to the minute."""
        time = self._clock.now().astimezone(UTC).strftime("%Y%m%d%H%M")
        mine = f"{self._account.mailbox}:{self._nonce}:{next(self._count)}"
        proof = hmac.new(
            self._account.shared_key, f"{mine}:{self._account.password}:{time}".encode(), sha256
        )
        return f"NHSMESH {mine}:{time}:{proof.hexdigest()}"
