"""One concern's page while it is being written: fold, decide, compose, stop what is held."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from hub.compose import compose
from hub.concern import CannotFollow, Concern, Elsewhere, Party, after
from hub.decide import decide
from hub.decision import Decision, History, Notify, Occasion, OccasionKind
from hub.events.envelope import Event, Fault
from hub.frozen import replace
from hub.leaf import Leaf, leaf
from hub.notice import Delivery, Notice
from hub.obligation import Obligation
from hub.page import Discharge, Page, RefusedEvent, Standing, StandingHold, Stop, Unsent, Waiting
from hub.plan.channels import channels_met, channels_owed, kept_by_channels, reached_now
from hub.plan.late import back_fill, found_late
from hub.plan.occasion import is_recalled, late_entry, occasion_of, said_already, why_not
from hub.plan.owed import answer_owed, owed_by_the_concern, person_owed
from hub.plan.remembered import as_unsent, decision_leaf, queued_leaf, told_of
from hub.plan.revising import Revisions, asked_since
from hub.plan.standing import new_adults, objections, reasons_not_to_tell, standing_holds
from hub.plan.stopping import caught
from hub.plan.tools import Tools
from hub.vocabulary import DeliveryId, EventId, InfoClass

MOST_WAITING: Final = 200
"""So many events of one concern wait at once: each event that follows tries them all again."""


@dataclass(slots=True, kw_only=True)
class Desk:
    """The page while it is being written."""

    standing: Standing
    tools: Tools
    now: datetime
    concern: Concern | None = None
    history: History = field(default_factory=History)
    waiting: dict[tuple[str, EventId], tuple[Event, str]] = field(default_factory=dict)
    unsent: dict[DeliveryId, Unsent] = field(default_factory=dict)
    applied: list[Event] = field(default_factory=list)
    refused: list[RefusedEvent] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    obligations: list[Obligation] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    revisions: Revisions = field(default_factory=Revisions)
    _known_holds: list[tuple[Concern, History, frozenset[StandingHold]]] = field(
        default_factory=list
    )

    def __post_init__(self) -> None:
        self.concern = self.standing.concern
        self.history = self.standing.history
        self.waiting = {
            (e.source, e.id): (e, why_not(self.concern, e)) for e in self.standing.waiting
        }
        self.unsent = {u.delivery: u for u in self.standing.unsent}
        self.revisions.known.extend(self.standing.revisions)
        # What the last look before sending stopped was held, whatever the last page knew of.
        concern = self.concern
        if concern is not None and self.history.stopped_at_sending(concern.provider):
            stopped = Elsewhere(concern=concern.id, since=self.now)
            self.concern = replace(concern, elsewhere=(*concern.elsewhere, stopped))

    def take(self, event: Event) -> None:
        """Fold one event, and then everything that waited for it."""
        if not self._fold(event):
            return
        followed = True
        while followed:
            followed = any(self._fold(waiting) for waiting, _ in list(self.waiting.values()))

    def page(self, first: Event) -> Page:
        """Return the whole page."""
        # Asked before: nothing is held by what a concern notes of itself in the next line.
        holds = self._holds(self.concern)
        self.concern = self._held_since(self.concern)
        owed, discharges = self._owed_now()
        return Page(
            id=first.concern,
            concern=self.concern,
            version=self.standing.version,
            at=self.now,
            applied=tuple((e.source, e.id) for e in self.applied),
            waiting=tuple(
                Waiting(source=e.source, event=e.id, why=why) for e, why in self.waiting.values()
            ),
            refused=tuple(self.refused),
            decisions=tuple(self.decisions),
            notices=tuple(self.notices),
            deliveries=tuple(self.deliveries),
            stops=(*self.stops, *self.revisions.stops),
            superseded=tuple(self.revisions.superseded),
            holds=holds,
            obligations=(*self.obligations, *owed),
            discharges=(*discharges, *self.revisions.cancelled),
            leaves=(*self.leaves, *self.revisions.leaves),
        )

    def _fold(self, event: Event) -> bool:
        """Fold one event and decide; return whether it could follow."""
        key = (event.source, event.id)
        faults = objections(event, self.concern, self.tools.pack, self.tools.directory)
        if faults:
            self._refuse(event, faults)
            return False
        before, known = self.concern, key in self.waiting
        then = after(before, event)
        if isinstance(then, CannotFollow):
            if not known and len(self.waiting) >= MOST_WAITING:
                says = f"cannot follow yet, and {MOST_WAITING} events of this concern wait already"
                self._refuse(event, (Fault(pointer="", says=says),))
                return False
            self.waiting[key] = (event, then.why)
            if not known:
                self._log("event.waiting", event)
            return False
        self.waiting.pop(key, None)
        if then.elsewhere != self.standing.elsewhere:
            then = replace(then, elsewhere=self.standing.elsewhere)
        self.concern = then
        self.applied.append(event)
        self._log("event.applied", event)
        self._tell(event, before, then)
        return True

    def _refuse(self, event: Event, faults: tuple[Fault, ...]) -> None:
        self.waiting.pop((event.source, event.id), None)
        self.refused.append(RefusedEvent(event=event, faults=faults))
        self._log("event.refused", event)

    def _tell(self, event: Event, before: Concern | None, concern: Concern) -> None:
        """Decide the event for every party; where holds changed something, decide that too."""
        changed = self._changed(before, concern)
        for unsent in [u for u in self.unsent.values() if is_recalled(u, event)]:
            self._take_back(unsent, concern, "recalled: it would go to a wrong recipient", "recall")
        occasion = self._occasion(
            event,
            OccasionKind.EVENT,
            new_adults(event, before, concern),
            again=said_already(event, before),
        )
        owed_before = {party: self.history.untold(party) for party in concern.parties()}
        self._decide(occasion, event, concern)
        self._back_fill(event, before, concern)
        freed = {
            party
            for party, classes in changed.items()
            if classes & owed_before.get(party, frozenset()) and not self._told_now(occasion, party)
        }
        reconsidered = frozenset(freed | self._reached(concern) | self._stop(concern))
        if reconsidered:
            again = self._occasion(event, OccasionKind.HOLDS_CHANGED, reconsidered)
            self._decide(again, event, concern)

    def _back_fill(self, event: Event, before: Concern | None, concern: Concern) -> None:
        """Give whoever this event brings the history it was owed, in order (semantics 11)."""
        tools, history, told = self.tools.about(concern), self.history, tuple(self.decisions)
        late = found_late(before, concern, tools.directory)
        past = (*self.standing.past, *self.applied[:-1]) if late else ()
        for owed in back_fill(event, late, concern, past, told, history, tools, self.now):
            self.enter(owed.decisions, owed.event, owed.said)

    def _reached(self, concern: Concern) -> frozenset[Party]:
        directory, holds = self.tools.about(concern).directory, self._holds(concern)
        return reached_now(concern, self.decisions, self.history, holds, directory, self.now)

    def _told_now(self, occasion: Occasion, party: Party) -> bool:
        """Whether this event already tells the party: a second notice is one too many."""
        return any(
            d.occasion.id == occasion.id and d.party == party and isinstance(d, Notify)
            for d in self.decisions
        )

    def _changed(
        self, before: Concern | None, concern: Concern
    ) -> dict[Party, frozenset[InfoClass]]:
        """Return which classes became free for whom between two moments."""
        was = self._holds(before)
        if not was:
            return {}
        still = {(h.party, h.info) for h in self._holds(concern)}
        free: dict[Party, set[InfoClass]] = {}
        for hold in was:
            if (hold.party, hold.info) not in still:
                free.setdefault(hold.party, set()).add(hold.info)
        return {party: frozenset(classes) for party, classes in free.items()}

    def _stop(self, concern: Concern) -> set[Party]:
        """Take what may not leave out of the queue; return whose it was (semantics 5)."""
        waiting, holds = list(self.unsent.values()), self._holds(concern)
        stopped = set()
        for one in caught(waiting, concern, holds, self.tools):
            self._take_back(one.unsent, concern, one.reason, one.kind)
            stopped.add(one.unsent.party)
        return stopped

    def _take_back(self, unsent: Unsent, concern: Concern, why: str, by: str) -> None:
        """Take one delivery out of the queue: nothing of it will be sent."""
        self.stops.append(Stop(delivery=unsent.delivery, reason=why))
        stopped = {"delivery": unsent.delivery, "hold": by}
        self.leaves.append(leaf("delivery.stopped", self.now, concern.id, **stopped))
        self._unhear(unsent)
        del self.unsent[unsent.delivery]

    def _unhear(self, unsent: Unsent) -> None:
        """A decision whose deliveries are all stopped told nobody anything."""
        others = any(
            u.decision == unsent.decision and u.delivery != unsent.delivery
            for u in self.unsent.values()
        )
        if not others and unsent.only_unsent:
            told = tuple(
                replace(t, stopped=True) if t.decision == unsent.decision else t
                for t in self.history.told
            )
            self.history = History(told=told)

    def _decide(self, occasion: Occasion, event: Event, concern: Concern) -> None:
        tools = self.tools.about(concern)
        decisions = decide(occasion, concern, self.history, tools.pack, tools.directory, self.now)
        self.enter(decisions, event, concern)

    def enter(self, decisions: tuple[Decision, ...], event: Event, concern: Concern) -> None:
        """Write down what was decided, and compose what is told."""
        for decision in decisions:
            self.decisions.append(decision)
            self.leaves.append(decision_leaf(decision, self.now))
            if isinstance(decision, Notify):
                self._compose(decision, event, concern)
        self.history = History(told=self.history.told + tuple(told_of(d) for d in decisions))

    def _compose(self, decision: Notify, event: Event, concern: Concern) -> None:
        tools = self.tools.about(concern)
        notice, deliveries = compose(
            decision,
            concern,
            event,
            tools.words,
            tools.directory,
            tools.pack,
            tools.sender,
            tools.mint,
            self.now,
            tools.leaving.out_of(event, decision.party) if tools.leaving else frozenset(),
        )
        notice, gone = self.revisions.enter(notice, decision, event, self.unsent.values())
        old = {one.notice for one in gone}
        # Of what this page itself has written, nothing is owed yet.
        self.obligations = [o for o in self.obligations if o.notice not in old]
        for unsaid in [u for u in self.unsent.values() if u.notice in old]:
            # Should the newer one be stopped as well, its party has heard of neither.
            self._unhear(unsaid)
            del self.unsent[unsaid.delivery]
        self.notices.append(notice)
        self.deliveries.extend(deliveries)
        for delivery in deliveries:
            self.unsent[delivery.id] = as_unsent(delivery, decision)
            self.leaves.append(queued_leaf(delivery, self.now))
        if not deliveries:
            self.obligations.append(person_owed(notice, concern, self.tools.mint, self.now))
        owed = None
        if notice.reply_due is not None:
            owed = asked_since(answer_owed(notice, self.tools.mint, self.now), gone)
            self.obligations.append(owed)
        self.revisions.add(notice, decision, owed)

    def _occasion(
        self,
        event: Event,
        kind: OccasionKind,
        reconsidered: frozenset[Party],
        *,
        again: bool = False,
    ) -> Occasion:
        return occasion_of(
            event, kind, self.concern, self.now, reconsidered=reconsidered, again=again
        )

    def _holds(self, concern: Concern | None) -> frozenset[StandingHold]:
        """Return what is held on a concern as it was or is; asked again and again of the same."""
        if concern is None:
            return frozenset()
        for of, by, holds in self._known_holds:
            if of is concern and by is self.history:
                return holds
        tools = self.tools.about(concern)
        holds = standing_holds(concern, self.history, tools.pack, tools.directory, self.now)
        self._known_holds = [*self._known_holds[-2:], (concern, self.history, holds)]
        return holds

    def _held_since(self, concern: Concern | None) -> Concern | None:
        """Note since when this concern holds its provider: other concerns about it must wait."""
        if concern is None:
            return None
        tools, before = self.tools.about(concern), self.standing.concern
        now = reasons_not_to_tell(concern, self.history, tools.pack, tools.directory)
        since = before.provider_held_since if before else None
        if before is not None and since is not None:
            was = reasons_not_to_tell(before, self.history, tools.pack, tools.directory)
            since = since if now <= was else None
        since = (since or self.now) if now else None
        kept = kept_by_channels(concern, self.decisions, tools.directory, self.now)
        return replace(concern, provider_held_since=since, kept=kept)

    def _owed_now(self) -> tuple[tuple[Obligation, ...], tuple[Discharge, ...]]:
        """Return what the concern owes newly, and what it no longer owes."""
        was = owed_by_the_concern(
            self.standing.concern, self.standing.history, self.tools, self.now
        )
        owed = owed_by_the_concern(self.concern, self.history, self.tools, self.now)
        new = tuple(o for key, o in owed.items() if key not in was)
        gone = (key for key in was if key not in owed)
        met = tuple(Discharge(kind=kind, key=key, whole=True) for kind, key in gone)
        kept = channels_owed(self.decisions, self.concern, self.tools, self.now)
        past = self.standing.history
        carried = channels_met(self.decisions, self.tools.directory, past, self.now)
        return new + kept, met + carried

    def _log(self, kind: str, event: Event) -> None:
        self.leaves.append(
            leaf(
                kind,
                self.now,
                event.concern,
                event=event.id,
                name=event.name,
                sha256=event.body_sha256,
                **late_entry(event),
            )
        )
