"""What a concern owes as it stands: obligations that follow from its state, not from one notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from hub.concern import Concern, Party
from hub.concern.assurance import must_notify_qsig
from hub.concern.provider import provider_waits
from hub.decide import facts_of_the_concern
from hub.decision import History
from hub.events.disclosures import AdultWishesRecorded
from hub.notice import Notice
from hub.obligation import Obligation, ObligationKind
from hub.pack.conditions import applies
from hub.plan import telling
from hub.plan.fairness import papers_owed
from hub.plan.standing import waiting_for_decision
from hub.plan.telling import telling_owed
from hub.plan.tools import Tools
from hub.vocabulary import CriminalStatus, HoldKind, InfoClass, Mint, Nation, PoliceAdvice, Role

OUTLIVES_CLOSURE: Final = frozenset(
    {ObligationKind.REPORT_BREACH, ObligationKind.ANSWER_BOARD, ObligationKind.ANSWER_SUBJECT}
)
"""What is owed whether or not the process has ended: the law asks for it."""

_Owed = tuple[ObligationKind, str, Party, datetime | None, str]
"""Kind, key, who owes it, until when (None: the pack says how long), and one line for people."""


def owed_by_the_concern(
    concern: Concern | None, history: History, tools: Tools, now: datetime
) -> dict[tuple[ObligationKind, str], Obligation]:
    """Return what the concern owes now, by (kind, key); `now` starts the clocks (rules.md)."""
    if concern is None:
        return {}
    in_haste = {(m.kind, f"{m.key}:") for m in concern.matters if m.urgent}
    in_haste |= telling.in_haste(concern)
    return {
        (kind, key): Obligation(
            id=tools.mint.id(),
            concern=concern.id,
            kind=kind,
            party=party,
            due=due or due_by_the_pack(kind, concern, party, tools, now, urgent=urgent),
            opened_at=now,
            key=key,
            says=says,
        )
        for kind, key, party, due, says in _owed(concern, history, tools, now)
        for urgent in [(kind, key) in in_haste]
    }


def _owed(concern: Concern, history: History, tools: Tools, now: datetime) -> Iterator[_Owed]:
    host = Party(agency=concern.host_authority, role=Role.HOST_AUTHORITY)
    yield from _matters(concern, host)
    if concern.closure_authorised is not None:
        yield from _reviews(concern, host)
        return
    yield from _escalation(concern, host)
    if _police_must_be_asked(concern):
        yield (
            ObligationKind.CONSULT_POLICE,
            "criminal",
            host,
            None,
            "ask the police whether there is a crime, and what the provider may be told (7.2)",
        )
    if provider_waits(concern) and not concern.protected:
        yield (
            ObligationKind.INTERIM_PROTECTION,
            "provider",
            host,
            None,
            "say who keeps people safe while the provider is not told (M122)",
        )
    yield from _to_settle(concern, host)
    yield from telling_owed(concern, host)
    yield from papers_owed(concern, host, tools.pack.calendar, now)
    yield from _endorsements(concern)
    yield from _reviews(concern, host)
    yield from _disclosures(concern, history, tools)


def _to_settle(concern: Concern, host: Party) -> Iterator[_Owed]:
    """Yield what somebody must still find out or decide: funders, the provider's part, the lead."""
    if concern.unknown_funders:
        yield (
            ObligationKind.FIND_FUNDER,
            "funders",
            host,
            None,
            "find who funds the places nobody has claimed (4.1)",
        )
    if concern.opened and all(r.stage is not concern.stage for r in concern.involvement):
        yield (
            ObligationKind.REVIEW_INVOLVEMENT,
            f"stage:{concern.stage}",
            host,
            None,
            "decide what part the provider has at this stage; no alert waits for it (3.1)",
        )
    excluded = any(hold.kind is HoldKind.H2 for hold in concern.holds)
    if excluded and concern.lead_agency is None:
        yield (
            ObligationKind.NAME_LEAD,
            "lead",
            host,
            None,
            "name the lead agency: without it nobody can endorse that the provider waits (4.4)",
        )


def _escalation(concern: Concern, host: Party) -> Iterator[_Owed]:
    """Yield the word that QSIG is owed where resolution looks unlikely (10.4)."""
    if must_notify_qsig(concern):
        says = "notify QSIG: risks stay high, and resolution looks unlikely (10.4)"
        yield ObligationKind.DECIDE_ESCALATION, "notify:", host, None, says


def due_by_the_pack(
    kind: ObligationKind,
    concern: Concern,
    party: Party,
    tools: Tools,
    since: datetime,
    *,
    urgent: bool = False,
) -> datetime:
    """Return when an obligation is due, counted from `since` (UTC): the shortest that applies.

    Working days are those of the nation of whoever owes it. What nobody knows shortens.
    """
    facts = facts_of_the_concern(concern, urgent=urgent)
    agency = tools.directory.agency(party.agency)
    nation = agency.nation if agency else Nation.ENGLAND_AND_WALES
    return min(
        tools.pack.calendar.due(since, deadline.within, nation)
        for deadline in tools.pack.deadlines
        if deadline.kind is kind and applies(deadline.when, facts)
    )


def _matters(concern: Concern, host: Party) -> Iterator[_Owed]:
    ended = concern.closure_authorised is not None and not concern.emergency_after_end
    for matter in concern.matters:
        if not ended or matter.kind in OUTLIVES_CLOSURE:
            yield matter.kind, f"{matter.key}:", matter.owner or host, matter.due, matter.says


def _endorsements(concern: Concern) -> Iterator[_Owed]:
    for hold in concern.holds:
        endorsed = hold.endorsed_by_agency == concern.lead_agency is not None
        if hold.kind is HoldKind.H2 and not endorsed:
            yield (
                ObligationKind.ENDORSE,
                f"endorse:{hold.id}:",
                _lead(concern),
                None,
                "the lead agency endorses or refuses that the provider is not told (3.1)",
            )


def _disclosures(concern: Concern, history: History, tools: Tools) -> Iterator[_Owed]:
    """Yield what waits for somebody's named decision, and who decides (the matrix's `need`)."""
    police = Party(agency=concern.police, role=Role.POLICE)
    if concern.held_elsewhere:
        says = "say whether the provider may hear of this concern while another about it is held"
        yield ObligationKind.DECIDE_DISCLOSURE, "elsewhere:", police, None, says
    parties = concern.parties()
    for party in parties:
        wanted = history.still_held(party)
        if not wanted:
            continue
        for info, deciders in waiting_for_decision(party, concern, history, tools.pack):
            decider = next((p for p in parties if p.role in deciders), police)
            if info in wanted:
                key = f"{party.agency}:{party.role}:{info}:"
                says = f"decide whether the {party.role} ({party.agency}) is told: {info}"
                wishes = _wishes(concern) if info is InfoClass.PLACED_ADULT else ""
                yield ObligationKind.DECIDE_DISCLOSURE, key, decider, None, f"{says}{wishes}"


def _wishes(concern: Concern) -> str:
    """Return what adults have asked, for whoever decides about facts of adults (N017)."""
    asked = sorted({w.wish for w in concern.every(AdultWishesRecorded)})
    return f" (adults have asked: {', '.join(asked)})" if asked else ""


def _lead(concern: Concern) -> Party:
    """Return the lead agency as what it is to this concern, the host while none is set (4.4)."""
    mine = (party for party in concern.parties() if party.agency == concern.lead_agency)
    host = Party(agency=concern.host_authority, role=Role.HOST_AUTHORITY)
    return next(mine, host)


def _reviews(concern: Concern, host: Party) -> Iterator[_Owed]:
    for hold in concern.holds:
        yield (
            ObligationKind.REVIEW_HOLD,
            f"hold:{hold.id}:{hold.review_due.isoformat()}",
            host,
            hold.review_due,
            f"review the {hold.kind} hold; no date ever releases it",
        )
    if concern.police_review_due is not None:
        yield (
            ObligationKind.REVIEW_HOLD,
            f"police:{concern.police_review_due.isoformat()}",
            Party(agency=concern.police, role=Role.POLICE),
            concern.police_review_due,
            "review the advice to hold; no date ever releases it",
        )


def _police_must_be_asked(concern: Concern) -> bool:
    asked = {CriminalStatus.UNKNOWN, CriminalStatus.SUSPECTED}
    return concern.criminal in asked and concern.police_advice is PoliceAdvice.UNKNOWN


def answer_owed(notice: Notice, mint: Mint, now: datetime) -> Obligation:
    """Return the obligation to answer a notice that has a reply date."""
    due = notice.reply_due or now
    return Obligation(
        id=mint.id(),
        concern=notice.concern,
        kind=ObligationKind.ANSWER,
        party=notice.party,
        due=due,
        opened_at=now,
        key=f"notice:{notice.id}",
        notice=notice.id,
        required=notice.required,
        says=f"answer the notice `{notice.template}`",
    )


def person_owed(notice: Notice, concern: Concern, mint: Mint, now: datetime) -> Obligation:
    """Return the obligation of the host where no address of a party can be written to at all."""
    return Obligation(
        id=mint.id(),
        concern=notice.concern,
        kind=ObligationKind.PERSON,
        party=Party(agency=concern.host_authority, role=Role.HOST_AUTHORITY),
        due=now,
        opened_at=now,
        key=f"unaddressed:{notice.id}",
        notice=notice.id,
        says=f"tell the {notice.party.role} by phone: no address of its can be written to",
    )
