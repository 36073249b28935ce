"""The facts a notice may show, each with its class, as plain text: only those of shared classes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from hub.calendar import LONDON, is_past
from hub.compose.asked import FACTS as ASKED
from hub.compose.asked import asked_facts
from hub.compose.emergencies import FACTS as EMERGENCY
from hub.compose.emergencies import emergency_facts, planned_facts
from hub.compose.endings import FACTS as ENDING
from hub.compose.endings import ending_facts
from hub.compose.late import FACTS as LATE
from hub.compose.late import late_facts, reporting_facts
from hub.compose.naming import FACTS as NAMING
from hub.compose.naming import abroad_facts, naming_facts
from hub.compose.plain import (
    CRIMINAL,
    MEETINGS,
    day_in_words,
    moment_in_words,
    readable,
)
from hub.compose.reports import FACTS as REPORTS
from hub.compose.reports import report_facts
from hub.compose.said import SMALL, reads_few, said_to
from hub.compose.sender import Sender
from hub.concern import Concern, Party
from hub.decision import Notify, Occasion, Shared
from hub.directory import Directory
from hub.events import EVENT_FACTS, MeetingScheduled, StageChanged
from hub.events.envelope import Event
from hub.events.marks import one_class
from hub.events.meetings import MeetingHeld
from hub.frozen import remembered
from hub.pack.rules import Pack
from hub.vocabulary import AgencyId, InfoClass, Lane, NoticeId, Role

_PROCESS: Final = """
concern_ref opened_on host_authority provider_name location_name postcode cqc_location_id stage
leo_name leo_phone duty_phone reply_due chair_name chair_phone lead_agency handling ack_code
ack_page purpose basis meeting_replaced meeting_kind meeting_at meeting_place next_meeting_at
escalate_at on_call_role
from_stage to_stage informed_at pack_partnership pack_version pack_hash
pack_review_overdue
"""
_THEMES: Final = """
themes_by_key_question themes_plain risk_level affected_count improvement_evidence
continuing_actions
"""

_OURS: Final[Mapping[str, InfoClass]] = MappingProxyType(
    {
        **dict.fromkeys(
            (*_PROCESS.split(), *ASKED, *EMERGENCY, *ENDING, *LATE, *REPORTS, *NAMING),
            InfoClass.PROCESS,
        ),
        **dict.fromkeys(_THEMES.split(), InfoClass.THEMES),
        "own_record_numbers": InfoClass.PLACED_ADULT,
        "person_alleged": InfoClass.PERSON_ALLEGED,
        "criminal_status": InfoClass.CRIMINAL,
        "contract_contact": InfoClass.COMMERCIAL,
        "referrer": InfoClass.REFERRER,
    }
)

FACT_CLASSES: Final[Mapping[str, InfoClass]] = MappingProxyType(one_class(EVENT_FACTS, _OURS))
"""Every fact a template may mention, and its one class. Closed: what is not here cannot be told."""

SHORT_HASH: Final = 12
"""So many characters of a pack's hash stand on a notice: enough to find the pack by."""

_Found = Mapping[str, str | None]


def facts_for(
    decision: Notify,
    concern: Concern,
    event: Event,
    pack: Pack,
    directory: Directory,
    sender: Sender,
    notice: NoticeId,
    ack_code: str,
) -> dict[str, str]:
    """Return what this party may be shown, as plain text, and nothing else.

    Only facts of a class in `decision.shared` come out; a fact that is not known is left out. Times
    are in London's time. An authority's adults are shown by its own record numbers alone (M026).
    """
    party, occasion = decision.party, decision.occasion
    few = reads_few(party)
    said = said_to(party, concern, event)
    alike = _alike(said, concern, event, occasion, pack, directory, few)
    own = {
        **abroad_facts(party, concern, directory),
        **_answering(decision, directory),
        **report_facts(concern, event, party),
        **emergency_facts(concern, occasion, party, pack, directory),
        **ending_facts(concern, party.role),
        **asked_facts(decision, concern, sender),
        **_why(decision.shared, pack),
        **_kept_close(party, concern),
        "handling": _handling(party, concern, pack),
        **_to_acknowledge(sender, notice, ack_code),
    }
    shared = {one.info for one in decision.shared}
    return {
        name: value
        for name, value in {**alike, **_ready_to_read(own)}.items()
        if FACT_CLASSES[name] in shared
    }


# Most of what one reader may be told of an event, the others may be told as well: it is put into
# words once. What each of them is told, of that and of its own, its own decision says.


@remembered(200)
def _alike(  # the seven things it depends on
    said: Mapping[str, str],
    concern: Concern,
    event: Event,
    occasion: Occasion,
    pack: Pack,
    directory: Directory,
    few: bool,  # noqa: FBT001  # what is remembered is asked by position
) -> dict[str, str]:
    """Return what is known whoever asks, of every class; `said` is what events said to a reader."""
    known = {
        **_concern(concern, directory),
        **naming_facts(pack, concern, directory),
        **_meetings(occasion, concern, event),
        **_moves(event),
        **reporting_facts(event, directory),
        **late_facts(occasion, event),
        **planned_facts(concern, pack, occasion.at),
        **_pack(pack, occasion.at),
        **_themes(concern, few=few),
    }
    return {**_ready_to_read(said), **_ready_to_read(known)}


def _ready_to_read(found: _Found) -> dict[str, str]:
    """Return what is known, as it can be read: what an event said stands where nothing else is."""
    return {name: _ready(name, value) for name, value in found.items() if value}


def _to_acknowledge(sender: Sender, notice: NoticeId, ack_code: str) -> _Found:
    return {"ack_code": ack_code, "ack_page": f"{sender.public_url}/acknowledge/{notice}"}


def _kept_close(party: Party, concern: Concern) -> _Found:
    """Return what few readers may be told: of adults only the reader's own (M026)."""
    return {
        "own_record_numbers": ", ".join(concern.adults_of(party)),
        "person_alleged": concern.person_alleged,
        "criminal_status": CRIMINAL[concern.criminal],
        "referrer": concern.referrer,
    }


def _ready(name: str, value: str) -> str:
    # The template's sentence brings its own full stop; the caveat is whole sentences already.
    return readable(value) if name == "handling" else readable(value).removesuffix(".")


def _concern(concern: Concern, directory: Directory) -> _Found:
    service = concern.service
    opened = concern.opened_at.astimezone(LONDON).date()
    informed = concern.provider_informed
    return {
        "concern_ref": concern.reference,
        "opened_on": day_in_words(opened),
        "host_authority": _name(concern.host_authority, directory),
        "lead_agency": _name(concern.lead_agency, directory) if concern.lead_agency else None,
        "provider_name": service.provider_name,
        "location_name": service.location_name,
        "postcode": service.postcode,
        "cqc_location_id": service.cqc_location_id,
        "stage": str(concern.stage),
        "informed_at": _moment(informed.informed_at if informed else None),
        **_people(concern),
    }


def _people(concern: Concern) -> _Found:
    # The Chair who authorised closure signs it (11.1).
    closure = concern.closure_authorised
    chair = closure.chair if closure else concern.chair
    return {
        "leo_name": concern.leo.name,
        # A LEO without a number is reached through the duty desk: a reader always has one to ring.
        "leo_phone": concern.leo.phone or concern.duty_phone,
        "duty_phone": concern.duty_phone,
        "chair_name": chair.name if chair else None,
        "chair_phone": chair.phone if chair else None,
    }


def _answering(decision: Notify, directory: Directory) -> _Found:
    due = _moment(decision.reply_due)
    urgent = decision.lane is Lane.IMMEDIATE and due is not None
    return {
        "reply_due": due,
        "escalate_at": due if urgent else None,
        "on_call_role": _on_call(decision.party, directory) if urgent else None,
    }


def _on_call(party: Party, directory: Directory) -> str:
    if party.role is Role.PROVIDER:
        return "your nominated individual"
    agency = directory.agency(party.agency)
    if agency is not None and agency.out_of_hours_phone:
        return "your out-of-hours team"
    return "your director on call"


def _meetings(occasion: Occasion, concern: Concern, event: Event) -> _Found:
    now = occasion.at
    announced = event.data if isinstance(event.data, MeetingScheduled) else None
    informed = concern.provider_informed
    dates = [meeting.starts_at for meeting in concern.meetings]
    if informed is not None and informed.next_meeting_at is not None:
        dates.append(informed.next_meeting_at)
    return {
        "meeting_kind": MEETINGS[announced.kind] if announced else None,
        "meeting_at": _moment(announced.starts_at if announced else None),
        "meeting_place": announced.place if announced else None,
        "meeting_replaced": _moment(_replaced(announced, concern) if announced else None),
        "next_meeting_at": _moment(min((d for d in dates if d >= now), default=None)),
    }


def _replaced(announced: MeetingScheduled, concern: Concern) -> datetime | None:
    """Return the date that slipped: of a meeting of this kind that was announced and not held."""
    held = sum(meeting.kind == announced.kind for meeting in concern.every(MeetingHeld))
    dates = [m.starts_at for m in concern.meetings if m.kind == announced.kind]
    before = dates[held:-1] if dates and dates[-1] == announced.starts_at else dates[held:]
    return before[-1] if before and before[-1] != announced.starts_at else None


def _moves(event: Event) -> _Found:
    if not isinstance(event.data, StageChanged):
        return {}
    return {"from_stage": str(event.data.from_stage), "to_stage": str(event.data.to_stage)}


def _why(shared: tuple[Shared, ...], pack: Pack) -> _Found:
    purposes = (pack.purposes.get(one.purpose, one.purpose) for one in shared)
    return {
        "purpose": "; ".join(dict.fromkeys(purposes)),
        "basis": "; ".join(dict.fromkeys(one.basis for one in shared)),
    }


def _pack(pack: Pack, now: datetime) -> _Found:
    """Return which agreement decided (M001), and that its review is overdue where it is (N047)."""
    overdue = is_past(pack.review_by, now)
    return {
        "pack_partnership": pack.partnership,
        "pack_version": pack.version,
        "pack_hash": pack.hash[:SHORT_HASH],
        "pack_review_overdue": day_in_words(pack.review_by) if overdue else None,
    }


def _themes(concern: Concern, *, few: bool) -> _Found:
    if not concern.themes:
        return {}  # it has only been reported, and nobody has said them yet
    questions: dict[str, list[str]] = {}
    for theme in concern.themes:
        questions.setdefault(theme.question.capitalize(), []).append(theme.theme)
    count = concern.affected_count
    few = few and count is not None and 0 < count < SMALL
    return {
        "themes_by_key_question": "; ".join(f"{q}: {', '.join(t)}" for q, t in questions.items()),
        "themes_plain": "; ".join(dict.fromkeys(theme.theme for theme in concern.themes)),
        "risk_level": concern.risk_level,
        "affected_count": None if count is None else f"fewer than {SMALL}" if few else str(count),
    }


def _handling(party: Party, concern: Concern, pack: Pack) -> str | None:
    # The provider's templates have a handling line of their own; this one speaks about it.
    if party.role is Role.PROVIDER:
        return None
    return pack.handling_once_informed if concern.provider_informed else pack.handling


def _name(agency: AgencyId, directory: Directory) -> str:
    known = directory.agency(agency)
    return known.name if known else agency


def _moment(moment: datetime | None) -> str | None:
    return moment_in_words(moment) if moment else None
