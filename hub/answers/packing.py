"""The closure pack: the signed confirmation with all it rests on, for whoever was not there.

For whoever may see the whole concern. A code that still acknowledges a notice leaves the hub in
that notice alone: until it is spent, the exact bytes that hold it stand in the pack by their hash.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import orjson
import structlog

from hub.answers import TRIES
from hub.answers.hiding import hidden, without_code
from hub.answers.pack_page import READ_ME, page
from hub.attestation import Attestation, canonical, exported, instant, sealed
from hub.attestation.evidence import receipt_hash, receipt_said
from hub.attestation.pack import (
    CONFIRMATION,
    INDEX,
    MANIFEST,
    SEAL,
    manifest_of,
    pack_statement,
    zipped,
)
from hub.bounce import ReturnedMail
from hub.closure import closure_set
from hub.concern import Party
from hub.directory import Directory
from hub.events.asking import FairnessOverrideRecorded
from hub.leaf import leaf
from hub.notice import Delivery
from hub.ports import Clock, ConcernRecord, NoticeRecord, Register, Signer
from hub.receipt import Reached, Receipt, fold
from hub.vocabulary import Channel, ConcernId, ObligationKind, Rung

log = structlog.get_logger()

_WITHHELD: Final = "it holds the code of a notice that is not acknowledged; compare the hash"
_BY_ITS_CODE: Final = frozenset({ObligationKind.ANSWER, ObligationKind.REACH})
"""What somebody who knows the code can still discharge."""
_FORMS: Final = {
    Channel.EMAIL: "eml",
    Channel.MESH: "json",
    Channel.SMS: "json",
    Channel.WEBHOOK: "json",
}


@dataclass(slots=True, kw_only=True)
class _Packing:
    """What is put together: the files, and what came back by mail."""

    mails: Mapping[str, ReturnedMail]
    directory: Directory
    files: dict[str, bytes] = field(default_factory=dict)

    def keeps(self, name: str, content: bytes, *, spent: bool) -> dict[str, str]:
        """Put a file in, or its hash alone."""
        digest = sha256(content).hexdigest()
        if not spent:
            return {"sha256": digest, "withheld": _WITHHELD}
        self.files[name] = content
        return {"sha256": digest, "file": name}


async def closure_pack(
    register: Register, clock: Clock, signer: Signer, concern: ConcernId
) -> bytes | None:
    """Return the pack of a concern whose closure is confirmed and signed, else None.

    That it was made stands in the log, with the hash of its manifest. Raises RegisterAway.
    """
    record = await register.concern(concern)
    if record is None or record.attestation is None or record.attestation.seal is None:
        return None
    packing = _Packing(
        mails=await _mails(register, record.notices), directory=await register.directory()
    )
    now = clock.now()
    # In a thread: the notices of thirty agencies must not hold up what is sent meanwhile.
    manifest = await asyncio.to_thread(_fill, packing, record, record.attestation)
    said = pack_statement(concern, record.attestation.id, instant(now), manifest)
    seal = signer.sign(canonical(said))
    packing.files[MANIFEST] = manifest
    packing.files[SEAL] = canonical(sealed(said, seal))
    note = leaf("closure.exported", now, concern, key=seal.key, manifest=str(said["manifest"]))
    await register.receive((), (), (note,))
    log.info("closure.exported", concern=concern, files=len(packing.files))
    return await asyncio.to_thread(zipped, packing.files)


async def _mails(register: Register, notices: Iterable[NoticeRecord]) -> dict[str, ReturnedMail]:
    """Return each mail that a receipt of these notices names, by its id."""
    receipts = (receipt for each in notices for receipt in each.receipts)
    ids = dict.fromkeys(id_ for one in receipts for name, id_ in one.evidence if name == "mail")
    found = {id_: await register.mail(id_) for id_ in ids}
    return {id_: mail for id_, mail in found.items() if mail is not None}


def _fill(packing: _Packing, record: ConcernRecord, made: Attestation) -> bytes:
    """Put every file in but the manifest and its seal; return the manifest."""
    if made.seal is not None:
        confirmation = orjson.dumps(exported(made, made.seal), option=orjson.OPT_INDENT_2)
        packing.files[CONFIRMATION] = confirmation
    index = _index(packing, record, made)
    packing.files[INDEX] = orjson.dumps(index, option=orjson.OPT_INDENT_2)
    words = {name: content.decode() for name, content in packing.files.items() if "words/" in name}
    packing.files["index.html"] = page(index, words).encode()
    packing.files["README.txt"] = READ_ME.encode()
    return manifest_of(packing.files)


def _index(packing: _Packing, record: ConcernRecord, made: Attestation) -> dict[str, Any]:
    """Return what is in the pack, party by party, and in which file."""
    concern = record.concern
    authorised = concern.closure_authorised
    everyone = closure_set(concern, record.standing.history) | {w.party for w in made.waivers}
    parties = sorted(everyone | {each.notice.party for each in record.notices})
    return {
        "concern": concern.id,
        "reference": concern.reference,
        "ending": authorised and authorised.ending.value,
        "authorised": authorised
        and {"by": authorised.chair.name, "at": instant(authorised.authorised_at)},
        "confirmed": {"by": made.by, "role": made.role, "at": instant(made.at)},
        "flags": list(made.flags),
        "went_ahead": [
            {
                "meeting_at": instant(one.meeting_at),
                "reason": one.reason,
                "decided_by": one.decided_by.name,
            }
            for one in concern.every(FairnessOverrideRecorded)
        ],
        "parties": [_party(packing, party, record, made) for party in parties],
    }


def _party(
    packing: _Packing, party: Party, record: ConcernRecord, made: Attestation
) -> dict[str, Any]:
    agency = packing.directory.agency(party.agency)
    waived = [each for each in made.waivers if each.party == party]
    confirmed = next((reached for each, reached in made.reached if each == party), None)
    return {
        "agency": party.agency,
        "name": agency.name if agency else party.agency,
        "role": party.role.value,
        "confirmed": confirmed and confirmed.rung.value,
        "waivers": [{"reason": each.reason, "name": each.name} for each in waived],
        "missing": [says for each, says in made.missing if each == party],
        "held": sorted(info.value for info in record.standing.history.still_held(party)),
        "notices": [
            _notice(packing, each, record) for each in record.notices if each.notice.party == party
        ],
    }


def _notice(packing: _Packing, record: NoticeRecord, concern: ConcernRecord) -> dict[str, Any]:
    notice, reached = record.notice, fold(record.receipts)
    spent = _spent(record, reached, concern)
    words, receipts = f"words/{notice.id}.txt", f"receipts/{notice.id}.json"
    packing.files[words] = without_code(record).encode()
    said = [_receipt(one, "" if spent else notice.ack_code) for one in record.receipts]
    packing.files[receipts] = orjson.dumps(said, option=orjson.OPT_INDENT_2)
    ids = dict.fromkeys(
        id_ for one in record.receipts for name, id_ in one.evidence if name == "mail"
    )
    return {
        "id": notice.id,
        "notice": notice.template,
        "written": instant(notice.composed_at),
        "classes": sorted(info.value for info in notice.classes),
        "required": notice.required.value,
        "reached": reached.rung.value,
        "setbacks": [setback.value for setback in reached.setbacks],
        "words": words,
        "receipts": receipts,
        "deliveries": [_delivery(packing, each, spent=spent) for each in record.deliveries],
        "mail": [_mail(packing, id_, spent=spent) for id_ in ids if id_ in packing.mails],
    }


def _receipt(receipt: Receipt, code: str) -> dict[str, Any]:
    """Return a receipt, or its hash alone: some systems answer with what they were sent."""
    said = receipt_said(receipt)
    written = canonical(said).decode()
    if code and hidden(written, code) != written:
        return {"sha256": receipt_hash(said), "withheld": _WITHHELD}
    return said


def _delivery(packing: _Packing, delivery: Delivery, *, spent: bool) -> dict[str, Any]:
    name = f"deliveries/{delivery.id}.{_FORMS.get(delivery.channel, 'bin')}"
    kept = packing.keeps(name, delivery.body, spent=spent)
    return {"id": delivery.id, "channel": delivery.channel.value, **kept}


def _mail(packing: _Packing, id_: str, *, spent: bool) -> dict[str, Any]:
    mail = packing.mails[id_]
    kept = packing.keeps(f"mail/{id_}.eml", mail.raw, spent=spent)
    return {"id": id_, "received": instant(mail.received), **kept}


def _spent(record: NoticeRecord, reached: Reached, concern: ConcernRecord) -> bool:
    """Whether nobody gains by this notice's code any more: it is void, or all is answered."""
    owed = any(
        one.notice == record.notice.id and one.kind in _BY_ITS_CODE for one in concern.obligations
    )
    return record.wrong_codes >= TRIES or (reached.rung is Rung.ACKNOWLEDGED and not owed)
