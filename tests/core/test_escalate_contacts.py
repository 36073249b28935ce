"""Who is told next where one contact of a party could not be reached (rules.md, escalation 3)."""

from __future__ import annotations

from datetime import timedelta

from hub.adapters.memory import SequentialMint
from hub.concern import Party
from hub.escalate import next_contact, nobody_left
from hub.obligation import ObligationKind
from hub.vocabulary import AgencyId, DeliveryId, Lane, Role
from tests.core.deliveries import HOST, NOW, contact, delivery, directory, notice, webhook

DUTY = contact("surrey-duty", "duty@surrey.example", 0)
DEPUTY = contact("surrey-deputy", "deputy@surrey.example", 1)
DIRECTOR = contact("surrey-director", "director@surrey.example", 2)


def test_N045_the_deputy_is_next_after_the_duty_contact_and_then_the_director() -> None:
    book = directory(DIRECTOR, DUTY, DEPUTY)
    to_duty, to_deputy = delivery(), delivery(target=DEPUTY.id)

    assert next_contact(notice(), [to_duty], book) == DEPUTY
    assert next_contact(notice(), [to_duty, to_deputy], book) == DIRECTOR


def test_B05_nobody_is_next_where_all_have_been_tried() -> None:
    tried = [delivery(target=one.id) for one in (DUTY, DEPUTY)]

    assert next_contact(notice(), tried, directory(DUTY, DEPUTY)) is None


def test_B05_an_unusable_mailbox_another_role_and_another_agency_are_never_next() -> None:
    others = (
        contact("gone", "gone@surrey.example", 1, usable=False),
        contact("icb", "icb@surrey.example", 1, roles=frozenset({Role.PLACING_ICB})),
        contact("kent", "duty@kent.example", 1, agency=AgencyId("gss:E10000016")),
    )

    assert next_contact(notice(), [delivery()], directory(DUTY, *others)) is None


def test_B05_the_same_mailbox_under_another_name_is_not_another_contact() -> None:
    twin = contact("surrey-twin", "Duty@Surrey.example", 1)

    assert next_contact(notice(), [delivery()], directory(DUTY, twin, DEPUTY)) == DEPUTY


def test_B03_a_webhook_that_cannot_be_reached_leads_to_the_first_mailbox() -> None:
    assert next_contact(notice(), [webhook()], directory(DEPUTY, DUTY)) == DUTY


def test_M014_where_nobody_is_left_the_host_authority_rings_them_and_soon_if_urgent() -> None:
    mint = SequentialMint()

    owed = nobody_left(notice(), delivery(), HOST, now=NOW, mint=mint)
    urgent = nobody_left(notice(lane=Lane.IMMEDIATE), delivery(), HOST, now=NOW, mint=mint)

    assert owed.kind is ObligationKind.PERSON
    assert owed.party == Party(agency=HOST, role=Role.HOST_AUTHORITY)
    assert urgent.due - NOW <= timedelta(minutes=15) < owed.due - NOW
    assert "gss:E10000030" in owed.says
    assert "@" not in owed.says
    assert owed.delivery == DeliveryId("d-1")
