"""A drill: one plainly marked notice by every way out there is. Pure; takes `now` (UTC)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from hub.calendar import CLOSE_OF_BUSINESS, LONDON, Calendar
from hub.compose import Sender
from hub.compose.drill import TEXT, drill_event, drill_mail
from hub.compose.mime import fit_address
from hub.concern import Party
from hub.decision import Notify, Occasion, OccasionKind, Reason, Shared
from hub.directory import Contact, Directory, Endpoint
from hub.leaf import leaf
from hub.notice import DRILL, Delivery, Notice
from hub.page import Page, Standing, Stop
from hub.vocabulary import (
    AgencyKind,
    ConcernId,
    DecisionId,
    EventId,
    InfoClass,
    Lane,
    Mint,
    Nation,
    NoticeId,
    OccasionId,
    PackHash,
    Role,
    RuleId,
    Rung,
)

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday")

_REASON: Final = Reason(
    sentence="Every way out is tried once a week, so that a dead one is found before it matters",
    paragraph="project-default",
    rule=RuleId("drill"),
)
_NO_PACK: Final = PackHash("")
"""No rule of any pack decides a drill."""


def drill_of(name: str) -> ConcernId:
    """Return what a drill is kept under; it is no concern, and none has such an id."""
    return ConcernId(f"{DRILL}{name}")


def drill_day(now: datetime, weekday: str, calendar: Calendar) -> date | None:
    """Return the day of this week's drill; a bank holiday moves it on; None: no day is left."""
    today = now.astimezone(LONDON).date()
    monday = today - timedelta(days=today.weekday())
    days = (monday + timedelta(days=n) for n in range(DAYS.index(weekday), len(DAYS)))
    return next((day for day in days if calendar.works(day, Nation.ENGLAND_AND_WALES)), None)


def is_time(now: datetime, day: date, hour: int) -> bool:
    """Whether a drill of this day begins now: from its hour until the close of business."""
    local = now.astimezone(LONDON)
    return local.date() == day and hour <= local.hour < CLOSE_OF_BUSINESS.hour


def whom(directory: Directory) -> tuple[Contact | Endpoint, ...]:
    """Return every mailbox and webhook that a notice could go to, by agency; never a provider's.

    A provider may stand in the directory because of a concern that it must not know of yet: a
    drill of this hub would tip it off, whatever it says (7.2). No hold could keep it, since a drill
    is of no concern.
    """
    ways: list[Contact | Endpoint] = [
        *(c for c in directory.contacts if c.usable and _fit(c)),
        *(e for e in directory.endpoints if not e.parked),
    ]
    ours = [w for w in ways if w.roles and directory.answers_for(w.agency) == w.agency]
    theirs = [w for w in ours if not _of_provider(w, directory)]
    return tuple(sorted(theirs, key=lambda w: (w.agency, isinstance(w, Endpoint), w.id)))


def _of_provider(way: Contact | Endpoint, directory: Directory) -> bool:
    agency = directory.agency(way.agency)
    # A council may run a home: what of it serves as a provider alone is a provider's too.
    alone = way.roles == {Role.PROVIDER}
    return alone or agency is None or agency.kind is AgencyKind.PROVIDER


def _fit(contact: Contact) -> bool:
    return bool(contact.mesh_mailbox or contact.telephone) or fit_address(contact.address)


def plan_drill(
    name: str,
    standing: Standing,
    directory: Directory,
    sender: Sender,
    mint: Mint,
    now: datetime,
) -> Page:
    """Return the page of one drill. `standing` is that of `drill_of(name)`, which is new."""
    told = [_told(name, each, sender, mint, now) for each in whom(directory)]
    return Page(
        id=drill_of(name),
        concern=None,
        version=standing.version,
        at=now,
        decisions=tuple(decision for decision, _, _ in told),
        notices=tuple(notice for _, notice, _ in told),
        deliveries=tuple(delivery for _, _, delivery in told),
        leaves=(leaf("drill.started", now, drill_of(name), deliveries=len(told)),),
    )


def end_drill(drill: ConcernId, standing: Standing, now: datetime) -> Page | None:
    """Return the page that stops what an older drill has not sent; None where nothing is left."""
    if not standing.unsent:
        return None
    said = "a newer drill has begun"
    return Page(
        id=drill,
        concern=None,
        version=standing.version,
        at=now,
        stops=tuple(Stop(delivery=one.delivery, reason=said) for one in standing.unsent),
        leaves=(leaf("drill.ended", now, drill, unsent=len(standing.unsent)),),
    )


def _told(
    name: str, to: Contact | Endpoint, sender: Sender, mint: Mint, now: datetime
) -> tuple[Notify, Notice, Delivery]:
    decision = _decided(name, to, sender, mint, now)
    notice = Notice(
        id=NoticeId(mint.id()),
        decision=decision.id,
        concern=drill_of(name),
        event=EventId(name),
        party=decision.party,
        template="drill",
        reference=f"DRILL {name}",
        classes=frozenset({InfoClass.PROCESS}),
        required=decision.required,
        lane=decision.lane,
        reply_due=None,
        text="\n".join(TEXT),
        html="\n".join(f"<p>{line}</p>" for line in TEXT),
        facts=(),
        ack_code=mint.code(),
        composed_at=now,
    )
    if isinstance(to, Contact):
        return decision, notice, drill_mail(notice, to, sender, mint, now)
    return decision, notice, drill_event(notice, to, sender, mint, now)


def _decided(
    name: str, to: Contact | Endpoint, sender: Sender, mint: Mint, now: datetime
) -> Notify:
    shared = Shared(
        info=InfoClass.PROCESS, purpose="try every way out", basis="none", reason=_REASON
    )
    return Notify(
        id=DecisionId(mint.id()),
        occasion=Occasion(
            id=OccasionId(mint.id()),
            kind=OccasionKind.DRILL,
            concern=drill_of(name),
            event=EventId(name),
            event_source=sender.source,
            event_name="drill",
            at=now,
        ),
        party=Party(agency=to.agency, role=min(to.roles)),
        pack=_NO_PACK,
        reason=_REASON,
        notice="drill",
        lane=Lane.BULK,
        required=Rung.SUBMITTED,
        reply_due=None,
        shared=(shared,),
    )
