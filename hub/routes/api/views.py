"""The register's records as the API shows them, each for the reader who asks. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import orjson

from hub import api
from hub.access import Official, Post
from hub.answers import Acknowledged, Declined
from hub.answers.hiding import without_code
from hub.api.reading import QuarantineFault
from hub.concern import Concern, Party
from hub.directory import Directory
from hub.figures import Health, Report
from hub.figures.health import SAID as FARES
from hub.obligation import Obligation
from hub.page import StandingHold
from hub.ports import ConcernRecord, NoticeRecord, Quarantined
from hub.ports.listing import FailedDelivery, Listed
from hub.ports.logged import Logged
from hub.receipt import Receipt, fold
from hub.routes.board import Board, Lane, Row
from hub.routes.held import held_from
from hub.routes.naming import named, notice_words
from hub.vocabulary import Setback

_OF_THE_LEO: Final = frozenset({"hold", "info", "rule", "because", "reason", "why"})
"""What a leaf may say about the ground of a hold: for the LEO alone (rules.md, semantics 6)."""


def party(one: Party, directory: Directory) -> api.PartyShown:
    """Return who this is."""
    return api.PartyShown(agency=one.agency, name=named(one.agency, directory), role=one.role)


def summary(concern: Concern) -> api.ConcernSummary:
    """Return one concern of a list."""
    service = concern.service
    return api.ConcernSummary(
        id=concern.id,
        reference=concern.reference,
        opened_at=concern.opened_at,
        stage=concern.stage,
        host_authority=concern.host_authority,
        service=api.ServiceShown(
            provider=service.provider,
            provider_name=service.provider_name,
            location_name=service.location_name,
            postcode=service.postcode,
        ),
    )


def concern(record: ConcernRecord, directory: Directory) -> api.ConcernShown:
    """Return one concern, with what is owed."""
    known = record.concern
    return api.ConcernShown(
        **dict(summary(known)),
        version=record.standing.version,
        leo=known.leo.name,
        chair=known.chair.name if known.chair else None,
        lead_agency=known.lead_agency,
        parties=tuple(party(one, directory) for one in known.parties()),
        owed=tuple(_owed(one, directory) for one in record.obligations),
        closure_confirmed=record.attestation is not None,
    )


def _owed(one: Obligation, directory: Directory) -> api.OwedShown:
    return api.OwedShown(
        id=one.id,
        party=party(one.party, directory),
        kind=one.kind,
        says=one.says or str(one.kind),
        due=one.due,
        notice=one.notice,
        taken_by=one.taken.by if one.taken else None,
        taken_until=one.taken.until if one.taken else None,
    )


def board(
    found: Board, directory: Directory, person: Official, record: ConcernRecord
) -> api.BoardShown:
    """Return the board, as its page has it."""
    return api.BoardShown(
        concern=found.concern.id,
        parties=tuple(_lane(lane, directory) for lane in found.lanes),
        untold=len(found.untold),
        held=held(record.holds, directory, person),
    )


def _lane(lane: Lane, directory: Directory) -> api.BoardParty:
    return api.BoardParty(
        party=party(lane.party, directory),
        stands=lane.stands.name.lower().replace("_", " "),
        why=lane.why,
        notices=tuple(_row(row) for row in lane.rows),
    )


def _row(row: Row) -> api.BoardNotice:
    return api.BoardNotice(
        id=row.notice,
        says=row.says,
        written=row.written,
        rung=row.reached.rung,
        rung_since=row.reached.since,
        required=row.required,
        setbacks=row.reached.setbacks,
        answer_due=row.answer_due,
        overdue=row.overdue,
        answered=row.answered,
        declined=row.declined,
        owed=row.owed or None,
        revision=row.revision,
        newer_revision=row.newer,
    )


def held(
    holds: Iterable[StandingHold], directory: Directory, person: Official
) -> tuple[api.HeldShown, ...]:
    """Return what is held; its kind and its ground only for who may know them."""
    return tuple(
        api.HeldShown(
            party=one.name,
            must_not_hear=one.must_not_hear,
            kind=one.kind if one.waits_for else None,
            waits_for=one.waits_for or None,
            ground=one.ground if one.waits_for else None,
        )
        for one in held_from(holds, directory, person)
    )


def entry(one: Logged, person: Official) -> api.LogEntry:
    """Return one act of the log; on what ground something is held, for the LEO alone."""
    said = orjson.loads(one.data)
    hidden = frozenset() if person.post is Post.LEO else _OF_THE_LEO
    plain = {"type", "time", "concern"} | hidden
    ids = {name: value for name, value in said.items() if name not in plain}
    return api.LogEntry(seq=one.seq, at=one.at, kind=one.kind, ids=ids)


def listed(one: Listed) -> api.NoticeSummary:
    """Return one notice of an agency's list."""
    return api.NoticeSummary(
        id=one.id,
        concern=one.concern,
        reference=one.reference,
        says=notice_words(one.template),
        role=one.party.role,
        written=one.written,
        reply_due=one.reply_due,
        revision=one.revision,
        acknowledged=one.acknowledged,
        declined=one.declined,
    )


def notice(record: NoticeRecord) -> api.NoticeShown:
    """Return one notice to its own agency, without its code."""
    mine, reached = record.notice, fold(record.receipts)
    return api.NoticeShown(
        id=mine.id,
        concern=mine.concern,
        reference=mine.reference,
        says=notice_words(mine.template),
        role=mine.party.role,
        written=mine.composed_at,
        reply_due=mine.reply_due,
        revision=mine.revision,
        acknowledged=reached.acknowledgement is not None,
        declined=Setback.DECLINED in reached.setbacks,
        text=without_code(record),
        newer=record.newer[0] if record.newer else None,
        answers=tuple(shown for r in record.receipts if (shown := answer(r)) is not None),
    )


def answer(receipt: Receipt) -> api.AnswerShown | None:
    """Return what somebody answered; None: this is no answer, or came from a try without a say."""
    made = receipt.acknowledgement or receipt.declination
    if made is None or receipt.fenced:
        return None
    declined = receipt.declination
    return api.AnswerShown(
        at=receipt.at,
        name=made.name,
        role=made.role,
        organisation=made.organisation,
        strength=made.strength,
        declined_because=declined.because if declined else None,
        reason=declined.reason if declined else None,
    )


def failed(one: FailedDelivery, *, of_a_concern: bool) -> api.FailedShown:
    """Return one delivery that failed for good; an operator sees no concern."""
    return api.FailedShown(
        seq=one.seq,
        delivery=one.delivery,
        channel=one.channel,
        target=one.target,
        agency=one.agency,
        setback=one.setback,
        at=one.at,
        concern=one.concern if of_a_concern else None,
        notice=one.notice if of_a_concern else None,
    )


def quarantined(one: Quarantined) -> api.QuarantineShown:
    """Return a message in quarantine, and no word of it."""
    poison = one.poison
    return api.QuarantineShown(
        id=one.id,
        received=poison.received,
        publisher=poison.publisher,
        urgent=poison.urgent,
        octets=len(poison.body),
        sha256=sha256(poison.body).hexdigest(),
        faults=tuple(QuarantineFault(pointer=f.pointer, says=f.says) for f in poison.faults),
    )


def contact(one: Health, directory: Directory) -> api.ContactShown:
    """Return how one mailbox or webhook fares."""
    return api.ContactShown(
        id=one.target,
        agency=one.agency,
        agency_name=named(one.agency, directory),
        name=one.name,
        channel=one.channel,
        condition=FARES[one.condition],
        only_way=tuple(one.only_way),
        gap=one.gap,
        taken_at=one.tried.taken_at,
        failed_at=one.tried.failed_at,
        failures=one.tried.failures,
        verified_on=one.verified_on,
    )


def own_contact(one: Health) -> api.OwnContactShown:
    """Return how one mailbox or webhook fares, for the organisation whose it is."""
    return api.OwnContactShown(
        name=one.name,
        channel=one.channel,
        condition=FARES[one.condition],
        verified_on=one.verified_on,
    )


def figures(report: Report) -> api.FiguresShown:
    """Return the key figures."""
    return api.FiguresShown(
        since=report.since,
        until=report.until,
        worked_out_at=report.at,
        figures=tuple(
            api.FigureShown(
                key=one.meaning.key,
                name=one.meaning.name,
                unit=one.meaning.unit.value,
                value=one.value,
                of=one.of,
                verdict=one.verdict.value,
                target=one.meaning.target,
            )
            for one in report.figures
        ),
    )


def answered(result: Acknowledged | Declined) -> api.AnsweredShown:
    """Return an answer, as it is written down."""
    declined = result.declination if isinstance(result, Declined) else None
    made = result.declination if isinstance(result, Declined) else result.acknowledgement
    acknowledged = result if isinstance(result, Acknowledged) else None
    return api.AnsweredShown(
        notice=result.notice,
        at=result.at,
        name=made.name,
        role=made.role,
        organisation=made.organisation,
        strength=made.strength,
        declined_because=declined.because if declined else None,
        reason=declined.reason if declined else None,
        again=result.again,
        people_awaited=acknowledged.awaited if acknowledged else 0,
        revision=acknowledged.revision if acknowledged else None,
        newer_revision=acknowledged.newer if acknowledged else None,
    )
