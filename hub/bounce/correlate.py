"""Which delivery a mail is about: every key it holds is asked, and none is believed alone.

In order: the bounce address (VERP), `Original-Envelope-Id`, the returned Message-ID, the final
recipient. All that match are kept; two that name different deliveries go to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.bounce.mail import Addresses, Named, Sent, Sorted
from hub.vocabulary import AttemptId, DeliveryId


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The delivery a mail is about, and by which keys it was found."""

    sent: Sent | None
    """None: no key names a delivery that the register has."""
    attempt: AttemptId | None = None
    matched: tuple[str, ...] = ()
    disagree: bool = False
    """True: two keys name different deliveries, and nothing may be claimed of either."""


def named_by(found: Sorted, address: DeliveryId | None, *, domain: str) -> Named:
    """Return the keys in a mail. `address` is what its bounce address names, already proven.

    `domain` is the right side of this hub's Message-IDs.
    """
    ours = f"@{domain.lower()}"
    messages = (
        DeliveryId(one[: -len(ours)]) for one in found.message_ids if one.lower().endswith(ours)
    )
    return Named(
        address=address,
        attempt=AttemptId(found.envelope_id) if found.envelope_id else None,
        messages=tuple(dict.fromkeys(messages)),
    )


def correlate(
    found: Sorted, named: Named, known: Sequence[Sent], addresses: Addresses | None = None
) -> About:
    """Return which of the `known` deliveries this mail is about."""
    keys: list[tuple[str, Sent]] = []
    for sent in known:
        if sent.delivery.id == named.address:
            keys.append(("bounce address", sent))
        if named.attempt is not None and named.attempt in sent.attempts:
            keys.append(("envelope id", sent))
        if sent.delivery.id in named.messages:
            keys.append(("message id", sent))
    keys.sort(key=lambda key: _ORDER.index(key[0]))
    if not keys:
        return About(sent=None)
    first = keys[0][1]
    address = (addresses or {}).get(first.delivery.id, "").casefold()
    told = {one.casefold() for group in found.groups for one in (group.final, group.original)}
    matched = [name for name, sent in keys if sent.delivery.id == first.delivery.id]
    if address and address in told:
        matched.append("recipient")
    return About(
        sent=first,
        attempt=_attempt(first, named),
        matched=tuple(matched),
        disagree=len({sent.delivery.id for _, sent in keys}) > 1,
    )


def _attempt(sent: Sent, named: Named) -> AttemptId | None:
    if named.attempt is not None and named.attempt in sent.attempts:
        return named.attempt
    # Where there was one try, it is that which came back.
    return sent.attempts[0] if len(sent.attempts) == 1 else None


_ORDER = ("bounce address", "envelope id", "message id")
