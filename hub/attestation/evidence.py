"""A receipt as it is shown to an outsider, and the hash by which a confirmation names it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from hub.attestation import canonical, instant
from hub.receipt import Receipt


def receipt_said(receipt: Receipt) -> dict[str, Any]:
    """Return all that one receipt says, as JSON has it.

    Signed confirmations name its hash, so what is once written so is written so for ever: what is
    not said is left out, and a member that comes later is written only where it says something.
    """
    act, declined = receipt.acknowledgement, receipt.declination
    said = {
        "notice": receipt.notice,
        "delivery": receipt.delivery,
        "attempt": receipt.attempt,
        "at": instant(receipt.at),
        "source": receipt.source,
        "rung": receipt.rung,
        "setback": receipt.setback,
        "acknowledged": act
        and {
            "name": act.name,
            "role": act.role,
            "organisation": act.organisation,
            "strength": act.strength.value,
        },
        "declined": declined
        and {
            "name": declined.name,
            "role": declined.role,
            "organisation": declined.organisation,
            "strength": declined.strength.value,
            "because": declined.because.value,
            "reason": declined.reason,
        },
        "detail": receipt.detail,
        "evidence": [list(pair) for pair in receipt.evidence],
        "fenced": receipt.fenced,
    }
    return {name: value for name, value in said.items() if value}


def receipt_hash(said: object) -> str:
    """Return the SHA-256 of a receipt as `receipt_said` gives it, in lower-case hex."""
    return sha256(canonical(said)).hexdigest()


def receipt_hashes(receipts: Sequence[Receipt]) -> tuple[str, ...]:
    """Return the hash of each receipt, each once, in their order."""
    return tuple(dict.fromkeys(receipt_hash(receipt_said(one)) for one in receipts))
