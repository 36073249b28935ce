"""Evidence, closure and holds of one concern by the API; and mail and messages that are of none."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from hub import api
from hub.access import Act, Official, Post
from hub.answers import has_left, review
from hub.answers.hiding import without_code
from hub.answers.packing import closure_pack
from hub.answers.unclaimed import without_codes
from hub.api.problem import GapShown
from hub.api.proof import (
    AskedShown,
    ClosureParty,
    DeliveryShown,
    PlacedShown,
    Raw,
    ReceiptShown,
    UnclaimedMail,
)
from hub.attestation import exported
from hub.bounce.words import as_it_came, written
from hub.closure import Gap
from hub.directory import Directory
from hub.notice import Delivery
from hub.ports.keys import Scope
from hub.receipt import SAID, Receipt, fold
from hub.routes.api import views
from hub.routes.api.operations import Call, Done, Operation
from hub.routes.api.reading import concern_of
from hub.routes.closure import Told, told_of
from hub.routes.concerns import mails_of, one_notice
from hub.routes.failed import poison_seen
from hub.routes.holding import PlacedOn, Waits, placed_holds, waits
from hub.routes.naming import WENT_WRONG, notice_words
from hub.routes.releases import MOST_ASKED, ours
from hub.routes.unclaimed import unclaimed_seen


async def _notice(call: Call) -> Done:
    record = await concern_of(call, "notice")
    wanted = one_notice(record, call.named("notice"))
    notice, reached = wanted.notice, fold(wanted.receipts)
    said = api.SentNotice(
        id=notice.id,
        concern=notice.concern,
        party=views.party(notice.party, await call.deps.register.directory()),
        says=notice_words(notice.template),
        written=notice.composed_at,
        revision=notice.revision,
        newer=wanted.newer[0] if wanted.newer else None,
        rung=reached.rung,
        rung_since=reached.since,
        required=notice.required,
        reply_due=notice.reply_due,
        setbacks=reached.setbacks,
        left=has_left(wanted),
        text=without_code(wanted),
        answers=tuple(shown for r in wanted.receipts if (shown := views.answer(r)) is not None),
        deliveries=tuple(_delivery(each) for each in wanted.deliveries),
    )
    return Done(said=said)


async def _evidence(call: Call) -> Done:
    record, wanted = await concern_of(call, "evidence"), call.named("delivery")
    for each in record.notices:
        for delivery in each.deliveries:
            if delivery.id != wanted:
                continue
            receipts = [r for r in each.receipts if r.delivery == delivery.id]
            mails = await mails_of(call.deps, each, receipts)
            said = api.EvidenceShown(
                delivery=_delivery(delivery),
                concern=record.concern.id,
                reference=record.concern.reference,
                notice=each.notice.id,
                says=notice_words(each.notice.template),
                party=views.party(delivery.party, await call.deps.register.directory()),
                receipts=tuple(_receipt(receipt, mails) for receipt in receipts),
            )
            return Done(said=said)
    raise web.HTTPNotFound


def _delivery(each: Delivery) -> DeliveryShown:
    return DeliveryShown(
        id=each.id,
        channel=each.channel,
        target=each.target,
        due=each.due_at,
        sha256=each.sha256,
        instead_of=each.instead_of,
    )


def _receipt(one: Receipt, mails: dict[str, str]) -> ReceiptShown:
    said = SAID[one.rung] if one.rung else WENT_WRONG[one.setback] if one.setback else "noted"
    came = (mails[value] for name, value in one.evidence if name == "mail" and value in mails)
    return ReceiptShown(
        at=one.at,
        source=one.source,
        rung=one.rung,
        setback=one.setback,
        says=f"{said}: {one.detail}" if one.detail else said,
        attempt=one.attempt,
        late=one.fenced,
        evidence=tuple(Raw(name=name, value=value) for name, value in one.evidence),
        mail=next(came, None),
    )


async def _closure(call: Call) -> Done:
    record = await concern_of(call, "closure")
    directory = await call.deps.register.directory()
    found = review(record, call.person, call.deps.clock.now())
    said = api.ClosureShown(
        concern=record.concern.id,
        reference=record.concern.reference,
        confirmed=record.attestation is not None,
        parties=tuple(_party(each, directory) for each in told_of(found, record, directory)),
        gaps=tuple(_gap(each) for each in found.gaps),
        warnings=found.warnings,
        may_confirm=call.person.post is Post.LEO,
    )
    return Done(said=said)


def _party(each: Told, directory: Directory) -> ClosureParty:
    return ClosureParty(
        party=views.party(each.party, directory),
        notice=each.notice or None,
        rung=each.reached.rung if each.reached else None,
        rung_since=each.reached.since if each.reached else None,
        text=each.text or None,
        gaps=tuple(gap.says for gap in each.gaps),
        waivable=each.waivable,
    )


def _gap(gap: Gap) -> GapShown:
    return GapShown(
        agency=gap.party.agency if gap.party else None,
        role=gap.party.role if gap.party else None,
        says=gap.says,
        waivable=gap.waivable,
    )


async def _confirmation(call: Call) -> Done:
    made = (await concern_of(call, "attestation")).attestation
    if made is None or made.seal is None:
        raise web.HTTPNotFound
    return Done(said=api.SignedConfirmation.model_validate(exported(made, made.seal)))


async def _pack(call: Call) -> Done:
    record, deps = await concern_of(call, "closure pack"), call.deps
    made = (
        None
        if deps.signer is None
        else await closure_pack(deps.register, deps.clock, deps.signer, record.concern.id)
    )
    if made is None:
        raise web.HTTPNotFound
    return Done(said=made)


async def _held(call: Call) -> Done:
    record, deps = await concern_of(call, "held"), call.deps
    directory, now = await deps.register.directory(), deps.clock.now()
    mine = await ours(deps, call.person, record)
    asked = await deps.register.releases_asked([record.concern.id], MOST_ASKED)
    said = api.HeldHere(
        concern=record.concern.id,
        reference=record.concern.reference,
        held=views.held(record.holds, directory, call.person),
        placed=tuple(
            _placed(each, call.person)
            for each in placed_holds(record, directory, call.person, now, mine)
        ),
        asked=tuple(_asked(each) for each in waits(asked, record, directory, call.person, now)),
    )
    return Done(said=said)


def _placed(each: PlacedOn, person: Official) -> PlacedShown:
    return PlacedShown(
        hold=each.id,
        party=each.name,
        kind=each.kind,
        classes=each.classes,
        must_not_hear=each.must_not_hear,
        why=each.why,
        placed_by=each.placed_by,
        review_due=each.review_due,
        overdue=each.overdue,
        yours=each.ours and person.may(Act.RELEASE),
    )


def _asked(each: Waits) -> AskedShown:
    return AskedShown(
        request=each.id,
        party=each.name,
        would_hear=each.what,
        left_out=each.left_out or None,
        reason=each.reason,
        asked_by=each.by,
        asked_at=each.at,
        until=each.until,
        pending=each.pending,
        yours=each.mine,
        became=each.became or None,
    )


async def _unclaimed(call: Call) -> Done:
    found = await unclaimed_seen(call.deps, call.person)
    mails = tuple(
        UnclaimedMail(
            mail=mail.id,
            came=mail.received,
            sender=mail.sender,
            written=without_codes(written(mail.raw, mail.sender)),
        )
        for mail in found.mails
    )
    return Done(said=api.UnclaimedList(mails=mails, others=found.others))


async def _message(call: Call) -> Done:
    wanted = call.named("message")
    raw = await poison_seen(call.deps, call.person, wanted)
    came = as_it_came(raw)
    whole = len(came) >= len(raw.decode("utf-8", "replace"))
    return Done(said=api.QuarantineWords(id=wanted, octets=len(raw), came=came, whole=whole))


_OF_A_CONCERN: Final[dict[str, Any]] = {
    "method": "GET",
    "act": Act.READ_CONCERNS,
    "scope": Scope.READS,
}

OPERATIONS: Final = (
    Operation(
        id="read_sent_notice",
        path="/v1/concerns/{concern}/notices/{notice}",
        says="One notice of a concern word for word, its answers and its deliveries.",
        answer=api.SentNotice,
        carry=_notice,
        **_OF_A_CONCERN,
    ),
    Operation(
        id="read_evidence",
        path="/v1/concerns/{concern}/evidence/{delivery}",
        says="Everything that was ever learnt of one delivery, as it came.",
        answer=api.EvidenceShown,
        carry=_evidence,
        **_OF_A_CONCERN,
    ),
    Operation(
        id="review_closure",
        path="/v1/concerns/{concern}/closure",
        says="What is missing before closure can be confirmed, and the exact notices.",
        answer=api.ClosureShown,
        carry=_closure,
        **_OF_A_CONCERN,
    ),
    Operation(
        id="read_confirmation",
        path="/v1/concerns/{concern}/attestation",
        says="The signed confirmation of closure, for `hub verify`; 404 until there is one.",
        answer=api.SignedConfirmation,
        carry=_confirmation,
        **_OF_A_CONCERN,
    ),
    Operation(
        id="read_closure_pack",
        path="/v1/concerns/{concern}/closure-pack",
        says="The confirmation with all it rests on, as an archive; 404 until there is one.",
        answer="application/zip",
        carry=_pack,
        **_OF_A_CONCERN,
    ),
    Operation(
        id="read_held",
        path="/v1/concerns/{concern}/held",
        says="What is held in one concern, by whom, and which releases were asked for.",
        answer=api.HeldHere,
        carry=_held,
        **_OF_A_CONCERN,
    ),
    Operation(
        id="list_unclaimed_mail",
        path="/v1/replies",
        says="Mail that names no notice, as far as a lead enquiry officer may read it.",
        answer=api.UnclaimedList,
        carry=_unclaimed,
        **_OF_A_CONCERN,
    ),
    Operation(
        id="read_quarantined",
        path="/v1/quarantine/{message}",
        says="One message in quarantine as it came, for whose concern or system it is of.",
        answer=api.QuarantineWords,
        carry=_message,
        **_OF_A_CONCERN,
    ),
)
"""What a claim rests on, and what is missing for one."""
