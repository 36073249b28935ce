"""The bytes on the wire: the standard library reads mail back, a webhook is a CloudEvent."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.compose import MayNotExist, UnfitForHeader, compose, readdress
from hub.compose.mime import Mail, email_bytes
from hub.decision import Notify
from hub.directory import Directory
from hub.notice import Delivery, Notice
from hub.vocabulary import Channel, ContactId, DeliveryId, Lane, Role
from tests.core.build_words import (
    C0,
    C1,
    NOW,
    SENDER,
    CountingMint,
    concern_now,
    directory_now,
    event_named,
    notify,
    pack_now,
    shipped_words,
)

MAIL = Mail(
    delivery=DeliveryId("019ab3c0-0000-7000-8000-000000000001"),
    to="desk@cqc.example",
    reference="PC-7K3M-2QXA",
    text="Hello\n",
    html="<p>Hello</p>\n",
    lane=Lane.STANDARD,
    sent=NOW,
)
SEEN = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
CONTENT = st.one_of(
    st.text(SEEN | st.just("\n"), max_size=600),
    st.lists(
        st.sampled_from(["From ", ".", "..", " ", "\t", "=", "=\n", "=_", "--", "é" * 40])
    ).map("".join),
    st.sampled_from(
        ["x" * 10_000, "\n\n\n", "a " * 3000, "=" * 80, "." + "x" * 75, "x" * 75 + "."]
    ),
)


def parsed(body: bytes) -> EmailMessage:
    message = message_from_bytes(body, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    assert not part.defects
    said = part.get_content()
    assert isinstance(said, str)
    return said.replace("\r\n", "\n")


def composed(
    decision: Notify | None = None, directory: Directory | None = None
) -> tuple[Notice, tuple[Delivery, ...]]:
    return compose(
        decision or notify(Role.REGULATOR, "concern-opened", {C0, C1}),
        concern_now(),
        event_named("concern.opened"),
        shipped_words(),
        directory or directory_now(),
        pack_now(),
        SENDER,
        CountingMint(),
        NOW,
    )


@settings(deadline=None, max_examples=60)
@given(text=CONTENT, html=CONTENT)
def test_the_standard_parser_reads_back_exactly_what_was_written(text: str, html: str) -> None:
    body = email_bytes(replace(MAIL, text=text, html=html), SENDER)

    message = parsed(body)

    assert not message.defects
    assert content(message, "plain") == text
    assert content(message, "html") == html
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


@settings(deadline=None, max_examples=60)
@given(text=CONTENT, html=CONTENT)
def test_every_line_is_short_ascii_and_ends_as_the_wire_asks(text: str, html: str) -> None:
    body = email_bytes(replace(MAIL, text=text, html=html), SENDER)

    assert body.isascii()
    assert body.endswith(b"\r\n")
    assert b"\r" not in body.replace(b"\r\n", b"")
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert max(len(line) for line in body.split(b"\r\n")) <= 78


def test_the_headers_are_the_agreed_ones_and_no_others() -> None:
    message = parsed(email_bytes(MAIL, SENDER))

    assert message.keys() == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Language",
        "Content-Type",
    ]
    assert message["From"].addresses[0].display_name == "West Sussex provider concerns"
    assert message["From"].addresses[0].addr_spec == "concerns@hub.westsussex.example"
    assert message["To"] == "desk@cqc.example"
    assert message["Subject"] == "PC-7K3M-2QXA"
    assert message["Message-ID"] == "<019ab3c0-0000-7000-8000-000000000001@hub.westsussex.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(message["Date"]) == NOW


def test_urgency_travels_in_a_header_of_the_immediate_lane_alone() -> None:
    urgent = parsed(email_bytes(replace(MAIL, lane=Lane.IMMEDIATE), SENDER))
    bulk = parsed(email_bytes(replace(MAIL, lane=Lane.BULK), SENDER))

    assert urgent["Importance"] == "high"
    assert urgent["X-Priority"] == "1"
    assert urgent["Subject"] == bulk["Subject"]
    assert bulk["Importance"] is None


@settings(deadline=None, max_examples=60)
@given(
    name=st.text(SEEN, max_size=100).map(str.strip).filter(bool),
    moment=st.datetimes(
        min_value=datetime(1990, 1, 1),  # noqa: DTZ001  # hypothesis asks for naive bounds
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001  # as above
        timezones=st.just(UTC),
    ),
)
def test_any_visible_name_and_any_time_come_back_from_the_headers(
    name: str, moment: datetime
) -> None:
    body = email_bytes(replace(MAIL, sent=moment), replace(SENDER, from_name=name))

    message = parsed(body)
    assert not message["From"].defects
    (address,) = message["From"].addresses
    assert address.addr_spec == SENDER.from_address
    # The older interface joins encoded words as RFC 2047, 6.2 asks; the newer puts a space there.
    said = str(make_header(decode_header(message_from_bytes(body)["From"])))
    assert said.split() == [*name.split(), f"<{SENDER.from_address}>"]
    assert parsedate_to_datetime(message["Date"]) == moment.replace(microsecond=0)


@pytest.mark.parametrize("hidden", ["\x00", "\n", "\r", "\u202e", "\u200b", "\x7f", "\ue000"])
def test_what_hides_or_breaks_is_refused_in_every_header(hidden: str) -> None:
    for mail, sender in (
        (replace(MAIL, to=f"desk{hidden}@cqc.example"), SENDER),
        (replace(MAIL, to=f"desk@cqc.example{hidden}"), SENDER),
        (replace(MAIL, reference=f"PC{hidden}"), SENDER),
        (replace(MAIL, delivery=DeliveryId(f"a{hidden}")), SENDER),
        (MAIL, replace(SENDER, from_name=f"a{hidden}b")),
        (MAIL, replace(SENDER, from_address=f"a{hidden}@b.example")),
        (MAIL, replace(SENDER, message_id_domain=f"b{hidden}.example")),
    ):
        with pytest.raises(UnfitForHeader, match="A header would hold"):
            email_bytes(mail, sender)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "@x.example",
        "a@",
        "a@b,c@d.example",
        "a@b.example, c@d.example",
        "a b@c.example",
        "<a@b.example>",
        "Name <a@b.example>",
        '"a b"@c.example',
        "é@b.example",
        "a@bé.example",
        "a..b@c.example",
        "a@-b.example",
        "a@[127.0.0.1]",
        "x" * 250 + "@b.example",
    ],
)
def test_an_address_that_is_not_one_plain_mailbox_is_refused(address: str) -> None:
    with pytest.raises(UnfitForHeader):
        email_bytes(replace(MAIL, to=address), SENDER)


@pytest.mark.parametrize("reference", ["", " PC-1", "PC-1 ", "PC-é"])
def test_a_subject_that_would_change_on_the_way_is_refused(reference: str) -> None:
    with pytest.raises(UnfitForHeader):
        email_bytes(replace(MAIL, reference=reference), SENDER)


@pytest.mark.parametrize("name", ["", "   ", " x", "x" * 101])
def test_a_sender_without_a_name_that_fits_is_refused(name: str) -> None:
    with pytest.raises(UnfitForHeader):
        email_bytes(MAIL, replace(SENDER, from_name=name))


def test_B03_one_mail_to_the_duty_contact_and_one_webhook_to_each_endpoint() -> None:
    notice, (mail, hook) = composed()

    assert (mail.channel, mail.target, mail.dest) == (
        Channel.EMAIL,
        "regulator-0",
        "email:regulator.example",
    )
    assert (hook.channel, hook.target, hook.dest) == (
        Channel.WEBHOOK,
        "hook-regulator",
        "webhook:hook-regulator",
    )
    assert len({notice.id, mail.id, hook.id}) == 3
    for delivery in (mail, hook):
        assert delivery.sha256 == sha256(delivery.body).hexdigest()
        assert delivery.notice == notice.id
        assert delivery.classes == notice.classes == {C0, C1}
        assert delivery.due_at == NOW
        assert delivery.instead_of is None
    assert parsed(mail.body)["Message-ID"] == f"<{mail.id}@{SENDER.message_id_domain}>"


def test_the_mail_carries_the_notice_as_it_is_kept() -> None:
    notice, (mail, _) = composed()

    assert content(parsed(mail.body), "plain") == notice.text
    assert content(parsed(mail.body), "html") == notice.html
    assert parsed(mail.body)["Subject"] == notice.reference
    assert notice.ack_code in notice.text
    assert f"{SENDER.public_url}/acknowledge/{notice.id}" in notice.text


def test_the_same_arguments_make_the_same_bytes() -> None:
    assert composed() == composed()


def test_a_mailbox_that_no_header_can_carry_does_not_stop_the_notice() -> None:
    directory = directory_now()
    first, *rest = directory.contacts
    broken = replace(directory, contacts=(replace(first, address="a@b,c@d"), *rest))

    _, deliveries = composed(directory=broken)

    assert [d.target for d in deliveries] == ["regulator-1", "hook-regulator"]


def test_a_party_that_cannot_be_reached_has_a_notice_and_no_delivery() -> None:
    notice, deliveries = composed(directory=Directory())

    assert notice.text
    assert deliveries == ()


def test_a_party_that_may_not_know_that_the_process_exists_is_never_written_to() -> None:
    with pytest.raises(MayNotExist, match="regulator:cqc"):
        composed(notify(Role.REGULATOR, "concern-opened", {C1}))


def test_the_next_contact_gets_the_same_notice_and_is_the_only_one_named() -> None:
    notice, (mail, _) = composed()
    deputy = directory_now().contacts[1]

    again = readdress(notice, mail, deputy, SENDER, CountingMint(), NOW)

    assert again.instead_of == mail.id
    assert again.notice == notice.id
    assert again.target == ContactId("regulator-1")
    assert parsed(again.body)["To"] == "regulator.deputy@regulator.example"
    assert content(parsed(again.body), "plain") == notice.text
    assert b"regulator.duty" not in again.body


def test_a_webhook_is_a_cloud_event_with_the_party_and_the_notice_inside() -> None:
    due = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)
    notice, (_, hook) = composed(notify(Role.REGULATOR, "concern-opened", {C0, C1}, reply_due=due))

    event = json.loads(hook.body)

    data = event.pop("data")
    assert event == {
        "specversion": "1.0",
        "id": hook.id,
        "source": SENDER.source,
        "type": "concernhub.notice.v1",
        "subject": f"concern/{notice.concern}",
        "time": "2026-11-24T09:30:00Z",
        "datacontenttype": "application/json",
    }
    assert data["notice"] == notice.id
    assert data["concern_ref"] == notice.reference
    assert data["party"] == {"agency": "regulator:cqc", "role": "regulator"}
    assert data["template"] == "concern-opened"
    assert data["reply_due"] == "2026-11-25T17:00:00Z"
    assert data["text"] == notice.text
    assert data["facts"] == dict(notice.facts)
    assert data["facts"]["risk_level"] == "high"
    assert data["acknowledge"] == {
        "url": f"https://hub.westsussex.example/v1/notices/{notice.id}/acknowledgements",
        "page": f"https://hub.westsussex.example/acknowledge/{notice.id}",
    }
    keys = json.loads(hook.body, object_pairs_hook=lambda pairs: [key for key, _ in pairs])
    assert keys == sorted(keys)
