"""Who is told what on one event, who is not, and why: by which rule and paragraph, which facts.

The same planning as a real run, on a copy: nothing is written down and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from hub.compose import FACT_CLASSES
from hub.concern import Party
from hub.decision import (
    Decision,
    Held,
    Hold,
    NotDue,
    Notify,
    OccasionKind,
    Shared,
    Withheld,
    Withhold,
)
from hub.directory import Directory
from hub.events.envelope import Event, Fault
from hub.notice import Notice
from hub.pack.rules import Pack
from hub.page import Standing
from hub.plan import Tools, plan, verdict_of
from hub.vocabulary import DecisionId, HoldKind, InfoClass, Role

_Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldClass:
    """One class that this party is told, with the facts its notice shows."""

    info: InfoClass
    facts: Mapping[str, str]
    purpose: str
    basis: str
    rule: str
    paragraph: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptClass:
    """One class that this party is not told, or not yet (`kind`, `released_by`)."""

    info: InfoClass
    facts: tuple[str, ...]
    """Names alone: what is held or withheld has no bytes anywhere."""
    rule: str
    paragraph: str
    reason: str
    kind: str | None = None
    released_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What was decided for one party on one occasion, and why."""

    party: Party
    name: str
    occasion: OccasionKind
    verdict: str
    """`notify`, `hold`, `withhold` or `not due`."""
    rule: str
    paragraph: str
    reason: str
    notice: str | None
    reply_due: datetime | None
    """In UTC."""
    told: tuple[ToldClass, ...]
    held: tuple[KeptClass, ...]
    withheld: tuple[KeptClass, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Every decision that one event brings, in the concern's order; or why it brings none."""

    event: Event
    pack: Pack
    parties: tuple[Explained, ...]
    waits: str | None
    """Why the event cannot follow yet."""
    refused: tuple[Fault, ...]
    """Why the event may not be asserted."""

    def of(self, agency: str) -> Explanation:
        """Return the part about one agency, by its code, its name or its role, in any case.

        The end of a code is enough: `cqc` is `regulator:cqc`.
        """
        word = agency.casefold()
        mine = tuple(p for p in self.parties if word in _names(p))
        return Explanation(
            event=self.event,
            pack=self.pack,
            parties=mine,
            waits=self.waits,
            refused=self.refused,
        )

    def as_json(self) -> _Json:
        """Return the whole as data for JSON."""
        return {
            "event": self.event.name,
            "id": self.event.id,
            "concern": self.event.concern,
            "pack": {
                "partnership": self.pack.partnership,
                "version": self.pack.version,
                "hash": self.pack.hash,
            },
            "waits": self.waits,
            "refused": [str(fault) for fault in self.refused],
            "parties": [_party_json(party) for party in self.parties],
        }


def explain(event: Event, standing: Standing, tools: Tools, now: datetime) -> Explanation:
    """Explain one event as planning would decide it at `now` (UTC). Pure.

    `standing` is what is known of the concern; a new concern has none. Events that waited for this
    one are decided by planning as well and explained here with it.
    """
    page = plan(standing, (event,), tools, now)
    notices = {notice.decision: notice for notice in page.notices}
    mine = (event.source, event.id)
    return Explanation(
        event=event,
        pack=tools.pack,
        parties=tuple(_explained(d, notices, tools) for d in page.decisions if _speaks(d)),
        waits=next((w.why for w in page.waiting if (w.source, w.event) == mine), None),
        refused=tuple(
            fault
            for refused in page.refused
            if (refused.event.source, refused.event.id) == mine
            for fault in refused.faults
        ),
    )


def _speaks(decision: Decision) -> bool:
    """Whether a decision is news: what is given late to one party says nothing to the others."""
    late = decision.occasion.kind is OccasionKind.FOUND_LATE
    return not (late and isinstance(decision, NotDue))


def _explained(decision: Decision, notices: Mapping[DecisionId, Notice], tools: Tools) -> Explained:
    notice = notices.get(decision.id)
    shared, held, withheld = _classes(decision)
    role = decision.party.role
    template = tools.words.template_for(notice.template, role) if notice else None
    wanted = template.facts if template else frozenset(FACT_CLASSES)
    guards = _guards(decision, tools.pack)
    return Explained(
        party=decision.party,
        name=_name(decision.party, tools.directory),
        occasion=decision.occasion.kind,
        verdict=verdict_of(decision),
        rule=decision.reason.rule,
        paragraph=decision.reason.paragraph,
        reason=decision.reason.sentence,
        notice=notice.template if notice else None,
        reply_due=decision.reply_due if isinstance(decision, Notify) else None,
        told=tuple(_told(one, notice) for one in shared),
        held=tuple(_kept(one, wanted) for one in held),
        withheld=(*(_kept(one, wanted) for one in withheld), *guards),
    )


def _classes(
    decision: Decision,
) -> tuple[tuple[Shared, ...], tuple[Held, ...], tuple[Withheld, ...]]:
    match decision:
        case Notify():
            return decision.shared, decision.held, decision.withheld
        case Hold():
            return (), decision.held, decision.withheld
        case Withhold():
            return (), (), decision.withheld
        case NotDue():
            return (), (), ()
        case _:
            assert_never(decision)


def _told(one: Shared, notice: Notice | None) -> ToldClass:
    facts = dict(notice.facts) if notice else {}
    return ToldClass(
        info=one.info,
        facts={name: value for name, value in facts.items() if FACT_CLASSES[name] is one.info},
        purpose=one.purpose,
        basis=one.basis,
        rule=one.reason.rule,
        paragraph=one.reason.paragraph,
        reason=one.reason.sentence,
    )


def _kept(one: Held | Withheld, wanted: frozenset[str]) -> KeptClass:
    held = one if isinstance(one, Held) else None
    return KeptClass(
        info=one.info,
        facts=tuple(n for n, info in FACT_CLASSES.items() if info is one.info and n in wanted),
        rule=one.reason.rule,
        paragraph=one.reason.paragraph,
        reason=one.reason.sentence,
        kind=held.kind if held else None,
        released_by=held.released_by if held else None,
    )


def _guards(decision: Decision, pack: Pack) -> Iterator[KeptClass]:
    """Yield what this notice does not carry, and the rule that keeps it from every notice.

    It is a rule that no notice may, or one that asks for somebody's decision first (000 section 7).
    """
    if isinstance(decision, NotDue):
        return
    decided = {one.info for part in _classes(decision) for one in part}
    for info in InfoClass:
        kept = _guard(pack, decision.party.role, info)
        if info not in decided and kept is not None:
            yield kept


def _guard(pack: Pack, role: Role, info: InfoClass) -> KeptClass | None:
    facts = tuple(n for n, known in FACT_CLASSES.items() if known is info)
    never = (w for w in pack.withholds if w.hold is None and not w.when)
    for rule in never:
        if role in rule.roles and info in rule.classes:
            return KeptClass(
                info=info,
                facts=facts,
                rule=rule.id,
                paragraph=rule.paragraph,
                reason=rule.because,
            )
    shares = [s for s in pack.shares if role in s.roles and info in s.classes]
    if not shares or not all(share.decided_by for share in shares):
        return None
    return KeptClass(
        info=info,
        facts=facts,
        rule=shares[0].id,
        paragraph=shares[0].paragraph,
        reason=shares[0].say,
        kind=HoldKind.H6,
        released_by=", ".join(sorted(shares[0].decided_by)),
    )


def _name(party: Party, directory: Directory) -> str:
    agency = directory.agency(party.agency)
    return agency.name if agency else party.agency


def _names(party: Explained) -> frozenset[str]:
    code = party.party.agency
    words = (code, code.partition(":")[2], party.name, party.party.role)
    return frozenset(word.casefold() for word in words)


def _party_json(party: Explained) -> _Json:
    due = party.reply_due
    return {
        "agency": party.party.agency,
        "role": party.party.role.value,
        "name": party.name,
        "occasion": party.occasion.value,
        "verdict": party.verdict,
        "rule": party.rule,
        "paragraph": party.paragraph,
        "reason": party.reason,
        "notice": party.notice,
        "reply_due": due.astimezone(UTC).isoformat().replace("+00:00", "Z") if due else None,
        "told": [_told_json(one) for one in party.told],
        "held": [_kept_json(one) for one in party.held],
        "withheld": [_kept_json(one) for one in party.withheld],
    }


def _told_json(one: ToldClass) -> _Json:
    return {
        "class": one.info.value,
        "facts": dict(one.facts),
        "purpose": one.purpose,
        "basis": one.basis,
        "rule": one.rule,
        "paragraph": one.paragraph,
        "reason": one.reason,
    }


def _kept_json(one: KeptClass) -> _Json:
    kept: _Json = {
        "class": one.info.value,
        "facts": list(one.facts),
        "rule": one.rule,
        "paragraph": one.paragraph,
        "reason": one.reason,
    }
    if one.kind is not None:
        kept |= {"kind": one.kind, "released_by": one.released_by}
    return kept
