"""Which earlier notice a new one replaces: the same one, said anew to the same party.

An acknowledgement binds to one revision: what changes is asked again (rules.md, escalation 4, 6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from hub.decision import Notify, OccasionKind
from hub.events.envelope import Event
from hub.frozen import replace
from hub.leaf import Leaf, leaf
from hub.notice import Notice
from hub.obligation import Obligation, ObligationKind
from hub.page import Discharge, Page, Revised, Standing, Stop, Superseded, Unsent

ONE_OF_A_CONCERN: Final = frozenset(
    {
        "closure.authorised",
        "closure.proposed",
        "emergency.category.set",
        "emergency.closure.cqc",
        "emergency.evacuation",
        "risk.assessed",
        "themes.agreed",
    }
)
"""Events that name no subject and say how one thing of the whole concern stands now."""

WHOLE_POSITION: Final = frozenset({"current-position"})
"""Notices of what became free that say all of where the concern stands."""


@dataclass(slots=True, kw_only=True)
class Revisions:
    """What a page that is being written does to earlier revisions: nothing of it goes silently."""

    known: list[Revised] = field(default_factory=list)
    superseded: list[Superseded] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    cancelled: list[Discharge] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)

    def enter(
        self, notice: Notice, decision: Notify, event: Event, unsent: Iterable[Unsent]
    ) -> tuple[Notice, tuple[Revised, ...]]:
        """Return the notice with its number, and the earlier revisions that it replaces.

        What has not been sent of those is not sent any more, and nobody else is told of them. What
        was sent, and every answer, stays as evidence.
        """
        notice, gone = _numbered(notice, decision, event, self.known)
        why, old = superseded_by(notice), {one.notice for one in gone}
        for unsaid in (u for u in unsent if u.notice in old):
            self.stops.append(Stop(delivery=unsaid.delivery, reason=why))
            self._log("delivery.superseded", notice, delivery=unsaid.delivery)
        for one in gone:
            self.superseded.append(Superseded(notice=one.notice, by=notice.id))
            self.cancelled += [
                Discharge(kind=kind, key=f"notice:{one.notice}", why=why)
                for kind in (ObligationKind.ANSWER, ObligationKind.REACH)
            ]
            self._log("notice.superseded", notice, notice=one.notice)
        self.known = [one for one in self.known if one.notice not in old]
        return notice, gone

    def add(self, notice: Notice, decision: Notify, owed: Obligation | None) -> None:
        """Note a notice that has just been written, where a newer saying may replace it."""
        if notice.subject:
            self.known.append(_as_revised(notice, decision, owed))

    def _log(self, kind: str, by: Notice, **ids: str) -> None:
        said: dict[str, str | int] = {"by": by.id, "revision": by.revision, **ids}
        self.leaves.append(leaf(kind, by.composed_at, by.concern, **said))


def asked_since(owed: Obligation, gone: Iterable[Revised]) -> Obligation:
    """Return the answer that is owed now, since when its party has owed one.

    Whoever has not answered an earlier revision has been silent since then: to say it anew must
    not begin their silence anew, or the ladder would never reach the deputy.
    """
    since = [one.asked_since for one in gone if one.asked_since is not None]
    return replace(owed, opened_at=min((owed.opened_at, *since))) if since else owed


def superseded_by(notice: Notice) -> str:
    """Return why nothing more comes of an earlier revision."""
    return f"superseded by revision {notice.revision} of the same notice"


def revisions_after(standing: Standing, page: Page) -> tuple[Revised, ...]:
    """Return what is known of revisions once a page is written, where nobody has answered yet."""
    gone = {one.notice for one in page.superseded}
    decisions = {d.id: d for d in page.decisions if isinstance(d, Notify)}
    owed = {o.notice: o for o in page.obligations if o.kind is ObligationKind.ANSWER}
    new = (
        _as_revised(each, decisions[each.decision], owed.get(each.id))
        for each in page.notices
        if each.subject
    )
    return tuple(one for one in (*standing.revisions, *new) if one.notice not in gone)


def _numbered(
    notice: Notice, decision: Notify, event: Event, known: Iterable[Revised]
) -> tuple[Notice, tuple[Revised, ...]]:
    """Return it with its number, and what it replaces.

    One that tells less, or asks for no answer where an earlier one did, replaces nothing: what was
    said, or asked, there alone is still owed.
    """
    subject = _subject(notice, decision, event)
    if not subject:
        return notice, ()
    mine = [one for one in known if one.party == notice.party and one.subject == subject]
    number = 1 + max((one.revision for one in mine), default=0)
    numbered = replace(notice, subject=subject, revision=number)
    return numbered, tuple(one for one in mine if _says_all(notice, one))


def _as_revised(notice: Notice, decision: Notify, owed: Obligation | None) -> Revised:
    return Revised(
        notice=notice.id,
        decision=decision.id,
        party=notice.party,
        subject=notice.subject,
        revision=notice.revision,
        classes=notice.classes,
        asks=notice.reply_due is not None,
        asked_since=owed.opened_at if owed else None,
    )


def _subject(notice: Notice, decision: Notify, event: Event) -> str:
    """Return what a notice is about, as a key; empty: it stands for itself.

    What is told late is history, in order, and replaces nothing (semantics 11).
    """
    occasion, about = decision.occasion, event.data.about()
    match occasion.kind:
        case OccasionKind.EVENT if about or event.name in ONE_OF_A_CONCERN:
            key = f"{event.name}\n{about}\n{notice.template}"
        case OccasionKind.HOLDS_CHANGED if notice.template in WHOLE_POSITION:
            key = f"{occasion.event_name}\n\n{notice.template}"
        case _:
            return ""
    # A subject may be an adult's reference: it is compared, and never read.
    return sha256(key.encode()).hexdigest()[:32]


def _says_all(notice: Notice, earlier: Revised) -> bool:
    asks = notice.reply_due is not None or not earlier.asks
    return asks and earlier.classes <= notice.classes
