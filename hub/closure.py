"""Who has been told of closure, who has not, and what a LEO may confirm (004 11.1, M101, M102)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Final

from hub.attestation import Attestation as Attestation  # noqa: PLC0414  # closure ends in it
from hub.attestation import Waiver as Waiver  # noqa: PLC0414  # as above
from hub.concern import Concern, Party
from hub.decision import History, Told
from hub.events.assurance import EscalationQsigNotified
from hub.events.records import NoticeRecalled
from hub.notice import Notice
from hub.receipt import SAID, Reached, height
from hub.vocabulary import CriminalStatus, NoticeId, PoliceAdvice, Role, Rung

STATUTORY_MINIMUM: Final = frozenset(
    {
        Role.REGULATOR,
        Role.HOST_AUTHORITY,
        Role.HOST_ICB,
        Role.PLACING_AUTHORITY,
        Role.PLACING_ICB,
        Role.PROVIDER,
    }
)
"""Who hears of closure whatever happened before (M022, M101); police where a crime may be."""

CLOSURE_NOTICE: Final = "closure-notice"
"""The template of the notice that says the process has ended."""

ESCALATION: Final = "qsig-escalation"
"""The template of the notice that escalates a concern to QSIG (10.4)."""

AUTHORISED: Final = "closure.authorised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Why closure cannot be confirmed yet: one party, or the concern itself."""

    party: Party | None
    says: str
    waivable: bool = True
    """False: a reason and a name do not help; what is missing must be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What stands of one party's closure notice."""

    notice: NoticeId
    reached: Reached
    required: Rung
    """The rung that the pack demanded of this notice."""
    deliveries: int
    """0: there was no contact or endpoint that it could go to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """How far "all notified" is true of those who placed adults here (M004)."""

    told: tuple[Party, ...]
    untold: tuple[Party, ...]
    """Known, and not told anything that left us: held, withheld, or stopped."""
    unknown: int
    """Places that somebody funds, and nobody knows who."""
    register_complete: bool

    @property
    def everybody(self) -> bool:
        """Whether all have been told: none is unknown, and somebody declared that there is none."""
        return self.register_complete and not self.untold and not self.unknown

    def __str__(self) -> str:
        """Say it in one line for people."""
        known = len(self.told) + len(self.untold)
        says = f"{len(self.told)} of {known + self.unknown} who placed adults here have been told"
        if self.unknown:
            says += f"; {self.unknown} not known yet"
        if not self.register_complete:
            says += "; nobody has declared the list complete"
        return says


def all_notified(concern: Concern, history: History) -> Notified:
    """Return which commissioners have been told, and what blocks "all notified" (semantics 11).

    Whoever has moved its people out counts as before (M041).
    """
    heard = history.ever_told()
    known = sorted(c.party for c in concern.commissioners)
    return Notified(
        told=tuple(party for party in known if party in heard),
        untold=tuple(party for party in known if party not in heard),
        unknown=concern.unknown_funders,
        register_complete=concern.register_complete,
    )


def closure_set(concern: Concern, history: History) -> frozenset[Party]:
    """Return everyone ever told or ever held, and the statutory minimum (semantics 12)."""
    minimum = {p for p in concern.parties() if p.role in STATUTORY_MINIMUM}
    if concern.criminal in {CriminalStatus.YES, CriminalStatus.SUSPECTED}:
        minimum.add(Party(agency=concern.police, role=Role.POLICE))
    everyone = frozenset(minimum) | history.ever_told() | history.ever_held()
    return everyone - frozenset(concern.mistaken)


def left_out(concern: Concern) -> tuple[str, ...]:
    """Return who hears nothing of the end though it was told something, each with its reason."""
    recalls = {(r.party, r.role): r for r in concern.every(NoticeRecalled)}
    found = []
    for party in concern.mistaken:
        recall = recalls.get((party.agency, party.role))
        by = f"recall {recall.recall_id}: {recall.why}" if recall else "its agency's recall"
        found.append(f"the {party.role} {party.agency} was told by mistake alone ({by})")
    found.extend(
        f"contact {contact} was struck: its person has power to abuse (2.5)"
        for contact in sorted(concern.struck)
    )
    found.extend(
        f"contact {unsafe} of {agency}'s records is alleged to have caused harm (7.5)"
        for agency, unsafe in sorted(concern.unsafe_contacts)
    )
    return tuple(found)


def closure_notices(history: History, notices: Iterable[Notice]) -> dict[Party, Notice]:
    """Return each party's newest closure notice under the authorisation in force.

    A notice of an authorisation that the Chair has since replaced is evidence of something else.
    """
    since = _since_authorised(history)
    newest: dict[Party, Notice] = {}
    for notice in sorted(notices, key=lambda n: (n.composed_at, n.id)):
        told = since.get(notice.party)
        if notice.template == CLOSURE_NOTICE and (told is None or notice.decision in told):
            newest[notice.party] = notice
    return newest


def gaps(
    concern: Concern,
    history: History,
    closing: Mapping[Party, Closing],
    now: datetime,
    waivers: Iterable[Waiver] = (),
    escalated: Closing | None = None,
) -> tuple[Gap, ...]:
    """Return every reason why closure cannot be confirmed, by name; empty means it can.

    `closing` is what stands of each party's closure notice; a party that is not in it was sent
    none. `escalated` is what stands of the notice to QSIG, where there is one (10.4). `submitted`
    is never enough by itself (receipts.md). A waiver needs a reason and a name, and helps neither
    the concern itself nor a hold that nobody has reviewed (M100).
    """
    offered = tuple(waivers)
    everyone = closure_set(concern, history)
    excused = {w.party for w in offered if w.reason.strip() and w.name.strip()}
    found = [*_of_the_concern(concern), *_of_the_waivers(offered, everyone)]
    found.extend(_unanswered(concern, escalated))
    for party in sorted(everyone):
        found.extend(_unreviewed(concern, party, now))
        if party not in excused:
            found.extend(_of_the_party(concern, history, party, closing.get(party)))
    return tuple(found)


def one_person_twice(concern: Concern, attester: str) -> tuple[str, ...]:
    """Return a flag for each two of propose, authorise and attest that one person did."""
    acts = []
    if concern.closure_proposed is not None:
        acts.append(("proposed", concern.closure_proposed.proposed_by.name))
    if concern.closure_authorised is not None:
        acts.append(("authorised", concern.closure_authorised.chair.name))
    acts.append(("attested", attester))
    return tuple(
        f"the same person {one} and {other} closure"
        for (one, first), (other, second) in combinations(acts, 2)
        if _same(first, second)
    )


def _of_the_concern(concern: Concern) -> list[Gap]:
    says = []
    if concern.closure_authorised is None:
        says.append("The Chair has not authorised closure")
    if concern.unknown_funders and not _searched(concern):
        places = "place has" if concern.unknown_funders == 1 else "places have"
        says.append(f"{concern.unknown_funders} {places} a funder nobody knows")
    elif not concern.unknown_funders and not concern.placements_known:
        says.append("Nobody has declared that the list of who placed adults here is complete")
    return [Gap(party=None, says=each, waivable=False) for each in says]


def _searched(concern: Concern) -> bool:
    """Whether it is on record where it was looked for who funds the unclaimed places (M100)."""
    proposed = concern.closure_proposed
    return proposed is not None and proposed.funder_search is not None


def _unanswered(concern: Concern, escalated: Closing | None) -> list[Gap]:
    """QSIG must have acknowledged what was escalated to it before anything is closed (10.4)."""
    notified = concern.last(EscalationQsigNotified)
    if notified is None or (escalated and escalated.reached.rung is Rung.ACKNOWLEDGED):
        return []
    says = "it has not acknowledged that the concern was escalated to it (10.4)"
    return [Gap(party=Party(agency=notified.qsig, role=Role.QSIG), says=says, waivable=False)]


def _of_the_waivers(waivers: tuple[Waiver, ...], everyone: frozenset[Party]) -> list[Gap]:
    found = []
    for waiver in waivers:
        if waiver.party not in everyone:
            found.append(
                Gap(party=waiver.party, says="a waiver names it, and it is owed no closure notice")
            )
        elif not waiver.reason.strip():
            found.append(Gap(party=waiver.party, says="its waiver gives no reason"))
        elif not waiver.name.strip():
            found.append(Gap(party=waiver.party, says="its waiver gives no name"))
    return found


def _unreviewed(concern: Concern, party: Party, now: datetime) -> list[Gap]:
    """No hold may be left behind unreviewed when the process ends (M100)."""
    late = [
        Gap(party=party, says=f"hold {h.kind} on it is past its review date", waivable=False)
        for h in concern.holds
        if h.party == party and h.review_due < now
    ]
    advised = concern.police_advice in {PoliceAdvice.HOLD, PoliceAdvice.PARTIAL}
    criminal = concern.criminal not in {
        CriminalStatus.CONSULTED_NONE,
        CriminalStatus.NONE_SUSPECTED,
    }
    due = concern.police_review_due
    if party == concern.provider and advised and criminal and due is not None and due < now:
        late.append(
            Gap(party=party, says="the police advice on it is past its review date", waivable=False)
        )
    return late


def _of_the_party(
    concern: Concern, history: History, party: Party, closing: Closing | None
) -> list[Gap]:
    # What was decided by name not to be told is not waiting to be told (N023).
    held = ", ".join(sorted(history.still_held(party) - concern.refused_to(party)))
    if closing is None:
        return [Gap(party=party, says=_unsent(concern, history, party, held))]
    found = []
    if held:
        found.append(Gap(party=party, says=f"still held from it: {held}"))
    stopped = _last_closing(history, party)
    if stopped is not None and stopped.stopped:
        found.append(Gap(party=party, says="a hold stopped its closure notice before it was sent"))
    elif closing.deliveries == 0:
        found.append(Gap(party=party, says="its closure notice had no contact to go to"))
    elif height(closing.reached.rung) < height(_enough(closing.required)):
        found.append(Gap(party=party, says=_falls_short(closing)))
    return found


def _unsent(concern: Concern, history: History, party: Party, held: str) -> str:
    if _would_first_hear(concern, history, party):
        return "it would first hear at the end, and the Chair has not decided that it may (11.1)"
    if held:
        return f"its closure notice is held; still held from it: {held}"
    return "no closure notice has been sent to it"


def _falls_short(closing: Closing) -> str:
    reached, needed = closing.reached.rung, _enough(closing.required)
    behind = f" ({', '.join(closing.reached.setbacks)})" if closing.reached.setbacks else ""
    return f"its closure notice is {SAID[reached]}{behind}; it must be {SAID[needed]}"


def _enough(required: Rung) -> Rung:
    """The rung demanded, but never one that only says the notice left us."""
    return required if height(required) > height(Rung.SUBMITTED) else Rung.ACKNOWLEDGED


def _would_first_hear(concern: Concern, history: History, party: Party) -> bool:
    told = any(t.party == party and t.verdict == "notify" and not t.stopped for t in history.told)
    if told or concern.closure_authorised is None:
        return False
    return all(h.party != party.agency for h in concern.closure_authorised.first_hearings)


def _since_authorised(history: History) -> dict[Party, set[str]]:
    """Return the decisions of each party from its newest authorisation on."""
    since: dict[Party, set[str]] = {}
    for told in history.told:
        if told.event_name == AUTHORISED:
            since[told.party] = {told.decision}
        elif told.party in since:
            since[told.party].add(told.decision)
    return since


def _last_closing(history: History, party: Party) -> Told | None:
    """Return the newest decision that told this party something from the authorisation on."""
    since = _since_authorised(history).get(party, set())
    return next(
        (t for t in reversed(history.told) if t.decision in since and t.verdict == "notify"), None
    )


def _same(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()
