"""Returned mail is never taken for more than it proves, and loses nobody."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.adapters.memory import SequentialMint
from hub.bounce import (
    Filing,
    Group,
    ReadAs,
    ReturnedMail,
    Sent,
    claim,
    correlate,
    file,
    named_by,
    sort,
)
from hub.escalate import reach_key, replace_key
from hub.obligation import ObligationKind
from hub.receipt import Receipt, fold, height
from hub.vocabulary import AttemptId, DeliveryId, NoticeId, Role, Rung, Setback
from tests.core import returned as r
from tests.core.deliveries import HOST, NOW, delivery
from tests.core.test_bounce_sort import mutated

TRUSTED: Final = frozenset({r.RELAY})
NOBODY: Final = frozenset[str]()
LATER: Final = NOW + timedelta(minutes=20)
MINE: Final = delivery(id=DeliveryId(r.DELIVERY))
OTHER: Final = delivery(id=DeliveryId("d-other"), notice=NoticeId("n-other"))


def submitted(minute: int = 0, **changes: Any) -> Receipt:  # noqa: ANN401 - of any field
    whole = Receipt(
        notice=MINE.notice,
        delivery=MINE.id,
        attempt=AttemptId(r.ATTEMPT),
        at=NOW + timedelta(minutes=minute),
        source="smtp",
        rung=Rung.SUBMITTED,
    )
    return replace(whole, **changes)


SENT: Final = Sent(
    delivery=MINE,
    host_authority=HOST,
    attempts=(AttemptId(r.ATTEMPT),),
    receipts=(submitted(),),
)
ANOTHER: Final = Sent(delivery=OTHER, host_authority=HOST, attempts=(AttemptId("a-other"),))


def read(
    raw: bytes,
    *,
    sender: str = "",
    trusted: frozenset[str] = TRUSTED,
    address: DeliveryId | None = MINE.id,
    known: tuple[Sent, ...] = (SENT,),
    minute: int = 20,
) -> Filing:
    at = NOW + timedelta(minutes=minute)
    mail = ReturnedMail(id=f"mail-{minute}", sender=sender, recipient="b+x", raw=raw, received=at)
    found = sort(raw, sender)
    named = named_by(found, address, domain=r.DOMAIN)
    about = correlate(found, named, known, {MINE.id: r.MAILBOX})
    return file(mail, found, about, trusted=trusted, now=at, mint=SequentialMint())


HIGHEST: Final[dict[str, tuple[Rung, Rung]]] = {
    "failed": (Rung.QUEUED, Rung.QUEUED),
    "delayed": (Rung.SUBMITTED, Rung.SUBMITTED),
    "given up": (Rung.QUEUED, Rung.QUEUED),
    "relayed": (Rung.RELAYED, Rung.SUBMITTED),
    "expanded": (Rung.EXPANDED, Rung.SUBMITTED),
    "delivered": (Rung.DELIVERED, Rung.SUBMITTED),
    "delivered, says Exim": (Rung.RELAYED, Rung.SUBMITTED),
}
"""What stands after a report from a trusted server, and after one from any other."""


@pytest.mark.parametrize("kind", r.EVERY_REPORT)
@pytest.mark.parametrize("trusted", [True, False])
def test_S7_B04_no_report_is_overstated_whoever_sends_it(kind: str, trusted: bool) -> None:
    filing = read(r.EVERY_REPORT[kind], trusted=TRUSTED if trusted else NOBODY)

    reached = fold([*SENT.receipts, *filing.receipts])

    assert reached.rung is HIGHEST[kind][0 if trusted else 1]
    (receipt,) = filing.receipts
    assert dict(receipt.evidence)["trusted"] == ("yes" if trusted else "no")


@pytest.mark.parametrize(
    ("group", "rung", "setback"),
    [
        (Group(action="failed", status="4.4.7"), None, Setback.FAILED),
        (Group(action="failure"), None, Setback.FAILED),
        (Group(action="error", status="2.0.0"), None, Setback.FAILED),
        (Group(action="expired", status="4.4.7"), None, Setback.FAILED),
        (Group(action="bounced", status="5.0.0"), None, Setback.FAILED),
        (Group(action="deferred", status="4.0.0"), None, Setback.DELAYED),
        (Group(action="accepted", status="2.0.0"), None, None),
        (Group(), None, None),
        (Group(action="relayed"), None, None),
        (Group(action="delivered", status="5.1.1", diagnostic_type="x-unix"), None, None),
        (Group(action="delivered", status="2.0.0"), Rung.RELAYED, None),
        (Group(action="delivered", status="2.0.0", diagnostic_type="smtp"), Rung.RELAYED, None),
        (
            Group(action="delivered", status="2.0.0", diagnostic_type="x-unix", remote="mx.b"),
            Rung.RELAYED,
            None,
        ),
        (Group(action="delivered", status="2.1.5", diagnostic_type="x-unix"), Rung.DELIVERED, None),
    ],
)
def test_B04_each_group_supports_so_much_and_no_more(
    group: Group, rung: Rung | None, setback: Setback | None
) -> None:
    assert claim(group, trusted=True, late=False) == (rung, setback)
    assert claim(group, trusted=False, late=False) == (None, setback)


def test_S7_M014_a_failure_after_a_success_is_late_and_the_next_contact_is_owed_at_once() -> None:
    filing = read(r.FAILED)

    (receipt,) = filing.receipts
    assert (receipt.setback, receipt.at) == (Setback.LATE_FAILURE, LATER)
    assert receipt.attempt == r.ATTEMPT
    assert dict(receipt.evidence)["mail"] == "mail-20"
    assert dict(receipt.evidence)["diagnostic"].startswith("smtp; 550 5.1.1")
    assert r.MAILBOX not in receipt.detail
    owed, gap = filing.obligations
    assert (owed.kind, owed.key) == (ObligationKind.REACH, reach_key(MINE))
    assert owed.due - LATER <= timedelta(minutes=1)
    assert (gap.kind, gap.key) == (ObligationKind.REPLACE_CONTACT, replace_key(MINE.target))


def test_B04_a_failure_of_what_nobody_took_is_no_late_one() -> None:
    (receipt,) = read(r.FAILED, known=(replace(SENT, receipts=()),)).receipts

    assert receipt.setback is Setback.FAILED


def test_S7_a_report_that_outran_the_word_of_its_success_still_lowers_it() -> None:
    filing = read(r.FAILED, known=(replace(SENT, receipts=()),), minute=5)

    assert fold([*filing.receipts, submitted(6)]).rung is Rung.QUEUED
    again = submitted(7, attempt=AttemptId("a second try"))
    assert fold([*filing.receipts, submitted(6), again]).rung is Rung.SUBMITTED


def test_S7_delayed_delayed_failed_is_one_story_in_every_order() -> None:
    story = [
        submitted(),
        *read(r.DELAYED, minute=5).receipts,
        *read(r.RELAYED, minute=8).receipts,
        *read(r.DELAYED, minute=10).receipts,
        *read(r.FAILED, minute=20).receipts,
    ]

    answers = {fold(order) for order in permutations(story)}

    assert len(answers) == 1
    (only,) = answers
    assert only.rung is Rung.QUEUED
    assert only.setbacks == (Setback.DELAYED, Setback.LATE_FAILURE)


def test_B04_one_failed_recipient_among_several_is_a_failure() -> None:
    both = r.RELAYED.replace(
        b"Content-Description: Message Headers",
        b"X: y\r\n",
    ).replace(
        b"queued as 5A1\r\n",
        b"queued as 5A1\r\n\r\nFinal-Recipient: rfc822; x@y.example\r\nAction: failed\r\n",
    )

    filing = read(both)

    assert [receipt.rung for receipt in filing.receipts] == [Rung.RELAYED, None]
    assert fold([submitted(), *filing.receipts]).rung is Rung.QUEUED


def test_B04_all_keys_that_match_are_kept_with_the_receipt() -> None:
    (receipt,) = read(r.RELAYED).receipts

    matched = dict(receipt.evidence)["matched by"]
    assert matched == "bounce address, envelope id, message id, recipient"


@pytest.mark.parametrize(
    ("address", "spoil"),
    [
        (None, (r.DELIVERY.encode(), b"nothing")),
        (None, (r.ATTEMPT.encode(), b"nothing")),
        (MINE.id, (b"Original-Envelope-Id", b"X-Nothing")),
        (DeliveryId("unknown"), (b"", b"")),
    ],
)
def test_B04_any_one_key_finds_the_delivery(
    address: DeliveryId | None, spoil: tuple[bytes, bytes]
) -> None:
    raw = r.FAILED.replace(*spoil) if spoil[0] else r.FAILED

    (receipt,) = read(raw, address=address).receipts

    assert receipt.delivery == MINE.id


def test_B04_the_deliveries_that_are_asked_for_are_each_named_once() -> None:
    found = named_by(sort(r.FAILED, ""), MINE.id, domain=r.DOMAIN.upper())

    assert (found.attempt, found.messages, found.deliveries) == (r.ATTEMPT, (MINE.id,), (MINE.id,))
    assert replace(found, address=None).deliveries == (MINE.id,)
    assert named_by(sort(b"", ""), None, domain=r.DOMAIN).deliveries == ()


@pytest.mark.parametrize(
    "raw",
    [
        r.FAILED.replace(r.ATTEMPT.encode(), b"a-other"),
        r.RELAYED.replace(r.DELIVERY.encode(), b"d-other"),
        r.BY_A_PERSON.replace(r.DELIVERY.encode(), b"d-other"),
    ],
)
def test_B04_two_keys_that_disagree_go_to_a_person_and_nothing_is_claimed(raw: bytes) -> None:
    filing = read(raw, known=(ANOTHER, SENT), sender="jo@surrey.example")

    (receipt,) = filing.receipts
    assert (receipt.delivery, receipt.rung, receipt.setback) == (MINE.id, None, None)
    (owed,) = filing.obligations
    assert (owed.kind, owed.party.agency) == (ObligationKind.PERSON, HOST)
    assert (owed.concern, owed.notice) == (MINE.concern, MINE.notice)
    assert "different deliveries" in owed.says


@pytest.mark.parametrize(
    ("raw", "sender"),
    [(r.BY_A_PERSON, "jo@surrey.example"), (r.BY_A_PERSON, ""), (b"", ""), (b"\xff\x00", "")],
)
def test_B04_what_a_person_wrote_or_no_machine_can_read_goes_to_a_person(
    raw: bytes, sender: str
) -> None:
    filing = read(raw, sender=sender)

    (owed,) = filing.obligations
    assert (owed.kind, owed.party.role) == (ObligationKind.PERSON, Role.HOST_AUTHORITY)
    assert owed.key == "mail:mail-20"
    assert fold([submitted(), *filing.receipts]) == fold([submitted()])


def test_B04_without_a_host_authority_the_party_itself_is_asked() -> None:
    (owed,) = read(b"", known=(replace(SENT, host_authority=None),)).obligations

    assert owed.party == MINE.party


@pytest.mark.parametrize("raw", [r.OUT_OF_OFFICE, r.READ_RECEIPT, r.ABUSE_REPORT])
def test_B04_what_machines_say_for_people_is_kept_and_counts_for_nothing(raw: bytes) -> None:
    filing = read(raw, sender="duty@surrey.example")

    (receipt,) = filing.receipts
    assert (receipt.rung, receipt.setback, filing.obligations) == (None, None, ())
    assert ("mail", "mail-20") in receipt.evidence


def test_B04_a_mail_about_nothing_that_is_known_is_kept_and_noted() -> None:
    filing = read(r.FAILED, known=())

    assert (filing.concern, filing.receipts, filing.obligations) == (None, (), ())
    assert [leaf.kind for leaf in filing.leaves] == ["mail.read"]


def test_B04_where_there_were_two_tries_and_none_is_named_none_is_said() -> None:
    twice = replace(SENT, attempts=(AttemptId("a-1"), AttemptId("a-2")))

    (receipt,) = read(r.QMAIL, known=(twice,)).receipts

    assert (receipt.setback, receipt.attempt) == (Setback.LATE_FAILURE, None)
    assert "own words" in receipt.detail


@given(
    st.sampled_from(sorted(r.EVERY_REPORT)),
    st.integers(0, 2**32),
    st.sampled_from([TRUSTED, NOBODY]),
)
def test_B04_no_spoilt_report_is_worth_more_than_the_whole_one(
    kind: str, seed: int, trusted: frozenset[str]
) -> None:
    spoilt = mutated(r.EVERY_REPORT[kind], random.Random(seed))

    filing = read(spoilt, trusted=trusted)

    for receipt in filing.receipts:
        assert receipt.rung is None or height(receipt.rung) <= height(HIGHEST[kind][0])
        assert receipt.rung is None or trusted
    assert filing.read_as is not ReadAs.HUMAN_REPLY


DOUBT: Final = replace(SENT, receipts=(replace(submitted(), rung=None, setback=Setback.IN_DOUBT),))


@pytest.mark.parametrize("known", [DOUBT, replace(SENT, receipts=())], ids=["in doubt", "waits"])
def test_a_try_in_doubt_that_a_trusted_server_reports_as_received_is_not_tried_again(
    known: Sent,
) -> None:
    found = read(r.RELAYED, known=(known,))

    assert found.received == MINE.id
    assert {(d.kind, d.key) for d in found.discharges} == {
        (kind, f"notice:{MINE.notice}/{MINE.id}")
        for kind in (ObligationKind.REACH, ObligationKind.PERSON)
    }
    assert [one.kind for one in found.leaves] == ["mail.read", "delivery.received"]


@pytest.mark.parametrize(
    ("raw", "trusted", "known"),
    [
        (r.RELAYED, NOBODY, DOUBT),
        (r.FAILED, TRUSTED, DOUBT),
        (r.DELAYED, TRUSTED, DOUBT),
        (r.RELAYED, TRUSTED, SENT),
        (
            r.RELAYED,
            TRUSTED,
            replace(
                DOUBT,
                attempts=(*DOUBT.attempts, AttemptId("a-2")),
                receipts=(
                    replace(submitted(), rung=None, setback=Setback.DELAYED),
                    *(replace(x, attempt=AttemptId("a-2")) for x in DOUBT.receipts),
                ),
            ),
        ),
    ],
    ids=["nobody trusts it", "it failed", "it waits", "nothing was in doubt", "another try"],
)
def test_whatever_proves_less_leaves_the_tries_going_on(
    raw: bytes, trusted: frozenset[str], known: Sent
) -> None:
    found = read(raw, trusted=trusted, known=(known,))

    assert found.received is None
    assert found.discharges == ()
