"""What the API reads: mine and nobody else's, a page at a time, with tags and problems."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from aiohttp import ClientSession
from multidict import CIMultiDict

from hub.access import Official, Post
from hub.ports.keys import Scope
from hub.routes.api.serving import OPERATIONS
from hub.vocabulary import AgencyId, Rung
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    CQC,
    HOST,
    LEO,
    OTHER,
    Rosewood,
    body_of,
    example,
    rosewood,
    served,
)
from tests.flow.test_answers import OPENING, SURREY_PLACING, alert_to_surrey
from tests.flow.test_api_keys import key_for

READS: Final = frozenset({Scope.READS})
OF_SURREY: Final = Official(
    id="surrey", name="Owen Price", post=Post.AGENCY, agency=SURREY_PLACING.agency
)
OF_CQC: Final = Official(id="cqc", name="Iris Bell", post=Post.AGENCY, agency=CQC.agency)
ADMIN: Final = Official(id="admin", name="Ada King", post=Post.ADMINISTRATOR, agency=HOST)


async def got(
    browser: ClientSession, path: str, bearer: dict[str, str], **headers: str
) -> tuple[int, Any, CIMultiDict[str]]:
    sent = bearer | {name.replace("_", "-"): value for name, value in headers.items()}
    async with browser.get(path, headers=sent) as answer:
        body = await answer.read()
        return answer.status, json.loads(body) if body else None, answer.headers.copy()


async def test_B06_a_leo_reads_the_concern_its_board_its_timeline_and_each_look_is_in_the_log() -> (
    None
):
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        bearer = await key_for(story, LEO, READS)
        base = f"/v1/concerns/{CONCERN}"

        status, concern, _ = await got(browser, base, bearer)
        _, board, _ = await got(browser, f"{base}/board", bearer)
        _, timeline, _ = await got(browser, f"{base}/timeline", bearer)

        record = await story.record()
        assert status == 200
        assert concern["reference"] == record.concern.reference
        assert concern["opened_at"].endswith("Z")
        assert {one["id"] for one in concern["owed"]} == {o.id for o in record.obligations}
        notices = [n for p in board["parties"] for n in p["notices"]]
        assert {n["id"] for n in notices} == {n.notice.id for n in record.notices}
        assert {n["rung"] for n in notices} == {Rung.RELAYED}
        assert {one["kind"] for one in timeline["entries"]} >= {"decision", "concern.seen"}
        looks = await story.leaves("concern.seen")
        assert [json.loads(one)["page"] for one in looks] == ["concern", "board", "timeline"]
        assert "Amara" not in "".join(looks)


async def test_B06_what_an_agency_is_answered_holds_nothing_of_what_is_held_or_of_others() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        notice = await alert_to_surrey(story)
        bearer = await key_for(story, OF_SURREY, READS)

        _, listed, _ = await got(browser, "/v1/notices", bearer)
        status, shown, _ = await got(browser, f"/v1/notices/{notice.id}", bearer)

        mine = {
            n.notice.id
            for n in (await story.record()).notices
            if n.notice.party.agency == OF_SURREY.agency
        }
        assert {one["id"] for one in listed["notices"]} == mine
        assert status == 200
        assert shown["reference"] == notice.reference
        assert notice.ack_code not in json.dumps(shown)
        assert not {"held", "parties", "rung", "decisions"} & shown.keys()


async def test_B04_what_has_not_left_the_hub_is_in_no_agencys_list() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        bearer = await key_for(story, OF_SURREY, READS)

        _, listed, _ = await got(browser, "/v1/notices", bearer)
        status, _, _ = await got(browser, f"/v1/notices/{notice.id}", bearer)

        assert (listed, status) == ({"notices": []}, 404)


async def test_B06_on_every_path_with_an_id_anothers_is_404_and_nothing_is_done() -> None:
    async with (
        rosewood(*OPENING) as story,
        served(story) as browser,
    ):
        await story.sent()
        record = await story.record()
        ids = {
            "concern": str(CONCERN),
            "notice": str((await alert_to_surrey(story)).id),
            "obligation": record.obligations[0].id,
            "delivery": next(d.id for n in record.notices for d in n.deliveries),
            "request": "none",
            **dict.fromkeys(
                (
                    *("mail", "access", "webhook", "contact"),
                    *("change", "person", "replay", "message"),
                    *("name", "partnership", "chapter"),
                ),
                "none",
            ),
        }
        bodies = {
            "acknowledge_notice": {"reference": record.concern.reference},
            "decline_notice": {
                "reference": record.concern.reference,
                "because": "not for us",
                "reason": "no",
            },
            "record_call": {
                "name": "A",
                "role": "B",
                "how": "rang",
                "at": story.clock.now().isoformat(),
            },
            "take_in_hand": {"minutes": 15},
            "ask_release": {"hold": "H-1", "dry_run": False},
            "decide_release": {"answer": "agree", "dry_run": False},
            "replay": {"why": "lost by whoever took it", "dry_run": False},
            "stop_telling": {
                "party": {"agency": OF_SURREY.agency, "role": "placing authority"},
                "kind": "H3",
                "reason": "R",
            },
            "read_reply": {"means": "no answer"},
            "close_or_open_webhook": {"closed": True, "why": "asked"},
            "ask_contact_change": {"name": "A", "address": "a@b.example", "why": "C"},
            "decide_contact_change": {"does": "agree"},
            "end_sessions": {"why": "asked"},
        }
        others = [replace(OTHER, agency=AgencyId("gss:E10000012")), OF_CQC, ADMIN]
        walked = 0
        for person in others:
            bearer = await key_for(story, replace(person, id=f"{person.id}-x"))
            for operation in OPERATIONS:
                if "{" not in operation.path:
                    continue
                body = bodies.get(operation.id, {}) if operation.method == "POST" else None
                path = operation.path.format(**ids)
                async with browser.request(
                    operation.method, path, headers=bearer, json=body
                ) as answer:
                    assert answer.status == 404, (person.id, operation.id, await answer.text())
                    assert answer.content_type == "application/problem+json"
                walked += 1

        assert walked == len(others) * 36
        assert await story.acknowledgements() == 0
        assert await story.register.replays() == ()
        assert await story.leaves("concern.seen") == []


async def another(story: Rosewood, number: int) -> str:
    """Open one more concern of the same host."""
    event = example("concern-opened")
    concern = f"019ac1d2-7400-7000-8000-0000000c01{number:02}"
    await story.happens(
        replace(event, id=f"{event.id}-{number}", concern=concern)  # type: ignore[arg-type]
    )
    return concern


async def test_a_list_goes_on_behind_its_last_entry_and_no_entry_is_read_twice() -> None:
    async with rosewood("concern-opened") as story, served(story) as browser:
        every = {str(CONCERN), *[await another(story, number) for number in range(4)]}
        bearer = await key_for(story, LEO, READS)

        seen, path, pages = [], "/v1/concerns?limit=2", 0
        while path:
            _, said, headers = await got(browser, path, bearer)
            seen += [one["id"] for one in said["concerns"]]
            link = headers.get("Link", "")
            path = link.partition(">")[0].lstrip("<")
            pages += 1

        assert sorted(seen) == sorted(every)
        assert pages == 3
        first, _, headers = await got(browser, f"/v1/concerns/{CONCERN}/timeline?limit=1", bearer)
        assert first == 200
        assert 'rel="next"' in headers["Link"]


async def test_a_reader_who_has_it_already_is_answered_304() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        bearer = await key_for(story, LEO, READS)
        path = f"/v1/concerns/{CONCERN}"
        _, _, headers = await got(browser, path, bearer)

        same, nothing, again = await got(browser, path, bearer, If_None_Match=headers["ETag"])
        await story.story("chair-appointed")
        changed, said, newer = await got(browser, path, bearer, If_None_Match=headers["ETag"])

        assert (same, nothing, again["ETag"]) == (304, None, headers["ETag"])
        assert changed == 200
        assert said["chair"]
        assert newer["ETag"] != headers["ETag"]


async def test_every_error_is_a_problem_and_every_fault_has_its_pointer() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        bearer = await key_for(story, LEO)

        status, said, headers = await got(
            browser, "/v1/concerns?limit=0&limit=1_0&colour=red&before=~", bearer
        )
        assert status == 422
        assert headers["Content-Type"] == "application/problem+json"
        assert {one["pointer"] for one in said["faults"]} == {"/limit", "/colour", "/before"}
        for method, path, kind, expected in (
            ("GET", "/v1/nothing", None, 404),
            ("DELETE", "/v1/concerns", None, 405),
            ("POST", f"/v1/concerns/{CONCERN}/replays", "text/plain", 415),
            ("POST", f"/v1/concerns/{CONCERN}/replays", "application/json", 422),
            ("GET", "/v1/concerns?before=AAAA", None, 404),
            ("GET", "/v1/concerns/%00", None, 404),
        ):
            sent = bearer | ({"Content-Type": kind} if kind else {})
            async with browser.request(
                method, path, headers=sent, data=b"{}" if kind else None
            ) as answer:
                problem = await body_of(answer)
                assert answer.status == expected, (method, path, problem)
                assert answer.content_type == "application/problem+json"
                assert problem["status"] == expected
                assert ("Allow" in answer.headers) is (expected == 405)


async def test_M074_why_something_is_held_is_answered_to_the_leo_and_to_no_chair() -> None:
    names = (*OPENING, "police-advice-recorded")
    async with rosewood(*names) as story, served(story) as browser:
        leo, chair = await key_for(story, LEO, READS), await key_for(story, CHAIR, READS)

        _, to_leo, _ = await got(browser, "/v1/held", leo)
        _, to_chair, _ = await got(browser, "/v1/held", chair)
        _, log, _ = await got(browser, f"/v1/concerns/{CONCERN}/timeline", chair)

        whole, less = to_leo["concerns"][0]["held"], to_chair["concerns"][0]["held"]
        assert any(one["kind"] == "H1" for one in whole)
        assert len(less) == len(whole)
        assert not any(one["kind"] == "H1" for one in less)
        assert not any({"hold", "rule"} & one["ids"].keys() for one in log["entries"])


async def test_B06_an_administrator_reads_no_case_content() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        bearer = await key_for(story, ADMIN)

        for path in ("/v1/failed", "/v1/quarantine"):
            status, said, _ = await got(browser, path, bearer)
            assert status == 200
            assert str(CONCERN) not in json.dumps(said)
        for path in ("/v1/concerns", "/v1/held", "/v1/notices", "/v1/contacts"):
            assert (await got(browser, path, bearer))[0] == 404, path


async def test_B05_contacts_and_figures_name_no_address() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        bearer = await key_for(story, LEO, READS)

        status, said, _ = await got(browser, "/v1/contacts", bearer)
        officer = await key_for(story, OF_SURREY, READS)
        _, own, _ = await got(browser, "/v1/own-contacts", officer)
        figures, _, _ = await got(browser, "/v1/figures", bearer)

        assert status == 200
        assert said["contacts"]
        assert "@" not in json.dumps([said, own])
        assert figures == 404
        contacts = (await story.register.directory()).contacts
        assert own["contacts"]
        assert {one["name"] for one in own["contacts"] if one["channel"] == "email"} == {
            each.name for each in contacts if each.agency == OF_SURREY.agency
        }
