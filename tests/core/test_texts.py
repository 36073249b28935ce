"""Telephones: what a text says, what never goes by one, who is told in its place, how listed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import Final

import pytest

from hub.adapters.shipped import read_folder, shipped
from hub.compose import compose, fit_for, readdress
from hub.concern import Party
from hub.decide import channels_keep
from hub.directory import EVERY_CLASS, Directory, carries
from hub.escalate import contacts_left
from hub.notice import Delivery, Notice
from hub.pack.faults import PackFaults
from hub.pack.load import load_directory
from hub.page import Standing
from hub.plan.drill import plan_drill
from hub.vocabulary import Channel, HoldKind, InfoClass, Lane, ObligationKind, Role
from tests import worlds
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
from tests.core.packs import sources
from tests.core.placing import SCOTTISH, as_party, changed, contact, line, number_of, opened, to
from tests.core.story import THE_HOST

TELEPHONE: Final = "tel:+447700900123"
SCOT: Final = SCOTTISH[0]
FIFE: Final = as_party(SCOT)
C0_ALONE: Final = frozenset({InfoClass.PROCESS})


def with_first(address: str) -> Directory:
    """The directory, with this address in place of the duty contact's."""
    directory = directory_now()
    first, *rest = directory.contacts
    return replace(directory, contacts=(replace(first, address=address), *rest))


def composed(
    directory: Directory, *classes: InfoClass, lane: Lane = Lane.STANDARD
) -> tuple[Notice, tuple[Delivery, ...]]:
    decision = notify(Role.REGULATOR, "concern-opened", set(classes))
    return compose(
        replace(decision, lane=lane),
        concern_now(),
        event_named("concern.opened"),
        shipped_words(),
        directory,
        pack_now(),
        SENDER,
        CountingMint(),
        NOW,
    )


@pytest.mark.parametrize(
    ("address", "channel", "number"),
    [
        (TELEPHONE, Channel.SMS, "+447700900123"),
        ("TEL:+447700900123", Channel.SMS, "+447700900123"),
        ("tel:07700900123", Channel.SMS, ""),
        ("tel:+44 7700 900123", Channel.SMS, ""),
        ("tel:+447700900123;ext=1", Channel.SMS, ""),
        ("tel:+٤٤٧٧٠٠٩٠٠١٢٣", Channel.SMS, ""),
        ("tel:", Channel.SMS, ""),
        ("tel@agency.test", Channel.EMAIL, ""),
    ],
)
def test_a_telephone_is_known_by_its_address(address: str, channel: Channel, number: str) -> None:
    (first, *_) = with_first(address).contacts

    assert (first.channel, first.telephone) == (channel, number)


@pytest.mark.parametrize("lane", list(Lane))
def test_C0_a_text_says_that_there_is_a_message_and_its_reference_and_nothing_else(
    lane: Lane,
) -> None:
    notice, (text, _) = composed(with_first(TELEPHONE), C0, lane=lane)

    assert (text.channel, text.target, text.dest) == (
        Channel.SMS,
        "regulator-0",
        "sms:regulator-0",
    )
    assert text.sha256 == sha256(text.body).hexdigest()
    assert json.loads(text.body) == {
        "message": f"A message about reference {notice.reference} is waiting for you. To read it,"
        " sign in, or ring the sender on a number you already have. Do not reply to this text."
    }


def test_a_mislaid_telephone_shows_no_provider_no_agency_no_number_no_link_and_no_code() -> None:
    notice, (text, _) = composed(with_first(TELEPHONE), C0)

    shown = text.body.decode()
    facts = {value for _, value in notice.facts if len(value) > 2} - {notice.reference}
    assert notice.ack_code not in shown
    assert "Rosewood" in notice.text
    assert "Rosewood" not in shown
    assert not [fact for fact in facts if fact in shown]
    assert not re.search(r"safeguard|concern|provider|care\b|://|\+44", shown, re.IGNORECASE)


def test_a_text_of_the_longest_usual_reference_is_one_text() -> None:
    notice, (text, _) = composed(with_first(TELEPHONE), C0)

    words = json.loads(text.body)["message"].replace(notice.reference, "WSCC-PC-2026-0042")
    assert len(words) <= 160
    assert words.isascii()


def test_what_says_more_goes_to_the_next_contact_that_may_carry_it() -> None:
    _, deliveries = composed(with_first(TELEPHONE), C0, C1)

    assert [d.target for d in deliveries] == ["regulator-1", "hook-regulator"]


def test_what_is_no_telephone_is_passed_by_and_the_next_contact_is_told() -> None:
    _, deliveries = composed(with_first("tel:0770 900"), C0)

    assert [d.target for d in deliveries] == ["regulator-1", "hook-regulator"]


def test_the_next_contact_after_a_telephone_is_written_to_by_mail_and_the_other_way_round() -> None:
    directory = with_first(TELEPHONE)
    notice, (text, _) = composed(directory, C0)
    telephone, mailbox = directory.contacts[:2]

    mail = readdress(notice, text, mailbox, SENDER, CountingMint(), NOW)
    back = readdress(notice, mail, telephone, SENDER, CountingMint(), NOW)

    assert (mail.channel, mail.instead_of) == (Channel.EMAIL, text.id)
    assert (back.channel, back.instead_of, back.body) == (Channel.SMS, mail.id, text.body)


def test_pages_to_be_printed_and_whatever_says_more_are_fit_for_no_telephone() -> None:
    directory = with_first(TELEPHONE)
    bare, (text, _) = composed(directory, C0)
    more, (mail, _) = composed(directory, C0, C1)
    telephone = directory.contacts[0]

    printed = replace(bare, printed=(("easy-read.html", "<p>Hello</p>"),))

    assert fit_for(bare, telephone)
    assert not fit_for(printed, telephone)
    assert not fit_for(more, telephone)
    assert telephone not in contacts_left(more, [mail], directory, NOW.date())
    assert telephone not in contacts_left(bare, [text], directory, NOW.date())


# What may be told by a telephone, whatever anybody writes.


@cache
def packs() -> Mapping[str, Mapping[str, str]]:
    return {name: read_folder(shipped("policy") / name) for name in ("west-sussex", "wales")}


@pytest.mark.parametrize("name", ["west-sussex", "wales"])
@pytest.mark.parametrize("accredited", [None, EVERY_CLASS, frozenset[InfoClass]()])
def test_H7_in_each_pack_who_has_a_telephone_alone_is_told_that_the_process_exists_and_no_more(
    name: str, accredited: frozenset[InfoClass] | None
) -> None:
    directory = load_directory(packs()[name]["directory.toml"])
    numbered = tuple(
        replace(each, address=f"tel:+4477009{n:05}", accredited=accredited)
        for n, each in enumerate(directory.contacts)
    )
    texted = replace(directory, contacts=numbered, endpoints=())

    assert numbered
    for each in texted.contacts:
        assert carries(each, NOW.date()) == {InfoClass.PROCESS}
        for role in each.roles:
            party = Party(agency=each.agency, role=role)
            assert channels_keep(party, texted, NOW) == EVERY_CLASS - {InfoClass.PROCESS}


def test_H7_S7_what_a_text_may_not_say_is_held_and_the_host_owes_a_contact_that_may() -> None:
    story = opened()
    changed(story, contacts=[contact(SCOT, address=TELEPHONE, accredited=EVERY_CLASS)])

    page = story.happens("placement.register.declared", placements=[line(SCOT)])

    (decision,) = [d for d in page.decisions if d.party == FIFE]
    held = {h.info: h.kind for h in getattr(decision, "held", ())}
    assert held
    assert set(held.values()) == {HoldKind.H7}
    assert InfoClass.PROCESS not in held
    (notice,) = to(page, FIFE)
    assert notice.classes == {InfoClass.PROCESS}
    (text,) = [d for d in page.deliveries if d.party == FIFE]
    assert (text.channel, text.classes) == (Channel.SMS, C0_ALONE)
    assert number_of(SCOT).encode() not in text.body
    (owed,) = story.owes(ObligationKind.REPLACE_CONTACT).values()
    assert owed.party == THE_HOST
    assert "accredited for" in owed.says


def test_H7_a_mailbox_that_may_carry_it_all_is_told_before_a_telephone_is() -> None:
    story = opened()
    telephone, mailbox = contact(SCOT, address=TELEPHONE), contact(SCOT, 1)
    changed(story, contacts=[telephone, mailbox])

    page = story.happens("placement.register.declared", placements=[line(SCOT)])

    (mail,) = [d for d in page.deliveries if d.party == FIFE]
    assert (mail.channel, mail.target) == (Channel.EMAIL, mailbox.id)


# Drills and the directory.


def test_a_drill_goes_to_a_telephone_as_a_text_that_says_it_is_one() -> None:
    tools = worlds.tools()
    first, *rest = tools.directory.contacts
    directory = replace(tools.directory, contacts=(replace(first, address=TELEPHONE), *rest))

    page = plan_drill("2026-12-01", Standing(), directory, tools.sender, tools.mint, NOW)

    by = {d.target: d for d in page.deliveries}
    assert (by[first.id].channel, by[first.id].dest) == (Channel.SMS, f"sms:{first.id}")
    said = json.loads(by[first.id].body)["message"]
    assert said.startswith("This is a drill.")


def test_the_directory_lists_a_telephone_whatever_the_agencys_mail_domains() -> None:
    text = sources()["directory.toml"].replace("safeguarding@cqc.example", TELEPHONE)

    (contact,) = (c for c in load_directory(text).contacts if c.id == "cqc")

    assert (contact.channel, contact.telephone) == (Channel.SMS, "+447700900123")


@pytest.mark.parametrize(
    "address", ["tel:", "tel:07700900123", "tel:+0123456789", "tel:+44 7700 900123", "tel:+44x"]
)
def test_what_is_no_telephone_is_a_fault_of_the_directory(address: str) -> None:
    text = sources()["directory.toml"].replace("safeguarding@cqc.example", address)

    with pytest.raises(PackFaults, match=r"a telephone for texts is written as `tel:\+44"):
        load_directory(text)


@pytest.mark.parametrize(
    ("accredited", "fault"),
    [('["process"]', False), ('["process", "themes"]', True)],
)
def test_a_telephone_that_is_said_to_carry_more_is_a_fault_of_the_directory(
    accredited: str, fault: bool
) -> None:
    old = 'address = "safeguarding@cqc.example"'
    assert old in sources()["directory.toml"]
    new = f'address = "{TELEPHONE}"\naccredited = {accredited}'
    text = sources()["directory.toml"].replace(old, new)

    if not fault:
        assert load_directory(text).contacts
        return
    with pytest.raises(PackFaults, match="a text carries `process` alone"):
        load_directory(text)
