"""What is owed when somebody answers that a notice is not for them (receipts.md)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.adapters.memory import SequentialMint
from hub.escalate import declined, wrong_mailbox
from hub.escalate.owed import PERSON_WITHIN, REACH_WITHIN
from hub.notice import Delivery, Notice
from hub.obligation import Obligation, ObligationKind
from hub.vocabulary import AgencyId, Channel, ContactId, DeclinedBecause, DeliveryId, EndpointId
from tests.core.story import THE_HOST, THE_REGULATOR, Story

ELSEWHERE = ContactId("cqc-another-name")


class Told:
    """The regulator was told, by mail."""

    def __init__(self) -> None:
        self.story = Story()
        page = self.story.opens()
        self.directory = self.story.paper.tools.directory
        self.notice: Notice = next(n for n in page.notices if n.party == THE_REGULATOR)
        mine = [d for d in page.deliveries if d.notice == self.notice.id]
        self.mail: Delivery = next(d for d in mine if d.channel is Channel.EMAIL)
        self.hook = replace(
            self.mail,
            id=DeliveryId("hook"),
            channel=Channel.WEBHOOK,
            target=EndpointId("hook-cqc"),
        )

    def owed(
        self,
        *deliveries: Delivery,
        because: DeclinedBecause = DeclinedBecause.NOT_FOR_US,
        acknowledged: bool = False,
    ) -> tuple[Obligation, ...]:
        return declined(
            self.notice,
            deliveries,
            because,
            AgencyId(THE_HOST.agency),
            acknowledged=acknowledged,
            now=self.story.now,
            mint=SequentialMint(),
        )


@pytest.fixture
def told() -> Told:
    return Told()


def test_B04_the_next_contact_is_told_at_once_and_the_host_has_a_gap_to_close(told: Told) -> None:
    reach, gap = told.owed(told.mail)

    assert (reach.kind, reach.party) == (ObligationKind.REACH, THE_REGULATOR)
    assert reach.due == told.story.now + REACH_WITHIN
    assert reach.delivery == told.mail.id
    assert (gap.kind, gap.party) == (ObligationKind.PERSON, THE_HOST)
    assert gap.due == told.story.now + PERSON_WITHIN[told.notice.lane]
    assert "not for them" in gap.says


def test_B04_an_acknowledgement_of_the_notice_meets_all_that_a_declination_opened(
    told: Told,
) -> None:
    owed = told.owed(told.mail)

    assert all(each.key.startswith(f"notice:{told.notice.id}") for each in owed)


def test_B04_what_is_owed_for_a_declination_is_not_met_by_the_taking_of_a_delivery(
    told: Told,
) -> None:
    owed = told.owed(told.mail)

    taken = f"notice:{told.notice.id}/{told.mail.id}"
    assert not any(each.key.startswith(taken) for each in owed)


def test_B04_the_mail_is_what_the_next_contact_is_told_in_place_of(told: Told) -> None:
    later = replace(told.mail, id=DeliveryId("later"))

    assert told.owed(told.mail, told.hook)[0].delivery == told.mail.id
    assert told.owed(told.mail, later, told.hook)[0].delivery == later.id
    assert told.owed(told.hook)[0].delivery == told.hook.id


def test_B04_a_notice_that_went_nowhere_is_for_a_person_alone(told: Told) -> None:
    (gap,) = told.owed()

    assert gap.kind is ObligationKind.PERSON


@pytest.mark.parametrize("because", DeclinedBecause)
def test_B04_an_answer_that_contradicts_an_acknowledgement_is_for_a_person_alone(
    told: Told, because: DeclinedBecause
) -> None:
    (gap,) = told.owed(told.mail, because=because, acknowledged=True)

    assert gap.kind is ObligationKind.PERSON
    assert "as well" in gap.says


def test_B04_no_word_of_whoever_answered_stands_in_what_is_owed(told: Told) -> None:
    says = {each.says for because in DeclinedBecause for each in told.owed(because=because)}

    addresses = {contact.address for contact in told.directory.contacts}
    assert len(says) == len(DeclinedBecause)
    assert not any(address in say for address in addresses for say in says)


def test_B04_the_one_mailbox_it_went_to_is_the_wrong_one_under_each_of_its_names(
    told: Told,
) -> None:
    here = told.directory.contact(ContactId(told.mail.target))
    assert here is not None
    twin = replace(here, id=ELSEWHERE, address=here.address.upper())
    directory = replace(told.directory, contacts=(*told.directory.contacts, twin))

    found = wrong_mailbox(told.notice, [told.mail, told.hook], directory)

    assert {contact.id for contact in found} == {here.id, ELSEWHERE}


def test_B04_of_several_mailboxes_nobody_knows_which_was_wrong(told: Told) -> None:
    deputy = replace(told.mail, id=DeliveryId("later"), target=ContactId("cqc-deputy"))

    assert wrong_mailbox(told.notice, [told.mail, deputy], told.directory) == ()
    assert wrong_mailbox(told.notice, [told.hook], told.directory) == ()


def test_B04_another_agency_at_the_same_address_keeps_its_contact(told: Told) -> None:
    here = told.directory.contact(ContactId(told.mail.target))
    assert here is not None
    theirs = replace(here, id=ELSEWHERE, agency=AgencyId("gss:E10000030"))
    directory = replace(told.directory, contacts=(*told.directory.contacts, theirs))

    found = wrong_mailbox(told.notice, [told.mail], directory)

    assert {contact.id for contact in found} == {here.id}
