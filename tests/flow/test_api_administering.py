"""Administration by the API: webhooks, contacts by two people, sessions; no word of any case."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from hub.access import Official
from hub.adapters.scripted import DELIVERED, ScriptedCarrier
from hub.ports.keys import Scope
from hub.routes.admin_contacts import hinted
from hub.routes.admin_webhooks import WHY
from hub.routes.people import WHY as WHY_ENDED
from hub.vocabulary import ContactId, EndpointId
from tests.flow.rosewood import CHAIR, CONCERN, LEO, OTHER, rosewood, served, sign_in
from tests.flow.test_admin import ADMIN, SECOND, WHO, a_contact, asks
from tests.flow.test_answers import OPENING
from tests.flow.test_api_keys import key_for
from tests.flow.test_api_reading import OF_SURREY, got
from tests.flow.test_api_releasing import bearer_of
from tests.flow.test_api_writing import send
from tests.flow.test_openapi import GOLDEN
from tests.flow.test_sign_in_there import is_in, scene

HOOK: Final = "/v1/webhooks/hook-surrey"
CLOSE: Final = {"closed": True, "why": "asked"}
CHANGES: Final = "/v1/contact-changes"


def test_the_document_has_every_reason_that_the_console_offers() -> None:
    schemas = json.loads(GOLDEN.read_bytes())["components"]["schemas"]
    assert schemas["WebhookState"]["properties"]["why"]["enum"] == list(WHY)
    assert schemas["EndSessions"]["properties"]["why"]["enum"] == list(dict(WHY_ENDED))


# Webhooks


async def test_B05_a_webhook_is_closed_and_opened_by_the_api_and_the_log_says_why() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        key = await key_for(story, ADMIN, frozenset({Scope.ADMINISTERS}))
        status, closed, _ = await send(browser, f"{HOOK}/state", key, CLOSE)
        again, _, _ = await send(browser, f"{HOOK}/state", key, CLOSE)
        parked = (await story.register.directory()).endpoint(EndpointId("hook-surrey"))
        _, listed, _ = await got(browser, "/v1/webhooks", key)
        wrong, said, _ = await send(browser, f"{HOOK}/state", key, CLOSE | {"why": "because"})
        _, opened, _ = await send(browser, f"{HOOK}/state", key, {"closed": False, "why": "mended"})
        (leaf,) = await story.leaves("webhook.closed")

    assert (status, closed["closed"], again, opened["closed"]) == (200, True, 200, False)
    assert parked is not None
    assert parked.parked
    assert {one["id"]: one["closed"] for one in listed["webhooks"]}["hook-surrey"]
    assert CONCERN not in json.dumps(listed)
    assert (wrong, said["faults"][0]["pointer"]) == (422, "/why")
    assert (json.loads(leaf)["by"], json.loads(leaf)["why"]) == ("key:admin-1", "asked")


async def test_B05_a_ping_by_the_api_goes_by_the_way_of_every_notice_once_for_a_key() -> None:
    async with rosewood(*OPENING) as story:
        hooks = ScriptedCarrier(clock=story.clock, otherwise=DELIVERED)
        async with served(story, webhooks=hooks) as browser:
            key = await key_for(story, ADMIN)
            status, said, _ = await send(browser, f"{HOOK}/pings", key, {}, Idempotency_Key="a")
            await send(browser, f"{HOOK}/pings", key, {}, Idempotency_Key="a")
            missing, _, _ = await send(browser, "/v1/webhooks/x/pings", key, {})
        leaves = await story.leaves("webhook.pinged")

    (carried,) = hooks.carried
    assert (status, said["came"], missing) == (200, "It works", 404)
    assert json.loads(carried.delivery.body)["data"] == {}
    assert len(leaves) == 1


async def test_a_process_without_webhooks_has_no_ping() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        key = await key_for(story, ADMIN)
        status, _, _ = await send(browser, f"{HOOK}/pings", key, {})

    assert status == 404


@pytest.mark.parametrize("who", [LEO, CHAIR, OF_SURREY])
async def test_B06_who_does_not_administer_closes_no_webhook_and_ends_no_session(
    who: Official,
) -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        key = await key_for(story, who)
        posts = [
            (await send(browser, path, key, body))[0]
            for path, body in (
                (f"{HOOK}/state", CLOSE),
                (f"{HOOK}/pings", {}),
                (f"/v1/people/{LEO.id}/ended-sessions", {"why": "asked"}),
            )
        ]
        hook = (await story.register.directory()).endpoint(EndpointId("hook-surrey"))

    assert posts == [404] * 3
    assert hook is not None
    assert not hook.parked


# Contacts, by two people


async def test_B05_two_people_correct_a_contact_by_the_api_and_a_key_is_neither() -> None:
    async with rosewood(*OPENING) as story:
        contact = a_contact(story)
        path = f"/v1/directory/contacts/{contact.id}/changes"
        async with served(story) as browser:
            first = bearer_of(await sign_in(story, browser, ADMIN))
            second = bearer_of(await sign_in(story, browser, SECOND))
            key = await key_for(story, ADMIN)
            keyed, _, _ = await send(browser, path, key, asks(story))
            wrong, said, _ = await send(browser, path, first, asks(story, address="nobody"))
            made, asked, _ = await send(browser, path, first, asks(story))
            twice, _, _ = await send(browser, path, first, asks(story))
            before = (await story.register.directory()).contact(ContactId(contact.id))
            decision = f"{CHANGES}/{asked['id']}/decision"
            by_key, _, _ = await send(browser, decision, key, {"does": "agree"})
            own, _, _ = await send(browser, decision, first, {"does": "agree"})
            agreed, done, _ = await send(browser, decision, second, {"does": "agree"})
            early, _, _ = await send(browser, decision, second, {"does": "verify"})
            await story.clock.advance(timedelta(minutes=6))
            unproved, _, _ = await send(browser, decision, second, {"does": "verify"})
            await story.clock.advance(timedelta(hours=24))
            leo = bearer_of(await sign_in(story, browser, LEO))
            verified, whole, _ = await send(browser, decision, leo, {"does": "verify"})
            after = (await story.register.directory()).contact(ContactId(contact.id))

    assert (keyed, wrong, made, twice) == (403, 422, 201, 422)
    assert [one["pointer"] for one in said["faults"]] == ["/address"]
    assert before == contact
    assert (by_key, own, agreed, early, unproved, verified) == (403, 422, 200, 422, 401, 200)
    assert asked["address"] == done["address"]
    assert whole["address"] == hinted(asked["address"]), "a LEO knows it by a hint"
    assert whole["verified"]
    assert after is not None
    assert (after.address, after.unverified) == (asked["address"], False)


async def test_B06_another_authority_sees_no_change_of_a_contact_and_decides_none() -> None:
    async with rosewood(*OPENING) as story:
        contact = a_contact(story)
        path = f"/v1/directory/contacts/{contact.id}/changes"
        async with served(story) as browser:
            first = bearer_of(await sign_in(story, browser, ADMIN))
            _, asked, _ = await send(browser, path, first, asks(story))
            other = bearer_of(await sign_in(story, browser, OTHER))
            _, theirs, _ = await got(browser, CHANGES, other)
            status, _, _ = await send(
                browser, f"{CHANGES}/{asked['id']}/decision", other, {"does": "refuse"}
            )
            leo = await key_for(story, LEO)
            _, ours, _ = await got(browser, CHANGES, leo)
            none, _, _ = await got(browser, "/v1/directory/contacts", leo)
            admin = await key_for(story, ADMIN)
            _, contacts, _ = await got(browser, "/v1/directory/contacts", admin)

    assert (theirs, status, none) == ({"changes": []}, 404, 404)
    assert [one["id"] for one in ours["changes"]] == [asked["id"]]
    assert asked["address"] not in json.dumps(ours)
    assert contact.id in {one["id"] for one in contacts["contacts"]}
    assert "@" not in json.dumps(contacts)


async def test_B05_a_second_person_of_another_authority_may_refuse_and_no_more() -> None:
    far = replace(SECOND, id="admin-9", agency=OTHER.agency)
    async with rosewood(*OPENING) as story:
        contact = a_contact(story)
        story.people = (*WHO, far)
        path = f"/v1/directory/contacts/{contact.id}/changes"
        async with served(story) as browser:
            first = bearer_of(await sign_in(story, browser, ADMIN))
            _, asked, _ = await send(browser, path, first, asks(story))
            decision = f"{CHANGES}/{asked['id']}/decision"
            they = bearer_of(await sign_in(story, browser, far))
            agreed, said, _ = await send(browser, decision, they, {"does": "agree"})
            refused, done, _ = await send(browser, decision, they, {"does": "refuse"})

    assert (agreed, refused, done["step"]) == (422, 200, "refused")
    assert "same authority" in said["faults"][0]["says"]


# Sessions


async def test_B06_a_person_ends_their_other_session_by_the_api_and_a_key_has_none() -> None:
    async with rosewood() as story, served(story) as browser:
        there = bearer_of(await sign_in(story, browser))
        here = bearer_of(await sign_in(story, browser))
        chair = bearer_of(await sign_in(story, browser, CHAIR))
        _, mine, _ = await got(browser, "/v1/my-sessions", here)
        (handle,) = [one["handle"] for one in mine["sessions"] if not one["this_one"]]
        end = "/v1/my-sessions/ended"
        hers, _, _ = await send(browser, end, chair, {"which": handle})
        status, said, _ = await send(browser, end, here, {"which": handle})
        gone, _, _ = await got(browser, "/v1/my-sessions", there)
        stays, _, _ = await got(browser, "/v1/my-sessions", here)
        nothing, _, _ = await send(browser, end, here, {"which": "all"})
        key = await key_for(story, LEO)
        _, keys, _ = await got(browser, "/v1/my-sessions", key)
        by_key, _, _ = await send(browser, end, key, {"which": "all"})
        await story.clock.advance(timedelta(minutes=6))
        unproved, _, _ = await send(browser, end, here, {"which": "all"})

    assert len(mine["sessions"]) == 2
    assert (hers, status, said) == (422, 200, {"ended": 1})
    assert (gone, stays, nothing) == (401, 200, 422)
    assert (keys, by_key, unproved) == ({"sessions": []}, 403, 401)


async def test_B06_an_administrators_program_ends_every_session_of_somebody() -> None:
    async with scene() as on:
        await on.browser.signs_in()
        key = await key_for(on.story, ADMIN)
        web = on.browser.http
        _, listed, _ = await got(web, "/v1/people", key)
        (who,) = {one["person"] for one in listed["sessions"]}
        path = f"/v1/people/{who}/ended-sessions"
        nobody, _, _ = await send(web, "/v1/people/nobody/ended-sessions", key, {"why": "left"})
        status, said, _ = await send(web, path, key, {"why": "left"})
        again, _, _ = await send(web, path, key, {"why": "left"})
        (leaf,) = await on.story.leaves("sessions.ended")

        assert (nobody, status, said, again) == (404, 200, {"ended": 1}, 404)
        assert json.loads(leaf)["why"] == "left"
        assert not await is_in(on.browser)
