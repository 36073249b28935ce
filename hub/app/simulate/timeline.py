"""What happens in a simulation, row by row: read from the register, never asked of the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from hub.adapters.scripted import Carried
from hub.compose import FACT_CLASSES
from hub.concern import Party
from hub.decision import Decision, Hold, NotDue, Notify, OccasionKind, Withhold
from hub.notice import Accepted, Deferred, InDoubt, Notice, Refused
from hub.obligation import ENDED, Obligation, ObligationState
from hub.page import StandingHold
from hub.ports import ConcernRecord
from hub.receipt import SAID, Receipt
from hub.vocabulary import AttemptId, ConcernId


class What(StrEnum):
    """What one row of the timeline says."""

    STEP = "step"  # what the scenario says from outside, but for events and answers
    EVENT = "event"
    TOLD = "told"
    HELD = "held"
    WITHHELD = "withheld"
    NOT_DUE = "not due"
    SENT = "sent"  # one try by one channel, and what came of it
    EVIDENCE = "evidence"  # what came back later
    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    OWED = "owed"
    MET = "met"
    LADDER = "ladder"
    HOLD_STANDS = "hold stands"
    HOLD_ENDED = "hold ended"
    CONFIRMED = "closure confirmed"
    NOT_CONFIRMED = "closure not confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that happened, at a virtual instant (UTC)."""

    at: datetime
    what: What
    says: str
    """One line for people, without addresses."""
    concern: ConcernId | None = None
    party: Party | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    """The same for programs: rules, classes, fields, instants as text."""

    def as_json(self) -> dict[str, Any]:
        """Return the row as data for JSON."""
        party = self.party and {"agency": self.party.agency, "role": self.party.role}
        return {
            "at": moment(self.at),
            "what": self.what,
            "concern": self.concern,
            "party": party or None,
            "says": self.says,
            **self.detail,
        }


def moment(at: datetime | None) -> str | None:
    """Return an instant as programs read it, in UTC."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


@dataclass(slots=True)
class Seen:
    """What of one concern stands in the timeline already."""

    decisions: int = 0
    receipts: dict[str, int] = field(default_factory=dict)
    tried: set[AttemptId] = field(default_factory=set)
    """Tries whose own outcome has been read; what comes later of one is evidence."""
    owed: dict[str, Obligation] = field(default_factory=dict)
    holds: frozenset[StandingHold] = frozenset()

    def news(self, record: ConcernRecord, now: datetime) -> Iterator[Row]:
        """Yield what has been written since it was last asked, in the order of its reasons."""
        notices = {each.notice.decision: each.notice for each in record.notices}
        for decision in record.decisions[self.decisions :]:
            yield _decided(decision, notices.get(decision.id), now)
        self.decisions = len(record.decisions)
        yield from self._holds(record, now)
        yield from self._receipts(record)
        yield from self._owed(record, now)

    def _holds(self, record: ConcernRecord, now: datetime) -> Iterator[Row]:
        for what, holds in (
            (What.HOLD_STANDS, record.holds - self.holds),
            (What.HOLD_ENDED, self.holds - record.holds),
        ):
            for hold in sorted(holds, key=lambda one: (one.party, one.kind, one.info)):
                yield Row(
                    at=now,
                    what=what,
                    concern=record.concern.id,
                    party=hold.party,
                    says=f"{hold.info} ({hold.kind}): {hold.reason}",
                    detail={"class": hold.info, "kind": hold.kind},
                )
        self.holds = record.holds

    def _receipts(self, record: ConcernRecord) -> Iterator[Row]:
        for each in record.notices:
            before = self.receipts.get(each.notice.id, 0)
            for receipt in each.receipts[before:]:
                if not self._of_a_try(receipt):
                    yield _received(each.notice, receipt)
            self.receipts[each.notice.id] = len(each.receipts)

    def _of_a_try(self, receipt: Receipt) -> bool:
        """Whether the row of its try says already what this receipt does."""
        if receipt.source not in _TRIES or receipt.attempt in self.tried:
            return False
        if receipt.attempt is not None:
            self.tried.add(receipt.attempt)
        return True

    def _owed(self, record: ConcernRecord, now: datetime) -> Iterator[Row]:
        opened = {one.id: one for one in record.obligations}
        for gone in (one for id_, one in self.owed.items() if id_ not in opened):
            yield owed_row(What.MET, gone, now, f"{gone.kind}: owed no more")
        for id_, one in opened.items():
            before = self.owed.get(id_)
            if before is None:
                yield owed_row(What.OWED, one, now, one.says or f"{one.kind}")
            elif before.climb != one.climb and one.climb is not None:
                yield _climbed(before, one, now)
        self.owed = opened


def owed_row(what: What, owed: Obligation, at: datetime, says: str) -> Row:
    """Return a row about an obligation."""
    climb = owed.climb
    return Row(
        at=at,
        what=what,
        concern=owed.concern,
        party=owed.party,
        says=says,
        detail={
            "kind": owed.kind,
            "due": moment(owed.due),
            "asked": owed.key.startswith("ladder:"),
            "ladder": climb.ladder if climb else None,
            "step": climb.step if climb else None,
            "state": climb.state if climb else None,
            "next": moment(climb.next_at) if climb else None,
        },
    )


def tried_row(one: Carried, notice: Notice) -> Row:
    """Return the row of one try: by which way, to which contact, and what came of it."""
    delivery = one.delivery
    match one.outcome:
        case Accepted(rung=rung):
            came, said = str(rung), SAID[rung]
        case Deferred():
            came, said = "deferred", one.outcome.detail
        case Refused(because=because):
            came, said = "refused", f"{one.outcome.detail} ({because})"
        case InDoubt():
            came, said = "in doubt", one.outcome.detail
    instead = ", instead of another" if delivery.instead_of else ""
    return Row(
        at=one.at,
        what=What.SENT,
        concern=delivery.concern,
        party=delivery.party,
        says=f"{notice.template} by {delivery.channel} to {delivery.target}{instead}: {said}",
        detail={
            "notice": notice.template,
            "channel": delivery.channel,
            "target": delivery.target,
            "came": came,
            "classes": sorted(delivery.classes),
            "sha256": delivery.sha256,
        },
    )


def _climbed(before: Obligation, after: Obligation, now: datetime) -> Row:
    climb = after.climb
    if climb is None:
        return owed_row(What.LADDER, after, now, f"{after.kind}: no ladder")
    said = f"{after.kind}, ladder {climb.ladder}: {climb.state}"
    if climb.state not in ENDED | {ObligationState.HELD}:
        taken = climb.step - (before.climb.step if before.climb else 0)
        said += f", {taken} step{'s' * (taken != 1)} taken" * (taken > 0)
    return owed_row(What.LADDER, after, now, said)


_TRIES: Final = frozenset({"smtp", "cjsm", "mesh", "sms", "webhook"})
"""Where receipts of a try come from."""
_OCCASIONS: Final = {
    OccasionKind.EVENT: "",
    OccasionKind.HOLDS_CHANGED: ", because holds changed",
    OccasionKind.FOUND_LATE: ", found late",
    OccasionKind.LADDER: ", because a ladder asks it",
}


def _decided(decision: Decision, notice: Notice | None, now: datetime) -> Row:
    reason = decision.reason
    why = f"{reason.rule}: {reason.sentence} ({reason.paragraph})"
    occasion = _OCCASIONS[decision.occasion.kind]
    detail: dict[str, Any] = {
        "event": decision.occasion.event_name,
        "occasion": decision.occasion.kind,
        "rule": reason.rule,
        "paragraph": reason.paragraph,
        "reason": reason.sentence,
        **_classes(decision, notice),
    }
    match decision:
        case Notify():
            detail |= {"notice": decision.notice, "reply_due": moment(decision.reply_due)}
            what, says = What.TOLD, f"{decision.notice}{occasion}"
        case Hold():
            kinds = ", ".join(dict.fromkeys(held.kind for held in decision.held))
            what, says = What.HELD, f"{kinds}{occasion}. {why}"
        case Withhold():
            what, says = What.WITHHELD, f"{why}{occasion}"
        case NotDue():
            what, says = What.NOT_DUE, f"{why}{occasion}"
    return Row(
        at=now,
        what=what,
        concern=decision.occasion.concern,
        party=decision.party,
        says=says,
        detail=detail,
    )


def _classes(decision: Decision, notice: Notice | None) -> dict[str, Any]:
    """Return what is shared with its fields, held with who releases it, and withheld."""
    shared = decision.shared if isinstance(decision, Notify) else ()
    held = decision.held if isinstance(decision, Notify | Hold) else ()
    withheld = () if isinstance(decision, NotDue) else decision.withheld
    facts = [name for name, value in notice.facts if value] if notice else []
    return {
        "shared": {
            each.info.value: [name for name in facts if FACT_CLASSES[name] is each.info]
            for each in shared
        },
        "held": {
            each.info.value: {
                "kind": each.kind,
                "released_by": each.released_by,
                "rule": each.reason.rule,
                "paragraph": each.reason.paragraph,
            }
            for each in held
        },
        "withheld": {each.info.value: each.reason.rule for each in withheld},
    }


def _received(notice: Notice, receipt: Receipt) -> Row:
    """Return the row of one receipt that is not the outcome of a try."""
    act, no = receipt.acknowledgement, receipt.declination
    if act is not None:
        what = What.ACKNOWLEDGED
        says = f"{notice.template}, by {act.name}, {act.role} ({act.strength})"
    elif no is not None:
        what = What.DECLINED
        says = f"{notice.template}, by {no.name}, {no.role}: {no.because}"
    else:
        what = What.EVIDENCE
        said = receipt.setback or receipt.rung or "not sent"
        says = f"{notice.template}: {said}; {receipt.detail}"
    detail = {"notice": notice.template, "rung": receipt.rung, "setback": receipt.setback}
    return Row(
        at=receipt.at,
        what=what,
        concern=notice.concern,
        party=notice.party,
        says=says,
        detail=detail,
    )
