"""What is owed to adults who use the service, and to their carers (004 7.1b, 7.3, 7.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from hub.concern import Concern, Party, Said
from hub.concern.adults import communication
from hub.events.adults import AdultsInformed, AdultsTold, AdultsUpdated, CommunicationPlanAgreed
from hub.vocabulary import ObligationKind, Role, Stage

Owed = tuple[ObligationKind, str, Party, datetime | None, str]
_TELL = ObligationKind.TELL_ADULTS


def telling_owed(concern: Concern, host: Party) -> Iterator[Owed]:
    """Yield what is owed so that adults and carers know where things stand."""
    yield from _this_stage(concern, host)
    newest = _round(concern)
    if newest is None:
        return
    if communication(concern) == "not agreed":
        says = "agree how adults and carers are told: until then their notices wait (7.1b)"
        yield _TELL, "plan:", host, None, says
        return
    yield from _not_yet_told(concern, newest)
    plan = concern.last(CommunicationPlanAgreed)
    if plan is not None:
        due = newest.at + timedelta(days=plan.update_every_days)
        says = "keep adults and carers up to date, as often as was agreed (7.4)"
        yield _TELL, f"update:{newest.event}:", host, due, says


def in_haste(concern: Concern) -> frozenset[tuple[ObligationKind, str]]:
    """Return what of this is owed in an emergency, by kind and key."""
    newest = _round(concern)
    if newest is None or not isinstance(newest.data, AdultsUpdated):
        return frozenset()
    if newest.data.reason != "emergency":
        return frozenset()
    return frozenset((kind, key) for kind, key, *_ in _not_yet_told(concern, newest))


def _this_stage(concern: Concern, host: Party) -> Iterator[Owed]:
    """Yield that adults are told at this stage, or that somebody says why not yet (M073)."""
    if concern.stage in {Stage.DECISION_TO_INITIATE, Stage.CLOSING} or not concern.opened:
        return
    said = concern.last(AdultsInformed, concern.stage)
    if said is not None and said.decision == "not yet":
        says = "decide again whether adults and carers are told; it was not yet (7.3)"
        yield _TELL, f"not yet:{concern.stage}:", host, said.review_due, says
    updated = any(one.stage is concern.stage for one in concern.every(AdultsUpdated))
    if said is None and not updated:
        says = "tell adults and carers at this stage, or say why not yet (7.3)"
        yield _TELL, f"stage:{concern.stage}:", host, None, says


def _round(concern: Concern) -> Said | None:
    """Return the newest decision that adults and carers are told."""
    return next((said for said in reversed(concern.said) if _tells(said)), None)


def _tells(said: Said) -> bool:
    match said.data:
        case AdultsInformed(decision="tell") | AdultsUpdated():
            return True
        case _:
            return False


def _not_yet_told(concern: Concern, newest: Said) -> Iterator[Owed]:
    """Yield who has not recorded that its adults, and their carers, were told since (M124)."""
    since = concern.said[concern.said.index(newest) + 1 :]
    for party in concern.parties():
        if party.role is not Role.ADULTS:
            continue
        for who in ("adult", "carer"):
            if not _told(concern, party, who, since):
                says = f"tell each {who}, and record who was told, how and when (7.3)"
                yield _TELL, f"{party.agency}:{who}:{newest.event}:", party, None, says


def _told(concern: Concern, party: Party, who: str, since: Sequence[Said]) -> bool:
    """Whether it is on record that all of one agency's adults, or all their carers, were told."""
    records = [
        said.data
        for said in since
        if isinstance(said.data, AdultsTold)
        and said.data.commissioner == party.agency
        and (said.data.who == "adult") is (who == "adult")
    ]
    told = {adult for record in records for adult in record.adults}
    everybody = any(not record.adults for record in records)
    mine = concern.adults_of(party)
    return everybody or (bool(mine) and told >= set(mine))
