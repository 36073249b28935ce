"""Why closure cannot be confirmed yet, party by party and by name (004 11.1, M100, M102)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from hub.attestation import Waiver
from hub.closure.known import Closing, Gap
from hub.closure.told import closure_set, since_authorised
from hub.concern import Concern, Party
from hub.decision import History, Told
from hub.events.assurance import EscalationQsigNotified
from hub.receipt import SAID, height
from hub.vocabulary import CriminalStatus, PoliceAdvice, Role, Rung


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
    elif closing.reached.declined:
        found.append(Gap(party=party, says="whoever read its closure notice declined it"))
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


def _last_closing(history: History, party: Party) -> Told | None:
    """Return the newest decision that told this party something from the authorisation on."""
    since = since_authorised(history).get(party, set())
    return next(
        (t for t in reversed(history.told) if t.decision in since and t.verdict == "notify"), None
    )
