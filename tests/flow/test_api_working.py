"""My work, holds, evidence and closure by the API: as the pages say it, to whom they say it."""

from __future__ import annotations

import json
from datetime import timedelta
from html import unescape
from typing import Final

from hub.ports.keys import Scope
from tests.flow.rosewood import CHAIR, CONCERN, LEO, OTHER, rosewood, served, sign_in
from tests.flow.test_answers import OPENING, alert_to_surrey
from tests.flow.test_api_keys import key_for
from tests.flow.test_api_reading import ADMIN, OF_SURREY, READS, got
from tests.flow.test_api_writing import BASE
from tests.flow.test_work import words

WORK: Final = "/v1/work"
HELD: Final = (*OPENING, "lead-agency-set", "chair-appointed", "police-advice-recorded")


async def test_B06_my_work_by_the_api_says_what_its_page_says_and_by_which_ids_to_do_it() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        bearer = await key_for(story, LEO, READS)
        me = await sign_in(story, browser)
        _, before, _ = await got(browser, WORK, bearer)
        await story.sent()
        await story.clock.advance(timedelta(days=30))
        _, page = await (await sign_in(story, browser)).get("/my-work")
        status, said, _ = await got(browser, f"{WORK}?limit=100", bearer)
        owed = {one.id for one in (await story.record()).obligations}
        looks = await story.leaves("concern.seen")

    assert me.cookie
    assert before["untold"]
    assert status == 200
    assert said["says"] in words(page)
    assert {task["pressing"] for task in said["tasks"]} <= {"overdue", "today", "others"}
    late = [task for task in said["tasks"] if task["pressing"] == "overdue"]
    assert f"Overdue ({len(late)})" in words(page)
    assert {task["owed"] for task in late if task["owed"]} <= owed
    assert any(task["owed"] for task in late)
    assert '"page":"work"' in looks[-1]


async def test_B06_a_list_of_tasks_goes_on_behind_its_last_and_none_is_read_twice() -> None:
    async with rosewood(*HELD) as story, served(story) as browser:
        await story.sent()
        bearer = await key_for(story, LEO, READS)
        _, whole, headers = await got(browser, f"{WORK}?limit=100", bearer)
        same, _, _ = await got(browser, f"{WORK}?limit=100", bearer, If_None_Match=headers["ETag"])
        seen, path = [], f"{WORK}?limit=2"
        while path:
            _, said, headers = await got(browser, path, bearer)
            seen += said["tasks"]
            path = headers.get("Link", "").partition(">")[0].lstrip("<")
        nowhere, _, _ = await got(browser, f"{WORK}?before=AAAA_w", bearer)

    assert same == 304
    assert len(whole["tasks"]) == whole["of"] > 4
    assert seen == whole["tasks"]
    assert nowhere == 404


async def test_B06_another_authoritys_work_is_empty_and_an_agency_has_none() -> None:
    async with rosewood(*HELD) as story, served(story) as browser:
        await story.sent()
        other, agency = await key_for(story, OTHER), await key_for(story, OF_SURREY)
        status, said, _ = await got(browser, WORK, other)
        _, handed, _ = await got(browser, f"{WORK}/handover", other)
        nothing = [(await got(browser, path, agency))[0] for path in (WORK, f"{WORK}/handover")]

    assert (status, said["concerns"], said["tasks"]) == (200, 0, [])
    assert said["says"] == "There are no concerns yet, so nobody is untold."
    assert handed["busy"] == handed["quiet"] == []
    assert nothing == [404, 404]


async def test_B06_the_handover_holds_nothing_that_its_page_does_not() -> None:
    async with rosewood(*HELD) as story, served(story) as browser:
        await story.sent()
        bearer = await key_for(story, LEO, READS)
        _, page = await (await sign_in(story, browser)).get("/my-work/handover")
        _, said, _ = await got(browser, f"{WORK}/handover", bearer)

    (one,) = said["busy"]
    assert one["safety"]["of"]["reference"] in page
    assert "nobody" not in one["safety"], "it would say that something is held from the provider"
    assert one["owing"]
    for owing in one["owing"]:
        assert owing["what"] in words(unescape(page))
    assert (f"{one['on_the_board']} more task" in page) is bool(one["on_the_board"])


async def test_M074_who_placed_a_hold_is_answered_and_on_what_ground_to_the_leo_alone() -> None:
    async with rosewood(*HELD, "hold-placed") as story, served(story) as browser:
        leo, chair = await key_for(story, LEO, READS), await key_for(story, CHAIR, READS)
        other = await key_for(story, OTHER, READS)
        path = f"{BASE}/held"
        _, whole, _ = await got(browser, path, leo)
        _, less, _ = await got(browser, path, chair)
        status, _, _ = await got(browser, path, other)
        grounds = [hold.reason for hold in (await story.record()).concern.holds]

    assert [one["hold"] for one in whole["placed"]] == [one["hold"] for one in less["placed"]]
    assert all(one["kind"] for one in whole["placed"])
    hidden = [one for one in less["placed"] if one["kind"] is None]
    assert hidden
    assert {one["why"] for one in hidden} == {"Ask the lead enquiry officer"}
    assert not any(ground in json.dumps(less) for ground in grounds if ground)
    assert status == 404


async def test_B06_evidence_has_what_came_and_no_code_and_is_of_its_own_concern() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        notice = await alert_to_surrey(story)
        leo, admin = await key_for(story, LEO, READS), await key_for(story, ADMIN)
        _, sent, _ = await got(browser, f"{BASE}/notices/{notice.id}", leo)
        delivery = sent["deliveries"][0]
        _, proof, _ = await got(browser, f"{BASE}/evidence/{delivery['id']}", leo)
        nothing = [
            (await got(browser, f"{BASE}/{what}/nothing", leo))[0]
            for what in ("notices", "evidence")
        ]
        closed, _, _ = await got(browser, f"{BASE}/notices/{notice.id}", admin)

    assert sent["text"]
    assert notice.ack_code not in json.dumps(sent) + json.dumps(proof)
    assert (proof["notice"], proof["delivery"]) == (notice.id, delivery)
    assert proof["receipts"][0]["evidence"][-1] == {"name": "code", "value": "250"}
    assert (nothing, closed) == ([404, 404], 404)


async def test_M102_what_closure_lacks_is_answered_party_by_party_before_anybody_confirms() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        leo = await key_for(story, LEO, frozenset({Scope.READS}))
        chair = await key_for(story, CHAIR, READS)
        _, said, _ = await got(browser, f"{BASE}/closure", leo)
        _, other, _ = await got(browser, f"{BASE}/closure", chair)
        signed = [
            (await got(browser, f"{BASE}/{what}", leo))[0]
            for what in ("attestation", "closure-pack")
        ]

    assert said["concern"] == CONCERN
    assert (said["confirmed"], said["may_confirm"], other["may_confirm"]) == (False, True, False)
    assert said["gaps"]
    gaps = [party for party in said["parties"] if party["gaps"]]
    assert said["parties"][: len(gaps)] == gaps
    assert signed == [404, 404]
