"""Who is told what, and why. Pure: exactly one decision for every party, for every occasion."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, TypedDict, assert_never

from hub.calendar import LONDON
from hub.concern import Concern, Party, PlacedHold
from hub.concern.adults import communication
from hub.concern.provider import contact
from hub.concern.reporting import amounts_to
from hub.decision import (
    Decision,
    Held,
    History,
    Hold,
    NotDue,
    Notify,
    Occasion,
    OccasionKind,
    Reason,
    Shared,
    Withheld,
    Withhold,
)
from hub.directory import Directory
from hub.events import EmergencyClosureCqc
from hub.events.assessing import ThresholdAssessed
from hub.events.records import NoticeRecalled
from hub.events.regulator import InspectionReportShared
from hub.pack.cell import (
    CLOSED_WORLD,
    CellHold,
    ClassJudgement,
    Decided,
    HeldBy,
    NoRule,
    NothingDue,
    SharedBy,
    Told,
    WithheldBy,
    judge,
)
from hub.pack.rules import EVERYTHING, UNKNOWN, VARIANT, Pack
from hub.vocabulary import (
    DecisionId,
    HoldId,
    HoldKind,
    InfoClass,
    Nation,
    PackHash,
    PoliceAdvice,
    Role,
    RuleId,
)

RISK_ROLES: Final = frozenset(
    {
        Role.REGULATOR,
        Role.HOST_AUTHORITY,
        Role.HOST_ICB,
        Role.PLACING_AUTHORITY,
        Role.PLACING_ICB,
        Role.POLICE,
    }
)
"""Whose first alert no missing paper holds back (rules.md, semantics 9)."""

FOUND_LATE: Final = RuleId("found-late")
"""The rule of what is given late to whoever was found late, and to nobody else (semantics 11)."""

BY_LAW: Final = frozenset({Role.SAB, Role.DATA_PROTECTION})
"""Who comes by the law, whether or not the process has ended (Care Act s.45; Art 33)."""

RISK_CLASSES: Final = frozenset({InfoClass.PROCESS, InfoClass.THEMES, InfoClass.PLACED_ADULT})
"""What a risk notice may carry: the standing protocol (11.2) gives it, whatever else is agreed."""

PARAGRAPHS: Final = {
    HoldKind.H1: "004 7.2",
    HoldKind.H2: "004 3.1",
    HoldKind.H3: "004 7.5",
    HoldKind.H4: "004 4.3",
    HoldKind.H5: "004 7.5",
    HoldKind.H6: "004 7.1i",
    HoldKind.H7: "000 7",
    HoldKind.H8: "004 7.1b",
    HoldKind.H9: "004 3.1",
    HoldKind.H10: "004 4.1b",
}
"""What a hold that a person placed rests on."""


def decide(
    occasion: Occasion,
    concern: Concern,
    history: History,
    pack: Pack,
    directory: Directory,
    now: datetime,
) -> tuple[Decision, ...]:
    """Return one decision for every party of the concern, in the concern's order.

    `history` is everything decided before this occasion. `now` starts the deadlines. The same
    arguments always give the same answer (law of the whole answer).
    """
    return tuple(
        _decide_for(party, occasion, concern, history, pack, directory, now)
        for party in concern.parties()
    )


def facts_about(
    party: Party, concern: Concern, history: History, occasion: Occasion | None = None
) -> dict[str, str]:
    """Return the value of every fact a rule may ask for, as it is for this party now."""
    commissions = party.role in {Role.PLACING_AUTHORITY, Role.PLACING_ICB}
    reconsidered = occasion is not None and party in occasion.reconsidered
    # Whoever is found late has been told the current position, or it is held, before its history.
    late = occasion is not None and occasion.kind is OccasionKind.FOUND_LATE
    ending = concern.closure_authorised or concern.closure_proposed
    return {
        "criminal": str(concern.criminal),
        "police_advice": str(concern.police_advice),
        "places_adults": _places_adults(party, concern) if commissions else "no",
        "reconsider": _yes(reconsidered and not late),
        "position": _position(concern),
        "held_before": _yes(party in history.ever_held()),
        "told_before": _yes(late or party in history.ever_told()),
        "provider_informed": _yes(concern.provider_informed is not None),
        "order_served": _order_served(concern),
        "first_hearing": _first_hearing(party, concern, history),
        "ending": str(ending.ending) if ending else UNKNOWN,
        "named": _yes(occasion is not None and party in occasion.named),
        VARIANT: (occasion.variant if occasion is not None else None) or UNKNOWN,
        "again": _yes(occasion is not None and occasion.again),
        "report": _report(occasion),
        "mistaken": _mistaken(party, concern, occasion),
        "scope": _scope(party, concern),
        "takes_part": _yes(party in concern.joined),
        "contact": contact(concern),
        **facts_of_the_concern(concern),
    }


def facts_of_the_concern(concern: Concern) -> dict[str, str]:
    """Return the facts that are the same for every party."""
    begun = {True: "yes", False: "no", None: "undecided"}
    return {
        "risk": concern.risk_level,
        "severity": "flagged" if concern.severe else "not flagged",
        "initiated": begun[concern.initiated],
        "communication": communication(concern),
        "sharing": _agreed(concern.sharing_agreed),
        "held_elsewhere": _yes(concern.held_elsewhere),
        "consultation": _consultation(concern),
        "category": concern.category or UNKNOWN,
        "urgency": "not urgent",
        **_assessed(concern),
    }


def holds_on(
    party: Party,
    concern: Concern,
    pack: Pack,
    directory: Directory,
    now: datetime | None = None,
) -> tuple[CellHold, ...]:
    """Return the holds that people placed on this party, and those of its channels.

    H10 where it has none, H7 on what none may carry. `now`: without it no accreditation of a
    channel has run out.
    """
    found = [
        _as_cell_hold(hold, concern, pack)
        for hold in concern.holds
        if _is_on(hold, party) and hold.classes and not _waits_for_paper(hold)
    ]
    if not directory.reachable(party.agency, party.role):
        found.append(
            CellHold(
                id=None,
                kind=HoldKind.H10,
                classes=EVERYTHING,
                released_by=Role.HOST_AUTHORITY,
                sentence="The directory has no usable contact for it",
                paragraph=PARAGRAPHS[HoldKind.H10],
            )
        )
    elif kept := channels_keep(party, directory, now):
        found.append(
            CellHold(
                id=None,
                kind=HoldKind.H7,
                classes=kept,
                released_by=Role.HOST_AUTHORITY,
                sentence="None of its channels is accredited for this",
                paragraph=PARAGRAPHS[HoldKind.H7],
            )
        )
    return tuple(found)


def channels_keep(party: Party, directory: Directory, now: datetime | None) -> frozenset[InfoClass]:
    """Return the classes that no channel of this party may carry (H7); never that there is one."""
    on = now.astimezone(LONDON).date() if now is not None else None
    return EVERYTHING - directory.carried_to(party.agency, party.role, on)


def decided_for(party: Party, concern: Concern, pack: Pack) -> Decided:
    """Return what people decided for this party where the matrix says `need` (000 section 7).

    Of those whom the pack lets decide about a class the newest decision counts, to tell or not to
    tell; what anybody else decides counts for nothing.
    """
    mine = [one for one in concern.disclosures if one.party == party]
    newest: dict[InfoClass, tuple[bool, frozenset[Role]]] = {}
    for one in sorted(mine, key=lambda one: one.decided_at or _LONG_AGO):
        parts = frozenset(p.role for p in concern.parties() if p.agency == one.authority)
        for info in one.classes:
            may = parts & _deciders(party.role, info, pack)
            if may:
                newest[info] = (one.share, may)
    return Decided(
        share=frozenset((i, role) for i, (share, may) in newest.items() for role in may if share),
        refuse=frozenset(info for info, (share, _) in newest.items() if not share),
        narrow=_narrowed(party, concern),
    )


_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def _deciders(role: Role, info: InfoClass, pack: Pack) -> frozenset[Role]:
    """Return whose decision the pack asks for before this role is told this class."""
    asked = (s.decided_by for s in pack.shares if role in s.roles and info in s.classes)
    return frozenset().union(*asked)


def _narrowed(party: Party, concern: Concern) -> frozenset[InfoClass]:
    """Return what this concern's own protocol leaves out; never what a risk notice carries."""
    rows = dict(concern.sharing_rows)
    if party.role not in rows:
        return frozenset()
    out = EVERYTHING - rows[party.role]
    return out - RISK_CLASSES if party.role in RISK_ROLES else out - {InfoClass.PROCESS}


def released_to(concern: Concern) -> frozenset[InfoClass]:
    """Return the classes the police released to the provider (7.2)."""
    if concern.police_advice is PoliceAdvice.PARTIAL:
        return concern.police_released
    return frozenset()


_ANSWERED_THEN: Final = Reason(
    sentence="It had its own answer when this happened; somebody else was found late",
    paragraph="004 4.1b",
    rule=FOUND_LATE,
)


class _Common(TypedDict):
    id: DecisionId
    occasion: Occasion
    party: Party
    pack: PackHash


def _decide_for(
    party: Party,
    occasion: Occasion,
    concern: Concern,
    history: History,
    pack: Pack,
    directory: Directory,
    now: datetime,
) -> Decision:
    judgement = judge(
        pack,
        occasion.event_name,
        party.role,
        facts_about(party, concern, history, occasion),
        released_to(concern),
        holds_on(party, concern, pack, directory, now),
        decided_for(party, concern, pack),
    )
    key = f"{occasion.id}|{party.agency}|{party.role}"
    common = _Common(
        id=DecisionId(sha256(key.encode()).hexdigest()[:32]),
        occasion=occasion,
        party=party,
        pack=pack.hash,
    )
    if occasion.kind is OccasionKind.FOUND_LATE and party not in occasion.reconsidered:
        return NotDue(reason=_ANSWERED_THEN, **common)
    match judgement:
        case NothingDue():
            rule = judgement.rule
            reason = Reason(sentence=rule.because, paragraph=rule.paragraph, rule=rule.id)
            return NotDue(reason=reason, **common)
        case NoRule():
            return _nobody_named_it(occasion, common)
        case Told():
            return _told(judgement, common, _due(judgement, party, pack, directory, now))
        case _:
            assert_never(judgement)


def _told(judgement: Told, common: _Common, due: datetime | None) -> Decision:
    shared, held, withheld = _sort(judgement.classes)
    route = judgement.route
    if shared:
        return Notify(
            reason=Reason(sentence=route.say, paragraph=route.paragraph, rule=route.id),
            notice=route.notice,
            lane=route.lane,
            required=route.required,
            reply_due=due,
            shared=shared,
            held=held,
            withheld=withheld,
            **common,
        )
    if held:
        return Hold(reason=held[0].reason, held=held, withheld=withheld, **common)
    return Withhold(reason=withheld[0].reason, withheld=withheld, **common)


def _sort(
    classes: tuple[ClassJudgement, ...],
) -> tuple[tuple[Shared, ...], tuple[Held, ...], tuple[Withheld, ...]]:
    shared, held, withheld = [], [], []
    for judged in classes:
        match judged:
            case SharedBy():
                share = judged.share
                why = Reason(sentence=share.say, paragraph=share.paragraph, rule=share.id)
                shared.append(
                    Shared(info=judged.info, purpose=share.purpose, basis=share.basis, reason=why)
                )
            case HeldBy():
                why = Reason(sentence=judged.sentence, paragraph=judged.paragraph, rule=judged.rule)
                held.append(
                    Held(
                        info=judged.info,
                        kind=judged.kind,
                        released_by=judged.released_by,
                        reason=why,
                        hold=judged.hold,
                    )
                )
            case WithheldBy():
                why = Reason(sentence=judged.sentence, paragraph=judged.paragraph, rule=judged.rule)
                withheld.append(Withheld(info=judged.info, reason=why))
            case _:
                assert_never(judged)
    return tuple(shared), tuple(held), tuple(withheld)


def _nobody_named_it(occasion: Occasion, common: _Common) -> Withhold:
    reason = Reason(
        sentence=f"No rule of the pack says what this role is told on `{occasion.event_name}`",
        paragraph="closed world (rules.md, semantics 1)",
        rule=CLOSED_WORLD,
    )
    withheld = tuple(Withheld(info=info, reason=reason) for info in InfoClass)
    return Withhold(reason=reason, withheld=withheld, **common)


def _due(
    judgement: Told, party: Party, pack: Pack, directory: Directory, now: datetime
) -> datetime | None:
    within = judgement.route.reply_within
    if within is None:
        return None
    agency = directory.agency(party.agency)
    nation = agency.nation if agency else Nation.ENGLAND_AND_WALES
    return pack.calendar.due(now, within, nation)


def _is_on(hold: PlacedHold, party: Party) -> bool:
    """Whether a hold is on this party; who runs a service and who answers for it are as one (N001).

    What one of them may not know yet, the other would tell it.
    """
    return hold.party == party or hold.party.role is party.role is Role.PROVIDER


def _waits_for_paper(hold: PlacedHold) -> bool:
    """Whether this is the want of an agreement on a party whose notices wait for no paper.

    The standing protocol (11.2) applies from opening: H6 never holds a risk notice (semantics 9).
    """
    return hold.kind is HoldKind.H6 and hold.party.role in RISK_ROLES


def _as_cell_hold(hold: PlacedHold, concern: Concern, pack: Pack) -> CellHold:
    """Give a placed hold its effect: an unendorsed exclusion is a sign-off pending (M021)."""
    kind, sentence = hold.kind, f"Held until: {hold.conditions_for_release}"
    unendorsed = hold.endorsed_by_agency is None or hold.endorsed_by_agency != concern.lead_agency
    if kind is HoldKind.H2 and unendorsed:
        kind = HoldKind.H9
        sentence = "The lead agency has not endorsed the exclusion of the provider (3.1)"
    authority = {a.kind: a for a in pack.hold_authorities}.get(kind)
    released_by = ", ".join(sorted(authority.release)) if authority else "a named authority"
    return CellHold(
        id=HoldId(hold.id),
        kind=kind,
        classes=hold.classes,
        released_by=released_by,
        sentence=sentence,
        paragraph=PARAGRAPHS[kind],
    )


def _consultation(concern: Concern) -> str:
    """Whether the police are asked about a step; protection in an emergency never waits (M051)."""
    waits = concern.consulting and _position(concern) != "emergency"
    return "open" if waits else "none"


def _assessed(concern: Concern) -> dict[str, str]:
    """Return what was said last of the threshold, and of what the concern amounts to (000 9.5)."""
    threshold = concern.last(ThresholdAssessed)
    return {
        "threshold": threshold.decision if threshold else UNKNOWN,
        **{_label(one): _yes(so) for one, so in amounts_to(concern).items()},
    }


def _label(label: str) -> str:
    return "is_" + label.removesuffix(" safety incident").replace(" ", "_")


def _report(occasion: Occasion | None) -> str:
    """Whether this occasion tells of an inspection report that is not published yet (M045)."""
    if occasion is None or occasion.event_name != InspectionReportShared.wire:
        return "no report"
    return occasion.variant or UNKNOWN


def _mistaken(party: Party, concern: Concern, occasion: Occasion | None) -> str:
    """Whether this party was told by mistake alone; it hears once more, to delete (B03)."""
    recall = concern.last(NoticeRecalled)
    if occasion is not None and occasion.event_name == NoticeRecalled.wire and recall is not None:
        mistaken = Party(agency=recall.party, role=recall.role)
        if party == mistaken:
            return "recalled"
    return _yes(party in concern.mistaken)


def _scope(party: Party, concern: Concern) -> str:
    """Return whether a party is on the list of who takes part; the statutory minimum always is."""
    if concern.scope is None:
        return "not set"
    return "outside" if party in concern.joined and party not in concern.scope else "within"


def _places_adults(party: Party, concern: Concern) -> str:
    return "yes" if concern.adults_of(party) else UNKNOWN


def _position(concern: Concern) -> str:
    if concern.closure_authorised is not None and not concern.emergency_after_end:
        return "closing"
    if concern.emergency is not None:
        return "emergency"
    return "open" if concern.opened else "reported"


def _order_served(concern: Concern) -> str:
    now = concern.emergency
    order = now if isinstance(now, EmergencyClosureCqc) else concern.last(EmergencyClosureCqc)
    if order is None:
        return UNKNOWN
    return _yes(order.served_at is not None and bool(order.released_by))


def _first_hearing(party: Party, concern: Concern, history: History) -> str:
    """Nobody first hears at closure without the Chair's named decision (M101)."""
    if concern.closure_authorised is None or party in history.ever_told():
        return "not the first"
    if party.role in BY_LAW:
        return "not the first"
    if concern.emergency_after_end:
        return "not the first"  # it hears of an emergency, not of the end
    decided = {hearing.party for hearing in concern.closure_authorised.first_hearings}
    return "decided by the Chair" if party.agency in decided else "not decided"


def _agreed(value: bool) -> str:  # noqa: FBT001  # it is the whole of what is asked
    return "agreed" if value else "not agreed"


def _yes(value: bool) -> str:  # noqa: FBT001  # it is the whole of what is asked
    return "yes" if value else "no"
