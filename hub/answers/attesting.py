"""The LEO's confirmation that closure notices were sent (004 11.1, M102)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final

import structlog

from hub.access import BY_KEY, Official, Post
from hub.answers.results import Attested, NotFound, NotYet, NotYours
from hub.attestation import Attestation, Proof, Waiver, canonical, statement
from hub.attestation.evidence import receipt_hashes
from hub.closure import (
    ESCALATION,
    Closing,
    Gap,
    closure_notices,
    closure_set,
    gaps,
    left_by_others,
    left_out,
    one_person_twice,
)
from hub.concern import Party
from hub.leaf import Leaf, leaf
from hub.ports import AlreadyAttested, Clock, ConcernRecord, NoticeRecord, Register, Signer
from hub.receipt import fold
from hub.vocabulary import AckStrength, ConcernId, Mint, NoticeId

log = structlog.get_logger()

_READ_AGAIN: Final = 5
"""How often the concern may move under the LEO's hand before we say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What stands of closure, as the page shows it and as attesting decides it: one computation."""

    parties: tuple[Party, ...]
    """The closure set."""
    closing: Mapping[Party, Closing]
    gaps: tuple[Gap, ...]
    warnings: tuple[str, ...]
    """What does not stand in the way, and goes on the record with the confirmation."""


def review(
    record: ConcernRecord, person: Official, now: datetime, waivers: Sequence[Waiver] = ()
) -> Review:
    """Return who has been told of closure, from the register's own evidence alone."""
    history = record.standing.history
    closing = closing_of(record)
    return Review(
        parties=tuple(sorted(closure_set(record.concern, history))),
        closing=closing,
        gaps=gaps(record.concern, history, closing, now, waivers, escalated_of(record)),
        warnings=_warnings(record, person, closing),
    )


def closing_of(record: ConcernRecord) -> dict[Party, Closing]:
    """Return what each party's newest closure notice has reached, over all its deliveries."""
    return {party: _closing(each) for party, each in _newest(record).items()}


def _newest(record: ConcernRecord) -> dict[Party, NoticeRecord]:
    by_id = {each.notice.id: each for each in record.notices}
    newest = closure_notices(record.standing.history, [each.notice for each in record.notices])
    return {party: by_id[notice.id] for party, notice in newest.items()}


def escalated_of(record: ConcernRecord) -> Closing | None:
    """Return what the newest notice that escalated the concern to QSIG has reached (10.4)."""
    mine = [each for each in record.notices if each.notice.template == ESCALATION]
    newest = max(mine, key=lambda each: (each.notice.composed_at, each.notice.id), default=None)
    return None if newest is None else _closing(newest)


async def attest(
    register: Register,
    clock: Clock,
    mint: Mint,
    concern: ConcernId,
    person: Official,
    waivers: Sequence[Waiver],
    signer: Signer | None = None,
) -> Attested | NotYet | NotYours | NotFound:
    """Confirm closure where nothing is missing, signed by the hub (`signer` None: by nobody).

    Idempotent: the first confirmation stands.
    """
    for _ in range(_READ_AGAIN):
        record = await register.as_reader(person.agency).concern(concern)
        if record is None:
            return NotFound()
        if record.attestation is not None:
            return Attested(attestation=record.attestation, again=True)
        if person.post is not Post.LEO:
            return NotYours(says="Only a lead enquiry officer confirms that notices were sent")
        now = clock.now()
        found = review(record, person, now, waivers)
        if found.gaps:
            log.info("closure.not.attested", concern=concern, gaps=len(found.gaps))
            return NotYet(concern=concern, gaps=found.gaps)
        made = _attestation(record, found, person, waivers, now, mint.id())
        if signer is not None:
            made = replace(made, seal=signer.sign(canonical(statement(made))))
        if await _written(register, record, made):
            log.info("closure.attested", concern=concern, attestation=made.id)
            return Attested(attestation=made)
    return NotYet(concern=concern, gaps=(_MOVES,))


_MOVES: Final = Gap(
    party=None, says="The concern is changing at this moment; try again", waivable=False
)


async def _written(register: Register, record: ConcernRecord, made: Attestation) -> bool:
    """Write it, if what was judged is still what stands; False: read and judge again."""
    concern = record.concern.id
    try:
        async with register.entry() as entry:
            standing = (await entry.standing([concern]))[concern]
            if standing.version != record.standing.version:
                return False
            # A returned mail lowers a rung and changes nothing else: it is looked for by itself.
            for proof in made.proofs:
                known = await entry.notice(NoticeId(proof.notice))
                if known is None or receipt_hashes(known.receipts) != proof.receipts:
                    return False
            await entry.attest(made, _leaf(made, concern))
    except AlreadyAttested:
        return False
    return True


def _leaf_hash(made: Attestation) -> str:
    """The SHA-256 of what is confirmed, so that the log holds the register to it."""
    said = {
        "by": made.by,
        "role": made.role,
        "reached": sorted(f"{p.agency}|{p.role}|{r.rung}|{r.since}" for p, r in made.reached),
        "waivers": sorted(
            f"{w.party.agency}|{w.party.role}|{w.reason}|{w.name}" for w in made.waivers
        ),
        "flags": list(made.flags),
    }
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _attestation(
    record: ConcernRecord,
    found: Review,
    person: Official,
    waivers: Sequence[Waiver],
    now: datetime,
    identity: str,
) -> Attestation:
    return Attestation(
        id=identity,
        concern=record.concern.id,
        by=person.name,
        role=person.post,
        at=now,
        reached=tuple(
            (party, found.closing[party].reached)
            for party in found.parties
            if party in found.closing
        ),
        waivers=tuple(waivers),
        flags=found.warnings,
        proofs=_proofs(record),
        missing=_missing(record, person, waivers, now),
    )


def _proofs(record: ConcernRecord) -> tuple[Proof, ...]:
    """Return, by its hashes, what there is of each party's closure notice at this moment."""
    return tuple(
        Proof(
            party=party,
            notice=each.notice.id,
            deliveries=tuple(delivery.sha256 for delivery in each.deliveries),
            receipts=receipt_hashes(each.receipts),
        )
        for party, each in sorted(_newest(record).items())
    )


def _missing(
    record: ConcernRecord, person: Official, waivers: Sequence[Waiver], now: datetime
) -> tuple[tuple[Party, str], ...]:
    """Return what the waivers excuse, in the words of the gap."""
    waived = {waiver.party for waiver in waivers}
    found = review(record, person, now).gaps
    return tuple((gap.party, gap.says) for gap in found if gap.party and gap.party in waived)


def _closing(record: NoticeRecord) -> Closing:
    return Closing(
        notice=record.notice.id,
        reached=fold(record.receipts),
        required=record.notice.required,
        deliveries=len(record.deliveries),
    )


_NOT_BY_THEIR_HAND: Final = {
    AckStrength.RECORDED: "recorded from a call",
    AckStrength.REPLY: "read in a reply by mail",
    AckStrength.KEY: "made by a program, with a key of the API",
}
"""What a LEO or a program has written down for somebody else, and how that is said."""


def _acknowledged_by(closing: Closing, strength: AckStrength) -> bool:
    act = closing.reached.acknowledgement
    return act is not None and act.strength is strength


def _warnings(
    record: ConcernRecord, person: Official, closing: Mapping[Party, Closing]
) -> tuple[str, ...]:
    concern = record.concern
    found = [
        *one_person_twice(concern, person.name),
        *left_out(concern),
        *left_by_others(concern),
    ]
    if concern.leo.name != person.name:
        found.append("confirmed by somebody else than the concern's lead enquiry officer")
    if person.id.startswith(BY_KEY):
        # Nobody proved who they are: the confirmation must not say that somebody did.
        found.append("confirmed by a program, with a key of the API in this person's name")
    for strength, how in _NOT_BY_THEIR_HAND.items():
        many = sum(_acknowledged_by(each, strength) for each in closing.values())
        if many:
            were = "was" if many == 1 else "were"
            found.append(f"{many} of the acknowledgements {were} {how}")
    if record.waiting:
        found.append(
            f"events that wait for an earlier one and were not read: {len(record.waiting)}"
        )
    return tuple(found)


def _leaf(made: Attestation, concern: ConcernId) -> Leaf:
    signed = {} if made.seal is None else {"key": made.seal.key, "statement": made.seal.sha256}
    return leaf(
        "closure.attested",
        made.at,
        concern,
        attestation=made.id,
        parties=len(made.reached),
        waivers=len(made.waivers),
        flags=len(made.flags),
        sha256=_leaf_hash(made),
        **signed,
    )
