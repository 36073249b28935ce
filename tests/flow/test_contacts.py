"""A mailbox dies while a concern runs: it is owed another, and the LEO sees who is cut off."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hub.app import open_hub
from hub.escalate import after_outcome
from hub.figures import health_of
from hub.figures.health import Condition
from hub.notice import Accepted, Outcome, Refused, RefusedBecause
from hub.obligation import Obligation, ObligationKind
from hub.ports import Completion
from hub.receipt import Receipt
from hub.settings import Settings
from hub.vocabulary import Channel, ContactId, Lane, Rung, Setback
from tests.flow.rosewood import LEO, OTHER, Rosewood, rosewood, served, sign_in
from tests.flow.test_commands import hub

OPENING = ("concern-opened", "placement-register-declared")


async def tried(story: Rosewood, dead: ContactId | None) -> None:
    """Try everything that is due once; this mailbox is gone, every other one takes its mail."""
    for lane in Lane:
        leased = await story.register.lease(
            lane, limit=100, lease_for=timedelta(minutes=1), worker="w"
        )
        now = story.clock.now()
        for each in leased:
            outcome: Outcome = Accepted(at=now, detail="250", rung=Rung.RELAYED)
            if each.delivery.target == dead:
                outcome = Refused(at=now, detail="550 5.1.1", because=RefusedBecause.ADDRESS)
            came = after_outcome(each, outcome, now=now, mint=story.tools.mint)
            done = Completion(
                leased=each,
                outcome=outcome,
                again_at=came.again_at,
                costs_attempt=came.costs_attempt,
                receipts=came.receipts,
                obligations=came.obligations,
                discharges=came.discharges,
                leaves=came.leaves,
            )
            assert await story.register.complete([done]) == (True,)


async def owed(story: Rosewood) -> list[Obligation]:
    record = await story.record()
    return [o for o in record.obligations if o.kind is ObligationKind.REPLACE_CONTACT]


async def a_mailbox(story: Rosewood) -> ContactId:
    """Return a mailbox that something waits for."""
    record = await story.record()
    mails = (d for n in record.notices for d in n.deliveries if d.channel is Channel.EMAIL)
    return ContactId(next(d.target for d in mails if "surrey" in d.target))


async def test_B05_a_dead_mailbox_is_owed_another_until_somebody_corrects_it() -> None:
    async with rosewood(*OPENING) as story:
        dead = await a_mailbox(story)
        await tried(story, dead)
        opened = await owed(story)
        directory = await story.register.directory()
        broken = health_of(directory, await story.register.tried(), story.clock.now())
        known = directory.contact(dead)
        assert known is not None
        await story.clock.advance(timedelta(seconds=1))
        await story.register.put_contact(replace(known, address="new-desk@surreycc.gov.uk"))
        left = await owed(story)
        again = await story.register.tried()

    (one,) = opened
    assert one.party.agency == LEO.agency
    assert "@" not in one.says
    assert [h.target for h in broken if h.condition is Condition.BROKEN] == [dead]
    assert left == []
    assert dead not in {each.target for each in again}


async def test_B05_the_page_shows_who_is_cut_off_to_the_leo_of_those_concerns_alone() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        dead = await a_mailbox(story)
        await tried(story, dead)
        directory = await story.register.directory()
        known = directory.contact(dead)
        assert known is not None
        for hook in directory.endpoints:
            await story.register.put_endpoint(replace(hook, parked=True))
        for contact in directory.contacts:
            if contact.agency == known.agency and contact.id != dead:
                await story.register.put_contact(replace(contact, usable=False))
        me, other = await sign_in(story, browser), await sign_in(story, browser, OTHER)
        async with browser.get("/contacts", allow_redirects=False) as got:
            stranger = got.status
        status, page = await me.get("/contacts")
        _, elsewhere = await other.get("/contacts")
        addresses = {contact.address for contact in directory.contacts}

    assert (stranger, status) == (303, 200)
    assert "without another way" in page
    assert f'<a class="govuk-link" href="#{dead}">' in page
    assert "Takes nothing any more" in page
    assert not [address for address in addresses if address in page]
    assert "<script" not in page
    assert "There are no concerns yet" in elsewhere
    assert known.name not in elsewhere


async def test_B05_where_every_way_works_the_page_says_so() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await tried(story, None)
        today = story.clock.now().date()
        for contact in (await story.register.directory()).contacts:
            await story.register.put_contact(replace(contact, verified_on=today, unverified=False))
        me = await sign_in(story, browser)
        _, page = await me.get("/contacts")

    assert "has a way that works" in page
    assert "Nobody has verified it for a year" not in page
    assert "govuk-error-summary" not in page


async def test_B05_a_bounce_after_success_breaks_a_mailbox_until_it_is_corrected() -> None:
    async with rosewood(*OPENING) as story:
        dead = await a_mailbox(story)
        await tried(story, None)
        record = await story.record()
        late = [
            Receipt(
                notice=n.notice.id,
                delivery=d.id,
                attempt=None,
                at=story.clock.now() + timedelta(minutes=20),
                source="dsn",
                setback=Setback.LATE_FAILURE,
            )
            for n in record.notices
            for d in n.deliveries
            if d.target == dead
        ]
        await story.register.receive(late[:1], (), ())
        found = health_of(
            await story.register.directory(), await story.register.tried(), story.clock.now()
        )

    broken = [h for h in found if h.condition is Condition.BROKEN]
    assert [(h.target, h.tried.failures) for h in broken] == [(dead, 1)]


async def test_B05_hub_directory_health_lists_what_cannot_be_relied_on(tmp_path: Path) -> None:
    made = await open_hub(Settings(data_dir=tmp_path / "data", web_port=0))
    directory = await made.register.directory()
    stale = directory.contacts[0]
    await made.register.put_contact(replace(stale, verified_on=None))
    await made.close()

    code, table, _ = await hub(tmp_path, "directory", "health")
    as_json = await hub(tmp_path, "directory", "health", "--json")

    assert code == 0
    assert "nobody has verified" in " ".join(table.split())
    assert f"{len(directory.contacts) + len(directory.endpoints)} contacts" in table
    contacts = json.loads(as_json[1])["contacts"]
    found = {each["contact"]: each for each in contacts}
    assert found[stale.id]["condition"] == "stale"
    assert "@" not in as_json[1] + table


async def test_B05_whose_contacts_have_all_gone_is_named_on_the_page_and_never_called_reached() -> (
    None
):
    async with rosewood(*OPENING) as story, served(story) as browser:
        await tried(story, None)
        today = story.clock.now().date()
        directory = await story.register.directory()
        gone = directory.contact(await a_mailbox(story))
        assert gone is not None
        for contact in directory.contacts:
            theirs = replace(contact, verified_on=today, unverified=False)
            usable = contact.agency != gone.agency
            await story.register.put_contact(replace(theirs, usable=usable))
        for hook in directory.endpoints:
            if hook.agency == gone.agency:
                await story.register.put_endpoint(replace(hook, roles=frozenset()))
        me, other = await sign_in(story, browser), await sign_in(story, browser, OTHER)
        _, page = await me.get("/contacts")
        _, elsewhere = await other.get("/contacts")

    named = re.findall(r"<li>([^<]+)</li>", page)
    assert "Surrey County Council (placing authority)" in named
    assert {one.partition(" (")[0] for one in named} == {"Surrey County Council"}
    assert "no contact</h2>" in page
    assert "has a way that works" not in page
    assert "no contact</h2>" not in elsewhere
