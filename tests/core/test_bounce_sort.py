"""What comes back is told apart, whatever its bytes are; nothing raises and nothing is dropped."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.bounce import MOST_OCTETS, ReadAs, Sorted, sort
from tests.core import returned as r

SOMEBODY = "jo.field@surrey.example"


@pytest.mark.parametrize("report", r.EVERY_REPORT.values(), ids=r.EVERY_REPORT)
def test_B04_a_report_is_read_with_its_keys_whatever_it_says(report: bytes) -> None:
    found = sort(report, "")

    assert found.read_as is ReadAs.DELIVERY_REPORT
    assert (found.reporter, found.envelope_id) == (r.RELAY, r.ATTEMPT)
    assert found.message_ids == (f"{r.DELIVERY}@{r.DOMAIN}",)
    (group,) = found.groups
    assert (group.final, group.original) == (r.MAILBOX, r.MAILBOX)
    assert not found.in_words


def test_B04_the_fields_of_a_failed_group_are_read_with_their_types() -> None:
    (group,) = sort(r.FAILED, "").groups

    assert (group.action, group.status) == ("failed", "5.1.1")
    assert group.diagnostic_type == "smtp"
    assert group.diagnostic.startswith("550 5.1.1")
    assert group.remote == "mx.surrey.example"


@pytest.mark.parametrize(
    ("raw", "sender", "read_as"),
    [
        (r.READ_RECEIPT, SOMEBODY, ReadAs.READ_RECEIPT),
        (r.ABUSE_REPORT, SOMEBODY, ReadAs.ABUSE_REPORT),
        (r.OUT_OF_OFFICE, "", ReadAs.AUTOMATIC_REPLY),
        (r.OUT_OF_OFFICE, SOMEBODY, ReadAs.AUTOMATIC_REPLY),
        (r.BY_A_PERSON, SOMEBODY, ReadAs.HUMAN_REPLY),
        (r.BY_A_PERSON, "", ReadAs.UNREADABLE),
        (b"", SOMEBODY, ReadAs.UNREADABLE),
        (b"\x00\xff\xfe", SOMEBODY, ReadAs.UNREADABLE),
        (r.FAILED + b"x" * MOST_OCTETS, "", ReadAs.UNREADABLE),
        (r.FAILED + b"\r\n" * 90_000, "", ReadAs.UNREADABLE),
    ],
)
def test_B04_each_kind_of_mail_is_told_from_the_others(
    raw: bytes, sender: str, read_as: ReadAs
) -> None:
    found = sort(raw, sender)

    assert found.read_as is read_as
    assert bool(found.why) == (read_as is ReadAs.UNREADABLE)
    assert found.groups == ()


def test_B04_a_bounce_in_a_mail_servers_own_words_is_read_as_a_failure() -> None:
    found = sort(r.QMAIL, "")

    assert found.read_as is ReadAs.DELIVERY_REPORT
    assert found.in_words
    assert [(g.action, g.final) for g in found.groups] == [("failed", r.MAILBOX)]


def test_B04_a_person_who_quotes_a_bounce_is_a_person() -> None:
    quoted = r.QMAIL.replace(b"MAILER-DAEMON@mx.surrey.example", b"jo.field@surrey.example")

    found = sort(quoted, SOMEBODY)

    assert found.read_as is ReadAs.HUMAN_REPLY


def test_B04_a_report_inside_a_returned_mail_was_said_to_somebody_else() -> None:
    forwarded = (
        b"From: jo@surrey.example\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=out\r\n\r\n"
        b"--out\r\nContent-Type: text/plain\r\n\r\nWhat is this?\r\n"
        b"--out\r\nContent-Type: message/rfc822\r\n\r\n" + r.FAILED + b"\r\n--out--\r\n"
    )

    assert sort(forwarded, SOMEBODY).read_as is ReadAs.HUMAN_REPLY


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (b"multipart/report; report-type=delivery-status", b"multipart/mixed"),
        (b"Content-Type: message/delivery-status", b"CONTENT-TYPE: Message/Delivery-Status"),
        (b"Reporting-MTA: dns;", b"REPORTING-MTA: DNS ;"),
        (b"Action: failed", b"action: FAILED (permanent)"),
        (b"Original-Envelope-Id:", b"original-envelope-ID:"),
    ],
)
def test_B04_reports_are_read_as_leniently_as_live_servers_need(then: bytes, now: bytes) -> None:
    assert then in r.FAILED

    found = sort(r.FAILED.replace(then, now), "")

    assert found == sort(r.FAILED, "")


def global_report(encoding: str | None) -> bytes:
    fields = (
        "Reporting-MTA: dns; relay.hub.example\r\n"
        f"Original-Envelope-Id: {r.ATTEMPT}\r\n\r\n"
        "Final-Recipient: utf-8; dienst-ü@surrey.example\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"Final-Recipient: rfc822; {r.MAILBOX}\r\nAction: relayed\r\nStatus: 2.0.0\r\n"
    ).encode()
    body = base64.encodebytes(fields) if encoding else fields
    said = f"Content-Transfer-Encoding: {encoding}\r\n" if encoding else ""
    return (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=g\r\n\r\n--g\r\n"
        b"Content-Type: message/global-delivery-status\r\n"
        + said.encode()
        + b"\r\n"
        + body
        + b"\r\n--g--\r\n"
    )


@pytest.mark.parametrize("encoding", [None, "8bit", "base64"])
def test_B04_international_reports_with_several_recipients_are_read(encoding: str | None) -> None:
    found = sort(global_report(encoding if encoding == "base64" else None), "")

    assert found.envelope_id == r.ATTEMPT
    assert [(g.action, g.status) for g in found.groups] == [
        ("failed", "5.1.1"),
        ("relayed", "2.0.0"),
    ]
    assert found.groups[1].final == r.MAILBOX


def nested(depth: int) -> bytes:
    inside = b"Content-Type: text/plain\r\n\r\nThe end.\r\n"
    for level in range(depth):
        edge = b"b%d" % level
        inside = (
            b"Content-Type: multipart/mixed; boundary="
            + edge
            + b"\r\n\r\n--"
            + edge
            + b"\r\n"
            + inside
            + b"\r\n--"
            + edge
            + b"--\r\n"
        )
    return b"From: jo@surrey.example\r\n" + inside


@pytest.mark.parametrize(("depth", "read_as"), [(7, ReadAs.HUMAN_REPLY), (8, ReadAs.UNREADABLE)])
def test_B04_eight_levels_are_read_and_nine_are_left_to_a_person(
    depth: int, read_as: ReadAs
) -> None:
    assert sort(nested(depth), SOMEBODY).read_as is read_as


@pytest.mark.parametrize(("parts", "read_as"), [(49, ReadAs.HUMAN_REPLY), (50, ReadAs.UNREADABLE)])
def test_B04_fifty_parts_are_read_and_one_more_is_left_to_a_person(
    parts: int, read_as: ReadAs
) -> None:
    part = b"--p\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=p\r\n\r\n"

    assert sort(head + part * parts + b"--p--\r\n", SOMEBODY).read_as is read_as


@pytest.mark.parametrize("depth", [60, 5_000])
def test_B04_a_mail_made_to_exhaust_the_parser_is_left_to_a_person(depth: int) -> None:
    assert sort(nested(depth), "").read_as is ReadAs.UNREADABLE


@given(st.binary(max_size=2_000), st.sampled_from(["", SOMEBODY]))
def test_B04_no_bytes_make_it_raise(raw: bytes, sender: str) -> None:
    assert isinstance(sort(raw, sender), Sorted)


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """Cut, double, swap and spoil a few pieces of a mail."""
    out = bytearray(raw)
    for _ in range(chance.randint(1, 8)):
        start = chance.randrange(len(out) + 1)
        piece = out[start : start + chance.choice((1, 3, 20, 200))]
        match chance.randrange(4):
            case 0:
                del out[start : start + len(piece)]
            case 1:
                out[start:start] = piece
            case 2:
                out[start : start + len(piece)] = chance.randbytes(len(piece))
            case _:
                out[start:start] = chance.choice((b"\r\n", b"\n\n", b"\x00", b"--", b";", b"\xff"))
    return bytes(out)


@given(st.sampled_from(r.EVERYTHING), st.integers(0, 2**32), st.sampled_from(["", SOMEBODY]))
def test_B04_no_spoilt_report_makes_it_raise(raw: bytes, seed: int, sender: str) -> None:
    found = sort(mutated(raw, random.Random(seed)), sender)

    assert isinstance(found, Sorted)
    for group in found.groups:
        assert all("\n" not in value for value in (group.final, group.diagnostic, group.action))


def test_B04_a_returned_header_is_read_in_whatever_encoding_it_came() -> None:
    head = base64.encodebytes(r.RETURNED.encode()).replace(b"\n", b"\r\n")
    plain = b"Content-Type: text/rfc822-headers\r\n\r\n" + r.RETURNED.encode().replace(
        b"\n", b"\r\n"
    )
    assert plain in r.FAILED

    found = sort(
        r.FAILED.replace(
            plain,
            b"Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + head,
        ),
        "",
    )

    assert found.message_ids == (f"{r.DELIVERY}@{r.DOMAIN}",)


class _Stumbling(bytes):
    def decode(self, *_: object, **__: object) -> str:
        raise RecursionError


def test_B04_whatever_the_parser_does_a_person_gets_the_mail() -> None:
    found = sort(_Stumbling(r.FAILED), "")

    assert found.read_as is ReadAs.UNREADABLE
    assert found.why == "the parser stumbled (RecursionError)"
