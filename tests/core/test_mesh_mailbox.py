"""Mailboxes of MESH: what is written to them, what goes by another way, how they are listed."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Final

import pytest

from hub.compose import compose, fit_for, readdress
from hub.directory import Directory
from hub.notice import Delivery, Notice
from hub.pack.faults import PackFaults
from hub.pack.load import load_directory
from hub.page import Standing
from hub.plan.drill import plan_drill
from hub.vocabulary import Channel, Role
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

MAILBOX: Final = "mesh:X26OT123"


def with_first(address: str) -> Directory:
    """The directory, with this address in place of the duty contact's."""
    directory = directory_now()
    first, *rest = directory.contacts
    return replace(directory, contacts=(replace(first, address=address), *rest))


def composed(directory: Directory) -> tuple[Notice, tuple[Delivery, ...]]:
    return compose(
        notify(Role.REGULATOR, "concern-opened", {C0, C1}),
        concern_now(),
        event_named("concern.opened"),
        shipped_words(),
        directory,
        pack_now(),
        SENDER,
        CountingMint(),
        NOW,
    )


def test_a_mesh_mailbox_gets_the_notice_as_a_cloud_event_and_no_mail() -> None:
    notice, (message, _) = composed(with_first(MAILBOX))

    event = json.loads(message.body)
    assert (message.channel, message.target) == (Channel.MESH, "regulator-0")
    assert message.dest == "mesh:X26OT123"
    assert message.sha256 == sha256(message.body).hexdigest()
    assert (event["id"], event["data"]["notice"]) == (message.id, notice.id)
    assert event["data"]["text"] == notice.text


def test_what_is_no_mesh_mailbox_is_passed_by_and_the_next_contact_is_told() -> None:
    _, deliveries = composed(with_first("mesh:../X26OT123"))

    assert [d.target for d in deliveries] == ["regulator-1", "hook-regulator"]


def test_the_next_contact_after_a_mailbox_of_mesh_is_written_to_by_mail() -> None:
    directory = with_first(MAILBOX)
    notice, (message, _) = composed(directory)

    again = readdress(notice, message, directory.contacts[1], SENDER, CountingMint(), NOW)

    assert (again.channel, again.instead_of) == (Channel.EMAIL, message.id)


def test_pages_to_be_printed_for_people_go_by_mail_alone() -> None:
    directory = with_first(MAILBOX)
    notice, _ = composed(directory)
    by_mesh, by_mail = directory.contacts[:2]

    printed = replace(notice, printed=(("easy-read.html", "<p>Hello</p>"),))

    assert fit_for(notice, by_mesh)
    assert not fit_for(printed, by_mesh)
    assert fit_for(printed, by_mail)


def test_a_drill_goes_to_a_mailbox_of_mesh_and_of_secure_mail_by_its_own_way() -> None:
    tools = worlds.tools()
    first, second, *rest = tools.directory.contacts
    moved = (replace(first, address=MAILBOX), replace(second, address="x@police.example.cjsm.net"))
    directory = replace(tools.directory, contacts=(*moved, *rest))

    page = plan_drill("2026-12-01", Standing(), directory, tools.sender, tools.mint, NOW)

    by = {d.target: d for d in page.deliveries}
    assert (by[first.id].channel, by[first.id].dest) == (Channel.MESH, "mesh:X26OT123")
    assert json.loads(by[first.id].body)["type"] == "concernhub.drill.v1"
    assert (by[second.id].channel, by[second.id].dest) == (
        Channel.CJSM,
        "cjsm:police.example.cjsm.net",
    )


def test_the_directory_lists_a_mailbox_of_mesh_whatever_the_agencys_mail_domains() -> None:
    text = sources()["directory.toml"].replace("safeguarding@cqc.example", MAILBOX)

    (contact,) = (c for c in load_directory(text).contacts if c.id == "cqc")

    assert (contact.channel, contact.mesh_mailbox) == (Channel.MESH, "X26OT123")


@pytest.mark.parametrize("address", ["mesh:", "mesh:x26ot123", "mesh:X26/123", "mesh:X26OT123@a"])
def test_what_is_no_mailbox_of_mesh_is_a_fault_of_the_directory(address: str) -> None:
    text = sources()["directory.toml"].replace("safeguarding@cqc.example", address)

    with pytest.raises(PackFaults, match="a MESH mailbox is written as `mesh:X26OT123`"):
        load_directory(text)
