"""Who is asked next where nobody answers: the steps of a ladder at one instant.

Every instant is counted from the anchor, never from the last step, so nothing drifts. Pure; takes
`now` (UTC). No path ends in silence: each ends discharged, cancelled with a reason, or raised
again without end (rules.md, Escalation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from hub.calendar import Calendar, Within
from hub.concern import Party
from hub.directory import Contact, Directory
from hub.frozen import replace
from hub.obligation import SAID_OPENLY, Climb, Obligation, ObligationKind, ObligationState
from hub.pack.faults import Where
from hub.pack.ladder import Ladder, LadderStep, Starts
from hub.receipt import height
from hub.vocabulary import AgencyId, ContactId, Nation, Role, RuleId, Rung

HELD_AGAIN: Final = timedelta(minutes=5)
"""How soon a ladder is asked again while a hold stands. The hold itself never expires."""

NO_SUCH_LADDER: Final = Ladder(
    id=RuleId("no ladder"),
    say="The ladder it began is in no pack any more: a senior person decides",
    events=frozenset(),
    lanes=frozenset(),
    kinds=frozenset(),
    roles=frozenset(Role),
    enough=Rung.ACKNOWLEDGED,
    people=1,
    starts=Starts.OWED,
    working=False,
    steps=(),
    raised_to=Role.HEAD_OF_SAFEGUARDING,
    every=Within(amount=60, unit="minutes"),
    paragraph="004 2.4",
    where=Where(file="escalation.toml", line=1),
)
"""What an obligation climbs whose own ladder a newer pack has dropped."""

UNREVIEWED: Final = replace(
    NO_SUCH_LADDER,
    id=RuleId("unreviewed access"),
    say="The privacy officer has not reviewed an emergency access in time",
    kinds=frozenset({ObligationKind.REVIEW_ACCESS}),
    starts=Starts.DUE,
    working=True,
    steps=(
        LadderStep(
            after=Within(amount=0, unit="minutes"),
            desks=(),
            seniors=(),
            ask="remind the privacy officer of {organisation}: "
            "the review of an emergency access is overdue",
            where=NO_SUCH_LADDER.where,
        ),
    ),
    every=Within(amount=1, unit="working days"),
    paragraph="000 7",
)
"""What the review of an emergency access climbs where a pack says nothing of it: the hub owes it
whatever the partnership has agreed (decision 0036)."""


def ladder_called(ladders: Sequence[Ladder], called: RuleId) -> Ladder:
    """Return the ladder of this id; where a newer pack has dropped it, one that raises it."""
    known = (one for one in (*ladders, UNREVIEWED) if one.id == called)
    return next(known, NO_SUCH_LADDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known about an obligation at the instant its ladder is asked."""

    host: AgencyId
    """The host authority, whose desks are asked."""
    told: frozenset[ContactId] = frozenset()
    """Who of the party has its notice, or has it under way."""
    unreachable: frozenset[ContactId] = frozenset()
    """Who refused it, or may not be sent it."""
    reached: Rung = Rung.QUEUED
    """How far the evidence about its notice reaches."""
    people: int = 1
    """How many different people of the party have acknowledged it, where anybody has."""
    held: bool = False
    """A hold keeps the party from what the notice says."""
    gone: str = ""
    """Why nobody owes it any more; empty: it is owed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What one desk of the host authority is asked to do, once, whatever steps brought it."""

    party: Party
    says: str
    openly: str = ""
    """Line by line what a mail may say of it to the desk (C0); empty: only that it is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """One step that was taken: when it was due, and how much later it came."""

    step: int
    due: datetime
    late: timedelta
    """Zero where it came in time, or before its time because somebody could not be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What comes of a ladder at one instant."""

    climb: Climb
    tells: tuple[Contact, ...] = ()
    """Contacts of the party who get the same notice now."""
    asks: tuple[Ask, ...] = ()
    fired: tuple[Fired, ...] = ()


def begin(obligation: Obligation, ladder: Ladder, calendar: Calendar, nation: Nation) -> Climb:
    """Return the foot of a ladder: nothing is taken yet."""
    anchor = obligation.opened_at if ladder.starts is Starts.OWED else obligation.due
    first = step_due(ladder, 0, anchor, calendar, nation)
    return Climb(ladder=ladder.id, anchor=anchor, next_at=first)


def step_due(
    ladder: Ladder, step: int, anchor: datetime, calendar: Calendar, nation: Nation
) -> datetime:
    """Return when a step is due; past the last one, when it is raised for the so-manieth time."""
    count = calendar.worked if ladder.working else calendar.due
    if step < len(ladder.steps):
        return count(anchor, ladder.steps[step].after, nation)
    last = count(anchor, ladder.steps[-1].after, nation) if ladder.steps else anchor
    times = step - len(ladder.steps) + 1
    return count(last, replace(ladder.every, amount=ladder.every.amount * times), nation)


def escalate(
    obligation: Obligation,
    ladder: Ladder,
    state: Situation,
    directory: Directory,
    calendar: Calendar,
    now: datetime,
) -> Move:
    """Return what comes of an obligation's ladder now; `obligation.climb` says how far it is.

    After a pause every step that has become due is taken, in order, and each person is told or
    asked once. A step that leads to nobody is followed by the next at once; so is one whose
    `next_at` was brought forward, because a notice could not be delivered.
    """
    nation = nation_of_party(obligation.party, directory)
    climb = obligation.climb or begin(obligation, ladder, calendar, nation)
    if climb.next_at is None or climb.next_at > now:
        return Move(climb=climb)
    if state.gone:
        ended = ObligationState.CANCELLED
        return Move(climb=replace(climb, state=ended, why=state.gone, next_at=None))
    if _enough(obligation, ladder, state):
        return Move(climb=replace(climb, state=ObligationState.DISCHARGED, next_at=None))
    if obligation.taken is not None and obligation.taken.until > now:
        # In the hands of a named person: every step that has come by then comes then (6).
        return Move(climb=replace(climb, next_at=obligation.taken.until))
    if state.held:
        again = now + HELD_AGAIN
        return Move(climb=replace(climb, state=ObligationState.HELD, next_at=again))
    going = _Going(obligation=obligation, ladder=ladder, state=state, directory=directory)
    return going.up(climb, calendar, nation, now)


def _enough(obligation: Obligation, ladder: Ladder, state: Situation) -> bool:
    """Whether the answer has come: as far as the ladder asks, from as many as it was owed by."""
    if obligation.notice is None or height(state.reached) < height(ladder.enough):
        return False
    return ladder.enough is not Rung.ACKNOWLEDGED or state.people >= obligation.people


def nation_of_party(party: Party, directory: Directory) -> Nation:
    """Return whose bank holidays a party keeps."""
    agency = directory.agency(party.agency)
    return agency.nation if agency else Nation.ENGLAND_AND_WALES


def _one(desk: Party, asked: Mapping[str, str]) -> Ask:
    said = filter(None, dict.fromkeys(asked.values()))
    return Ask(party=desk, says="; ".join(asked), openly="\n".join(said))


@dataclass(slots=True, kw_only=True)
class _Going:
    """A ladder while its steps are taken, one after the other."""

    obligation: Obligation
    ladder: Ladder
    state: Situation
    directory: Directory
    tells: dict[str, Contact] = field(default_factory=dict)
    """By address: one person gets one message."""
    asks: dict[Party, dict[str, str]] = field(default_factory=dict)
    """What each desk is asked, and what of that may be said openly."""
    fired: list[Fired] = field(default_factory=list)

    def up(self, climb: Climb, calendar: Calendar, nation: Nation, now: datetime) -> Move:
        step, steps = climb.step, len(self.ladder.steps)
        raised = step > steps or climb.state is ObligationState.RE_RAISED
        due = step_due(self.ladder, step, climb.anchor, calendar, nation)
        # What only waited for a hold to be released was not brought forward by a failure.
        pushed = due > now and climb.state is not ObligationState.HELD
        while due <= now or pushed:
            self.fired.append(Fired(step=step, due=due, late=max(now - due, timedelta(0))))
            if step < steps:
                pushed = not self._take(self.ladder.steps[step])
                step += 1
            else:
                # Raised before its time, it is raised in its time as well; what was missed would
                # ask the same person for the same thing, and is not asked again.
                pushed, raised = False, True
                self._ask(self.ladder.raised_to, self._undone(), self._said_of_it())
                while due <= now:
                    step += 1
                    due = step_due(self.ladder, step, climb.anchor, calendar, nation)
            due = step_due(self.ladder, step, climb.anchor, calendar, nation)
        return Move(
            climb=replace(climb, step=step, next_at=due, state=self._rests(step, raised=raised)),
            tells=tuple(self.tells.values()),
            asks=tuple(_one(party, asked) for party, asked in self.asks.items()),
            fired=tuple(self.fired),
        )

    def _rests(self, step: int, *, raised: bool) -> ObligationState:
        if raised:
            return ObligationState.RE_RAISED
        if self.tells:
            return ObligationState.IN_FLIGHT
        return ObligationState.WAITING if step else ObligationState.PLANNED

    def _take(self, step: LadderStep) -> bool:
        """Take one step; return whether it led to anybody."""
        for role in step.seniors:
            self._ask(role, self._undone(), self._said_of_it())
        if step.ask:
            duty = Role.HOST_AUTHORITY if self.ladder.working else Role.EMERGENCY_DUTY_TEAM
            asked = self._filled(step.ask)
            self._ask(duty, asked, asked)
        if self.obligation.notice is None:
            return bool(step.ask or step.seniors)
        found = [self._contact(desk.order) for desk in step.desks]
        contacts = [contact for contact in found if contact is not None]
        self._tell(contacts)
        return bool(contacts or step.seniors)

    def _contact(self, order: int) -> Contact | None:
        """Return who of the party is at this place and can be reached, or None."""
        party = self.obligation.party
        return next(
            (
                contact
                for contact in self.directory.contacts_of(party.agency, party.role)
                if contact.order == order and contact.id not in self.state.unreachable
            ),
            None,
        )

    def _tell(self, contacts: Sequence[Contact]) -> None:
        have = {c.address.casefold() for c in self.directory.contacts if c.id in self.state.told}
        for contact in contacts:
            address = contact.address.casefold()
            if contact.id not in self.state.told and address not in have:
                self.tells.setdefault(address, contact)

    def _ask(self, role: Role, says: str, openly: str) -> None:
        asked = self.asks.setdefault(Party(agency=self.state.host, role=role), {})
        asked.setdefault(says, openly if self.obligation.kind in SAID_OPENLY else "")

    def _said_of_it(self) -> str:
        """Return what is not done, in words that are the same whatever it is about."""
        kind = self.obligation.kind
        undone = "answered" if kind is ObligationKind.ANSWER else f"done this: {kind}"
        return f"{self._name()} ({self.obligation.party.role}) has not {undone}"

    def _undone(self) -> str:
        party = self.obligation.party
        return f"{self._name()} ({party.role}) has not done this: {self.obligation.says}"

    def _filled(self, ask: str) -> str:
        agency = self.directory.agency(self.obligation.party.agency)
        phone = agency.out_of_hours_phone if agency else None
        number = phone or "no number is recorded"
        return ask.replace("{organisation}", self._name()).replace("{out_of_hours_phone}", number)

    def _name(self) -> str:
        agency = self.directory.agency(self.obligation.party.agency)
        return agency.name if agency else self.obligation.party.agency
