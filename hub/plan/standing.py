"""What is held now, from whom; and who may not assert what they assert (semantics 5 and 15)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from hub.admit import host_faults
from hub.concern import Concern, Party, PlacedHold
from hub.decide import Facts, decided_for, facts_about, holds_on, released_to
from hub.decision import History
from hub.directory import Directory
from hub.events import (
    ClosureProposed,
    ConcernOpened,
    CriminalStatusDeclared,
    EmergencyClosureCqc,
    HoldPlaced,
    HoldReleased,
    PlacementRegisterAmended,
    PlacementRegisterDeclared,
    PoliceAdviceRecorded,
)
from hub.events.envelope import Event, Fault
from hub.frozen import replace
from hub.pack.cell import Cell, cell_of, holding, is_decided, needs, share_that_speaks
from hub.pack.rules import EVERYTHING, HOLDS_CHANGED, Pack, WithholdRule
from hub.page import StandingHold
from hub.plan.conflicts import conflict_objections
from hub.plan.consent import consent_objections, held_since
from hub.plan.hosting import who_is_who
from hub.vocabulary import AgencyKind, CriminalStatus, HoldKind, InfoClass, PoliceAdvice, Role

_NO_CRIME: Final = frozenset({CriminalStatus.CONSULTED_NONE, CriminalStatus.NONE_SUSPECTED})
_TIPPING: Final = frozenset({HoldKind.H1, HoldKind.H2, HoldKind.H3})
"""What is held from a provider lest it be tipped off, or somebody be in danger."""
_AT_ALL: Final = frozenset({InfoClass.PROCESS, InfoClass.THEMES})
"""What a provider is told when it is told at all."""
_OURS: Final = ("withheld-", "necessity-", "channel-", "points-at-the-source")
"""What a hold's name begins with that an event other than `hold.released` may end."""
_FOUND_LATER: Final = frozenset({Role.PLACING_AUTHORITY, Role.PLACING_ICB})
"""Who may be held before the concern knows it."""


def standing_holds(
    concern: Concern,
    history: History,
    pack: Pack,
    directory: Directory,
    now: datetime | None = None,
    of: tuple[Party, ...] | None = None,
    *,
    channels: bool = True,
) -> frozenset[StandingHold]:
    """Return every (party, class) that is held now, by a person's hold or by a rule of the pack.

    `now`: without it no accreditation of a channel has run out (H7). `of`: these parties alone.
    `channels`: False leaves out what only the want of a channel keeps (H7, H10).
    """
    found: dict[tuple[Party, InfoClass], StandingHold] = {}
    all_facts = Facts(concern, history)
    for party in concern.parties() if of is None else of:
        for placed in holds_on(party, concern, pack, directory, now, channels=channels):
            for info in placed.classes:
                hold = StandingHold(
                    party=party, info=info, kind=placed.kind, reason=placed.sentence
                )
                found.setdefault((party, info), hold)
        facts, cell = all_facts.about(party), cell_of(pack, HOLDS_CHANGED, party.role)
        for rule in holding(cell, facts):
            if rule.hold is None:
                continue
            for info in _covered(rule, concern):
                hold = StandingHold(party=party, info=info, kind=rule.hold, reason=rule.say)
                found.setdefault((party, info), hold)
        for hold in _undecided(party, concern, history, facts, cell, pack):
            found.setdefault((party, hold.info), hold)
    return frozenset(found.values())


def kept_back(
    party: Party,
    concern: Concern,
    history: History,
    pack: Pack,
    directory: Directory,
    now: datetime,
) -> frozenset[StandingHold]:
    """Return what is held from this party now, but for what only the want of a channel keeps.

    Whose contacts have gone from the directory is rung: it is no reason to wait in silence.
    """
    of = (party,) if party in concern.parties() else ()
    return standing_holds(concern, history, pack, directory, now, of=of, channels=False)


def _undecided(
    party: Party,
    concern: Concern,
    history: History,
    facts: Mapping[str, str],
    cell: Cell,
    pack: Pack,
) -> Iterator[StandingHold]:
    """Yield each class that this party was to be told and is told only once somebody decides so.

    What no notice has ever been about is held from nobody: it is decided when one is.
    """
    needed = needs(cell)
    due = history.ever_due(party) & needed if needed else needed
    if not due:
        return
    decided = decided_for(party, concern, pack)
    for info in sorted(due):
        share = share_that_speaks(cell, info, facts, decided)
        if share is not None and not is_decided(share, info, decided):
            yield StandingHold(party=party, info=info, kind=HoldKind.H6, reason=share.say)


def waiting_for_decision(
    party: Party, concern: Concern, history: History, pack: Pack
) -> Iterator[tuple[InfoClass, frozenset[Role]]]:
    """Yield each class that this party is told only if somebody decides so, and who may decide.

    What was decided, either way, waits no longer.
    """
    cell, decided = cell_of(pack, HOLDS_CHANGED, party.role), decided_for(party, concern, pack)
    facts = facts_about(party, concern, history)
    for info in InfoClass:
        share = share_that_speaks(cell, info, facts, decided)
        undecided = share is not None and not is_decided(share, info, decided)
        if share is not None and undecided and info not in decided.refuse:
            yield info, share.decided_by


def reasons_not_to_tell(
    concern: Concern, history: History, pack: Pack, directory: Directory
) -> frozenset[str]:
    """Return why a concern keeps its own provider from being told, for reasons of its own.

    While there are any, the provider is told of no other concern about it either (7.2). Where
    nothing is open (it was only reported, or has ended) a status that nobody knows is no reason.
    """
    alone = replace(concern, elsewhere=()) if concern.elsewhere else concern
    ruled = {
        f"{hold.kind} {hold.info} {hold.reason}"
        for hold in standing_holds(alone, history, pack, directory, of=(concern.provider,))
        if hold.kind in _TIPPING and hold.info in _AT_ALL
    }
    placed = {
        f"{hold.id} {info}"
        for hold in concern.holds
        for info in hold.classes & _AT_ALL
        if hold.party == concern.provider and hold.kind in _TIPPING
    }
    advised = concern.police_advice in {PoliceAdvice.HOLD, PoliceAdvice.PARTIAL}
    known = advised or concern.criminal in {CriminalStatus.YES, CriminalStatus.SUSPECTED}
    if not placed and not known and (not concern.opened or concern.closure_authorised is not None):
        return frozenset()
    if ruled and advised:
        ruled.add(f"{concern.police_advice} {concern.police_advised_at}")
    return frozenset(ruled | placed)


def objections(
    event: Event, concern: Concern | None, pack: Pack, directory: Directory
) -> tuple[Fault, ...]:
    """Return why this event may not be asserted on this concern; empty where it may."""
    if concern is None:
        return ()
    if event.partnership != concern.partnership:
        says = f"the concern belongs to `{concern.partnership}`, not to `{event.partnership}`"
        return (Fault(pointer="/policypack", says=says),)
    if isinstance(event.data, ConcernOpened) and concern.opened:
        # It could never follow: to let it wait would be to lose it.
        return (Fault(pointer="/subject", says="has been opened already, by another event"),)
    # An event that waited for its opening could not be asked this when it came in.
    faults = host_faults(event, concern.host_authority, pack, directory)
    faults += _force_objections(event, concern, directory)
    faults += consent_objections(event, concern, pack, directory)
    faults += conflict_objections(event, concern, directory)
    match event.data:
        case HoldReleased():
            faults += _release_objections(event, event.data, concern, pack)
        case ClosureProposed():
            faults += _leaving_objections(event.data, concern, pack)
            faults += who_is_who(event, concern, pack, directory)
        case HoldPlaced():
            faults += _place_objections(event.data, concern)
        case PoliceAdviceRecorded():
            faults += _advice_objections(event.data, concern)
        case CriminalStatusDeclared():
            faults += _status_objections(event, event.data, concern, directory)
        case EmergencyClosureCqc():
            faults += _service_objections(event, event.data)
        case _:
            faults += who_is_who(event, concern, pack, directory)
    return faults


def new_adults(event: Event, before: Concern | None, concern: Concern) -> frozenset[Party]:
    """Return the commissioners whom a placement register names newly, or with other adults."""
    if not isinstance(event.data, PlacementRegisterDeclared | PlacementRegisterAmended):
        return frozenset()
    was = {c.party: c.adults for c in before.commissioners} if before else {}
    return frozenset(c.party for c in concern.commissioners if was.get(c.party) != c.adults)


def _place_objections(data: HoldPlaced, concern: Concern) -> tuple[Fault, ...]:
    """Placing a hold again may review, endorse or widen it; less of it needs a release by name."""
    party = Party(agency=data.party, role=data.role)
    if data.role not in _FOUND_LATER and party not in concern.parties():
        says = f"`{data.party}` is not the {data.role} of this concern: the hold would hold nobody"
        return (Fault(pointer="/data/party", says=says),)
    hold = next((h for h in concern.holds if h.id == data.hold_id), None)
    if hold is None:
        if not data.hold_id.startswith(_OURS):
            return ()
        says = f"`{data.hold_id}` is a name that the hub gives holds of its own: use another"
        return (Fault(pointer="/data/hold_id", says=says),)
    same = hold.kind is data.kind and hold.party == party
    if same and hold.classes <= frozenset(data.classes):
        return ()
    says = f"`{data.hold_id}` stands already on something else: release it, or use another name"
    return (Fault(pointer="/data/hold_id", says=says),)


def _advice_objections(data: PoliceAdviceRecorded, concern: Concern) -> tuple[Fault, ...]:
    """What the police advised before what is in force never frees anything (7.2): late is late."""
    if concern.police_advised_at is None or data.advised_at >= concern.police_advised_at:
        return ()
    if _freed(data.advice, data.classes) <= _freed(concern.police_advice, concern.police_released):
        return ()
    says = "is before the advice in force, and would release what that holds: ask the police"
    return (Fault(pointer="/data/advised_at", says=says),)


def _freed(advice: PoliceAdvice, classes: Iterable[InfoClass]) -> frozenset[InfoClass]:
    return EVERYTHING if advice is PoliceAdvice.RELEASE else frozenset(classes)


def _force_objections(event: Event, concern: Concern, directory: Directory) -> tuple[Fault, ...]:
    """What is the police's to say is said by the force of this concern, not by another (7.2)."""
    publisher = next((p for p in directory.publishers if p.source == event.source), None)
    sender = directory.agency(publisher.agency) if publisher else None
    if sender is None or sender.kind is not AgencyKind.POLICE or sender.id == concern.police:
        return ()
    return (Fault(pointer="/source", says=f"is not of `{concern.police}`, this concern's police"),)


def _status_objections(
    event: Event, data: CriminalStatusDeclared, concern: Concern, directory: Directory
) -> tuple[Fault, ...]:
    """Where the police investigate or advise to hold, they alone say that there is no crime.

    A status that ends W1 would else tell the provider what the police hold from it (6.1, 7.2).
    """
    if data.status not in _NO_CRIME:
        return ()
    if concern.criminal_at is not None and event.occurred < concern.criminal_at:
        says = "is before the status in force, and would release what that holds"
        return (Fault(pointer="/time", says=says),)
    if held_since(concern, event.occurred):
        says = "is before the advice in force, and would release what that holds: ask the police"
        return (Fault(pointer="/time", says=says),)
    theirs = any(
        p.source == event.source and p.agency == concern.police for p in directory.publishers
    )
    held = concern.police_advice in {PoliceAdvice.HOLD, PoliceAdvice.PARTIAL}
    if theirs or not (held or concern.criminal is CriminalStatus.YES):
        return ()
    says = "would release what the police hold: they declare it, or their advice to release comes"
    return (Fault(pointer="/data/status", says=says),)


def _release_objections(
    event: Event, data: HoldReleased, concern: Concern, pack: Pack
) -> tuple[Fault, ...]:
    hold = next((h for h in concern.holds if h.id == data.hold_id), None)
    if hold is None:
        return ()
    if hold.placed_at is not None and event.occurred < hold.placed_at:
        says = f"is before `{hold.id}` was placed: it releases nothing"
        return (Fault(pointer="/time", says=says),)
    return _owner_objections(data.authority, hold, concern, pack, "/data/authority", "release")


def _leaving_objections(data: ClosureProposed, concern: Concern, pack: Pack) -> tuple[Fault, ...]:
    """A hold that stands at the end is left by its owner: by whoever might release it (M100)."""
    standing = {hold.id: hold for hold in concern.holds}
    return tuple(
        fault
        for number, closed in enumerate(data.holds_closed)
        if closed.authority is not None and closed.hold_id in standing
        for fault in _owner_objections(
            closed.authority,
            standing[closed.hold_id],
            concern,
            pack,
            f"/data/holds_closed/{number}/authority",
            "leave",
        )
    )


def _owner_objections(
    agency: str, hold: PlacedHold, concern: Concern, pack: Pack, pointer: str, act: str
) -> tuple[Fault, ...]:
    mine = {party.role for party in concern.parties() if party.agency == agency}
    may = {a.kind: a.release for a in pack.hold_authorities}.get(hold.kind, frozenset())
    if mine & may:
        return ()
    who = ", ".join(sorted(may)) or "nobody the pack names"
    says = f"`{agency}` may not {act} a {hold.kind} hold; {who} may"
    return (Fault(pointer=pointer, says=says),)


def _service_objections(event: Event, data: EmergencyClosureCqc) -> tuple[Fault, ...]:
    """An order that is yet to be served releases nothing, whoever says so (12.1, M105)."""
    served = data.served_at is not None and data.served_at <= event.occurred
    if data.released_by is None or served:
        return ()
    says = "releases an order that has not been served: it is released once `served_at` has come"
    return (Fault(pointer="/data/released_by", says=says),)


def _covered(rule: WithholdRule, concern: Concern) -> frozenset[InfoClass]:
    if rule.released_excepted and concern.police_advice is PoliceAdvice.PARTIAL:
        return rule.classes - released_to(concern)
    return rule.classes
