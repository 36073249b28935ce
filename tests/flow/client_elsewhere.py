"""What clients ask where something failed, of the directory, in emergencies, of the rules."""

from __future__ import annotations

import json

from hub import api
from hub.adapters.scripted import DELIVERED, ScriptedCarrier
from hub.adapters.shipped import read_folder, shipped
from hub.repeat import Why
from tests.builders import poison_of
from tests.flow.client_asked import Hub, answers
from tests.flow.rosewood import (
    CONCERN,
    EXAMPLES,
    LEO,
    START,
    rosewood,
    served,
)
from tests.flow.test_admin import ADMIN, SECOND, a_contact, asks
from tests.flow.test_answers import OPENING
from tests.flow.test_emergency_access import OWEN, PRIVACY, reference
from tests.flow.test_failed import bounce, tools_for
from tests.flow.test_rules import knows_rules
from tests.flow.test_sign_in_there import scene


@answers("send_failed_again", "list_orders", "stop_order", "read_quarantined", "list_quarantine")
async def what_failed_is_sent_again(on: Hub) -> None:
    async with rosewood(*OPENING) as story:
        await bounce(story)
        publisher = next(p for p in story.tools.directory.publishers if p.agency == LEO.agency)
        async with story.register.entry() as entry:
            message = await entry.quarantine(poison_of(publisher.id, received=START))
        one = str((await story.register.failing(LEO.agency, 1)).rows[0].delivery)
        async with served(story, tools_for=tools_for(story)), on.by_key(story, LEO) as hub:
            again = api.FailedAgain(delivery=one, why=Why.CORRECTED, dry_run=False)
            made = await hub.send_failed_again(again, once="f")
            (order,) = (await hub.list_orders()).orders
            stopped = await hub.stop_order(order.id)
            listed, words = await hub.list_quarantine(), await hub.read_quarantined(message)

    assert (made.order, stopped.stopped) == (order.id, True)
    assert [each.id for each in listed.messages] == [words.id]
    assert words.came == "{}"


@answers(
    *("list_webhooks", "close_or_open_webhook", "ping_webhook", "list_directory_contacts"),
    *("ask_contact_change", "list_contact_changes", "decide_contact_change"),
)
async def administrators_mind_the_directory(on: Hub) -> None:
    async with rosewood(*OPENING) as story:
        wanted, hooks = a_contact(story), ScriptedCarrier(clock=story.clock, otherwise=DELIVERED)
        async with served(story, webhooks=hooks) as browser:
            async with on.by_key(story, ADMIN) as hub:
                hook = (await hub.list_webhooks()).webhooks[0].id
                state = api.WebhookState(closed=True, why="asked")
                closed = await hub.close_or_open_webhook(hook, state, once="w")
                pinged = await hub.ping_webhook(hook, once="p")
                known = {one.id for one in (await hub.list_directory_contacts()).contacts}
            async with (
                on.in_person(story, browser, ADMIN) as first,
                on.in_person(story, browser, SECOND) as second,
            ):
                change = api.ChangeAsked(**asks(story))
                asked = await first.ask_contact_change(wanted.id, change, once="a")
                (waits,) = (await second.list_contact_changes()).changes
                agreed = await second.decide_contact_change(
                    waits.id, api.ChangeDecided(does="agree")
                )

    assert closed.closed
    assert pinged.webhook == hook
    assert wanted.id in known
    assert (waits.id, agreed.id) == (asked.id, asked.id)
    assert agreed.decided is not None


@answers("list_people", "end_sessions")
async def an_administrator_ends_sessions(on: Hub) -> None:
    async with scene() as there:
        await there.browser.signs_in()
        async with on.by_key(there.story, ADMIN) as hub:
            (who,) = (await hub.list_people()).sessions
            ended = await hub.end_sessions(who.person, api.EndSessions(why="left"))

    assert ended.ended == 1


@answers(
    *("ask_emergency_access", "read_in_emergency", "read_notice_in_emergency"),
    *("list_emergency_access", "review_emergency_access", "list_looks"),
)
async def somebody_reads_in_an_emergency_and_it_is_reviewed(on: Hub) -> None:
    async with rosewood(*OPENING) as story:
        story.people = (OWEN, PRIVACY)
        async with served(story) as browser:
            async with on.in_person(story, browser, OWEN) as hub:
                words = api.AskEmergency(reference=await reference(story), reason="A carer rang")
                access = await hub.ask_emergency_access(words)
                seen = await hub.read_in_emergency(access.id)
                notice = next(n.id for party in seen.parties for n in party.notices)
                shown = await hub.read_notice_in_emergency(access.id, notice)
            async with on.in_person(story, browser, PRIVACY) as officer:
                (given,) = (await officer.list_emergency_access()).given
                judged = api.Judge(judged="justified", reason="Their desk rang")
                review = await officer.review_emergency_access(given.id, judged)
                looks = await officer.list_looks()

    assert (given.id, shown.id) == (access.id, notice)
    assert review.judged == "justified"
    assert OWEN.id in {each.person for each in looks.looks}


@answers(
    *("read_rules", "read_map", "read_chapter", "list_events", "explain_event"),
    *("simulate", "compare_draft"),
)
async def the_rules_are_tried_out(on: Hub) -> None:
    async with (
        rosewood(*OPENING) as story,
        served(story, **knows_rules(story)),
        on.by_key(story, LEO) as hub,
    ):
        rules = await hub.read_rules()
        (pack,) = rules.packs
        stages = await hub.read_map(pack.partnership)
        chapter = await hub.read_chapter(pack.partnership, "the hub itself")
        event = (await hub.list_events(CONCERN)).events[0]
        own = await hub.explain_event(api.Explaining(concern=CONCERN, event_id=event.id))
        opened = json.loads((EXAMPLES / "concern-opened.json").read_text())
        given = await hub.explain_event(api.Explaining(event=opened))
        played = await hub.simulate(api.Simulating(scenario="friday-closure"))
        file = "sharing.toml"
        text = read_folder(shipped("policy") / pack.partnership)[file]
        draft = api.Drafting(partnership=pack.partnership, file=file, text=text)
        same = await hub.compare_draft(draft)

    assert stages.hash == chapter.hash == own.hash == pack.hash
    assert chapter.chapter == "the hub itself"
    assert own.concern is not None
    assert given.concern is None
    assert {party.verdict for party in own.parties} >= {"notify"}
    assert played.rows
    assert (same.old, same.changes) == (pack.hash, ())
