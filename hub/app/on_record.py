"""What is on record of the policy: which packs are proved, in force, and overdue for review."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from hub.app.books import Books, proof_faults
from hub.calendar import is_past
from hub.leaf import Leaf, leaf
from hub.pack.rules import Pack
from hub.ports import Register

log = structlog.get_logger("hub.policy")


async def unproved(register: Register, books: Books) -> tuple[str, ...]:
    """Prove what is not on record as proved; return every fault. Proofs are remembered."""
    subjects = {name: f"proof {name}" for name in books.packs}
    new = [
        name
        for name, subject in subjects.items()
        if await register.in_force(subject) != books.digests[name]
    ]
    faults = await asyncio.to_thread(proof_faults, books, new) if new else ()
    if not faults:
        for name in new:
            await register.put_in_force(subjects[name], books.digests[name], lambda _: None)
    return faults


async def say_in_force(register: Register, books: Books, now: datetime) -> None:
    """Write `policy.pack.activated` for each pack that was not in force before (M001).

    Once for each change, however many processes start with it or reload it.
    """
    for pack in books.packs.values():
        said = await register.put_in_force(
            f"policy {pack.partnership}", pack.hash, _activated(pack, now)
        )
        if said:
            log.info(
                "policy.pack.activated",
                partnership=pack.partnership,
                version=pack.version,
                hash=pack.hash,
            )
    await register.put_in_force(
        "words",
        books.words_digest,
        lambda before: leaf(
            "policy.words.activated", now, hash=books.words_digest, previous=before
        ),
    )


async def say_reviews(register: Register, books: Books, now: datetime) -> None:
    """Write `policy.review.due`, once, for each pack whose day of review is past (N047)."""
    for pack in books.packs.values():
        if not is_past(pack.review_by, now):
            continue
        due = pack.review_by.isoformat()
        if await register.put_in_force(
            f"review {pack.partnership}", f"{pack.hash} {due}", _review_due(pack, now)
        ):
            log.error(
                "policy.review.due",
                partnership=pack.partnership,
                version=pack.version,
                review_by=due,
            )


def _activated(pack: Pack, now: datetime) -> Callable[[str], Leaf]:
    def said(previous: str) -> Leaf:
        return leaf(
            "policy.pack.activated",
            now,
            partnership=pack.partnership,
            version=pack.version,
            hash=pack.hash,
            previous=previous,
        )

    return said


def _review_due(pack: Pack, now: datetime) -> Callable[[str], Leaf]:
    def said(_: str) -> Leaf:
        return leaf(
            "policy.review.due",
            now,
            partnership=pack.partnership,
            version=pack.version,
            hash=pack.hash,
            review_by=pack.review_by.isoformat(),
        )

    return said
