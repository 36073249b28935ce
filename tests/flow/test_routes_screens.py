"""The LEO's screens: sign-in, need to know, the board, evidence, closure (console.md)."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, UnixConnector

from hub.access import Official, Post
from hub.bounce import SOURCE, ReturnedMail
from hub.closure import Waiver
from hub.receipt import SAID, Receipt
from hub.routes.board import Stands, board
from hub.routes.sessions import DevelopmentSignIn, on_loopback
from hub.vocabulary import Rung, Setback
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    CQC,
    HOST,
    LEO,
    OTHER,
    SAME,
    START,
    TO_THE_END,
    body_of,
    example,
    rosewood,
    served,
    sign_in,
    without_our_script,
)
from tests.flow.test_answers import OPENING, alert_to_surrey
from tests.flow.test_routes_open import scan

BOARD = f"/concerns/{CONCERN}"
CLOSURE = f"{BOARD}/closure"


# Signing in


async def test_B06_without_the_setting_there_is_no_sign_in_and_no_screen() -> None:
    async with rosewood(*OPENING) as story, served(story, sign_in=None) as browser:
        for path in ("/", "/sign-in", BOARD, CLOSURE):
            async with browser.get(path, allow_redirects=False) as got:
                assert got.status == 404, path
        async with browser.post("/sign-in", data={"person": LEO.id}, headers=SAME) as got:
            assert got.status == 404


async def test_B06_a_peer_that_is_not_on_loopback_cannot_sign_in(tmp_path: Path) -> None:
    door = tmp_path / "hub.sock"
    async with (
        rosewood(*OPENING) as story,
        served(story, path=door),
        ClientSession(story.base, connector=UnixConnector(str(door))) as browser,
    ):
        async with browser.get("/healthz") as got:
            assert got.status == 200
        for path in ("/", "/sign-in", BOARD):
            async with browser.get(path, allow_redirects=False) as got:
                assert got.status == 404, path


@pytest.mark.parametrize(
    ("peer", "near"),
    [
        (("127.0.0.1", 5), True),
        (("127.9.9.9", 5), True),
        (("::1", 5, 0, 0), True),
        (("192.0.2.7", 5), False),
        (("10.0.0.1", 5), False),
        (("fe80::1%eth0", 5, 0, 0), False),
        (("localhost", 5), False),
        ("", False),
        (None, False),
    ],
)
def test_B06_only_this_machine_is_on_loopback(peer: object, near: bool) -> None:
    assert on_loopback(peer) is near


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Host": "evil.example"},
    ],
)
async def test_B06_a_proxy_or_another_name_for_this_machine_cannot_sign_in(
    headers: dict[str, str],
) -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        async with browser.get("/sign-in", headers=headers) as got:
            assert got.status == 404
        async with browser.post("/sign-in", data={"person": LEO.id}, headers=SAME | headers) as got:
            assert got.status == 404


async def test_B06_the_cookie_is_http_only_and_strict_and_bound_to_the_host_over_https() -> None:
    async with rosewood() as story:
        async with (
            served(story) as browser,
            browser.post(
                "/sign-in", data={"person": LEO.id}, headers=SAME, allow_redirects=False
            ) as got,
        ):
            plain = got.headers["Set-Cookie"]
        async with (
            served(story, https=True) as browser,
            browser.post(
                "/sign-in", data={"person": LEO.id}, headers=SAME, allow_redirects=False
            ) as got,
        ):
            secure = got.headers["Set-Cookie"]

    for cookie in (plain, secure):
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert secure.startswith("__Host-hub=")
    assert "Secure" in secure


async def test_B06_a_session_ends_when_idle_and_after_ten_hours_at_the_latest() -> None:
    async with rosewood() as story, served(story) as browser:
        me = await sign_in(story, browser)
        for _ in range(3):
            await story.clock.advance(timedelta(minutes=19))
            assert (await me.get("/"))[0] == 200
        await story.clock.advance(timedelta(minutes=21))
        assert (await me.get("/"))[0] == 303

        me = await sign_in(story, browser)
        for _ in range(40):
            await story.clock.advance(timedelta(minutes=15))
            status, _text = await me.get("/")
        assert status == 200
        await story.clock.advance(timedelta(minutes=1))
        assert (await me.get("/"))[0] == 303


async def test_B06_signing_out_ends_the_session_and_not_the_cookie_alone() -> None:
    async with rosewood() as story, served(story) as browser:
        me = await sign_in(story, browser)

        assert (await me.post("/sign-out", {}))[0] == 303

        assert (await me.get("/"))[0] == 303


def test_B06_the_session_id_itself_is_kept_nowhere() -> None:
    people = DevelopmentSignIn(people=(LEO,))

    opaque = people.begin(LEO.id, START)

    assert opaque is not None
    assert opaque not in str(people._sessions)
    assert opaque not in repr(people)
    assert people.begin("nobody", START) is None


async def test_B06_nobody_is_signed_in_without_a_choice() -> None:
    async with (
        rosewood() as story,
        served(story) as browser,
        browser.post("/sign-in", data={}, headers=SAME) as got,
    ):
        assert got.status == 400
        assert "Choose who you are" in await got.text()
        assert "Set-Cookie" not in got.headers


# Cross-site requests


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_B06_a_form_from_elsewhere_changes_nothing(headers: dict[str, str]) -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        await story.acknowledge()
        me = await sign_in(story, browser)

        status, _ = await me.post(CLOSURE, {"sure": "yes"}, headers)

        assert status == 403
        assert (await story.record()).attestation is None


async def test_B06_a_form_without_the_sessions_token_changes_nothing() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        await story.acknowledge()
        me = await sign_in(story, browser)
        other = await sign_in(story, browser, CHAIR)

        for token in ("", "x", other.token):
            status, _ = await me.post(CLOSURE, {"sure": "yes", "token": token})
            assert status == 403

        assert (await story.record()).attestation is None


async def test_B06_an_older_browser_is_believed_by_its_origin() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        await story.acknowledge()
        me = await sign_in(story, browser)

        status, _ = await me.post(CLOSURE, {"sure": "yes"}, {"Origin": story.base})

        assert status == 303


async def test_B06_the_api_takes_no_cookie() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        await story.acknowledge()
        me = await sign_in(story, browser)

        async with browser.post(
            f"/v1{BOARD}/attestation", headers={"Cookie": me.cookie} | SAME
        ) as got:
            assert got.status == 401

        assert (await story.record()).attestation is None


# Need to know


async def test_B06_another_authoritys_concern_is_not_there() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        record = (await story.record()).notices[0]
        me = await sign_in(story, browser, OTHER)
        paths = (
            *(BOARD, CLOSURE, f"{BOARD}/notices/{record.notice.id}"),
            f"{BOARD}/evidence/{record.deliveries[0].id}",
            f"{BOARD}/notices/{record.notice.id}/told",
        )

        for path in paths:
            assert (await me.get(path))[0] == 404, path
        for path in (CLOSURE, paths[4]):
            assert (await me.post(path, {"sure": "yes"}))[0] == 404, path
        assert "There are no concerns yet" in (await me.get("/"))[1]


async def test_B06_what_does_not_exist_and_what_is_not_yours_look_the_same() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        mine, other = await sign_in(story, browser), await sign_in(story, browser, OTHER)

        assert await mine.get("/concerns/nothing") == await other.get(BOARD)


async def test_B06_each_look_at_a_concern_is_on_the_log_by_id_and_not_by_name() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        await me.get(BOARD)
        await me.get(CLOSURE)

        leaves = await story.leaves("concern.seen")

    assert len(leaves) == 2
    assert all(LEO.id in leaf for leaf in leaves)
    assert not any(LEO.name in leaf for leaf in leaves)


async def test_B04_no_screen_shows_the_code_that_only_the_agency_may_have() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        me = await sign_in(story, browser)
        record = await story.record()
        codes = {each.notice.ack_code for each in record.notices}
        newest = await story.notice_to(CQC, "closure-notice")
        assert newest.notice.ack_code in newest.notice.text

        pages = [(await me.get(BOARD))[1], (await me.get(CLOSURE))[1]]
        pages += [(await me.get(f"{BOARD}/notices/{newest.notice.id}"))[1]]

        for page in pages:
            assert not [code for code in codes if code in page]


# The board


async def test_M102_the_board_names_who_is_still_untold_first() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent(Rung.SUBMITTED)
        me = await sign_in(story, browser)

        status, page = await me.get(BOARD)

        assert status == 200
        untold = page.index("Who is still untold")
        assert untold < page.index("Care Quality Commission") < page.index("How far each notice")
        assert html.escape(SAID[Rung.SUBMITTED]) in page.lower()


async def test_B04_the_first_lines_say_how_many_have_acknowledged_not_what_arrived() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)

        async def tally() -> str:
            return (await me.get(BOARD))[1].split('class="identity"', maxsplit=1)[0]

        await story.sent(Rung.DELIVERED)
        notices = (await story.record()).notices
        parties = list(dict.fromkeys(each.notice.party for each in notices))
        assert f"0 of {len(parties)} have acknowledged every notice" in await tally()

        for number, party in enumerate(parties, start=1):
            for each in (one.notice for one in notices if one.notice.party == party):
                await story.answers.acknowledge_by_code(each.id, "Sam", "Manager", each.ack_code)
            assert f"{number} of {len(parties)} have acknowledged every notice" in await tally()


async def test_B04_delivered_is_never_said_for_less() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent(Rung.RELAYED)
        me = await sign_in(story, browser)

        _, page = await me.get(BOARD)
        shown = board(
            await story.record(), await story.register.directory(), LEO, story.clock.now()
        )

        assert "delivered" not in page.lower()
        cells = [cell for lane in shown.lanes for row in lane.rows for cell in row.cells]
        assert not [c for c in cells if c.rung is Rung.DELIVERED and c.at is not None]
        assert [c for c in cells if c.rung is Rung.RELAYED and c.at is not None]


async def test_B04_a_success_that_came_back_is_not_shown_as_reached() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent(Rung.RELAYED)
        record = await story.notice_to(CQC, "concern-opened")
        bounced = [
            Receipt(
                notice=record.notice.id,
                delivery=delivery.id,
                attempt=None,
                at=story.clock.now() + timedelta(minutes=5),
                source="smtp",
                setback=Setback.LATE_FAILURE,
                detail="DSN failed",
            )
            for delivery in record.deliveries
        ]
        await story.register.receive(bounced, (), ())
        me = await sign_in(story, browser)

        _, page = await me.get(BOARD)
        shown = board(
            await story.record(), await story.register.directory(), LEO, story.clock.now()
        )

        lane = next(lane for lane in shown.lanes if lane.party == CQC)
        assert lane.stands is Stands.UNTOLD
        assert [c.at for c in lane.rows[0].cells if c.rung is Rung.RELAYED] == [None]
        assert "came back after it had been accepted" in page


async def test_B04_each_rung_leads_to_its_raw_evidence() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent(Rung.RELAYED)
        me = await sign_in(story, browser)
        _, page = await me.get(BOARD)
        links = sorted(set(re.findall(rf'href="({BOARD}/evidence/[^"]+)"', page)))

        assert links
        for link in links[:3]:
            status, evidence = await me.get(link)
            assert status == 200
            assert "250 2.0.0 Ok: queued" in evidence
            assert "SHA-256" in evidence


async def test_B04_the_mail_that_came_back_is_shown_with_its_receipt_without_the_code() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        record = await story.notice_to(CQC, "concern-opened")
        delivery = record.deliveries[0]
        code = record.notice.ack_code
        raw = f"Subject: Re\r\n\r\n> {code[:3]} {code[3:]} <b>not for us</b>\r\n".encode()
        mail = ReturnedMail(
            id="mail-1",
            sender="jo@cqc.example",
            recipient="b+x",
            raw=raw,
            received=story.clock.now(),
        )
        told = Receipt(
            notice=record.notice.id,
            delivery=delivery.id,
            attempt=None,
            at=story.clock.now(),
            source=SOURCE,
            evidence=(("mail", mail.id),),
        )
        await story.register.keep_mail(mail)
        await story.register.receive([told, replace(told, evidence=(("mail", "gone"),))], (), ())
        me = await sign_in(story, browser)

        _, page = await me.get(f"{BOARD}/evidence/{delivery.id}")

        assert page.count("The mail that came back, as it came") == 1
        assert "&lt;b&gt;not for us&lt;/b&gt;" in page
        assert f"{code[:3]} {code[3:]}" not in page


async def test_M021_the_board_warns_of_what_is_held_and_from_whom() -> None:
    async with rosewood(*TO_THE_END[:11]) as story, served(story) as browser:
        leo, chair = await sign_in(story, browser), await sign_in(story, browser, CHAIR)

        _, for_leo = await leo.get(BOARD)
        _, for_chair = await chair.get(BOARD)

        assert "Do not tell" in for_leo
        assert "Do not tell" in for_chair
        assert "The provider hears only what the police have released" in for_leo
        assert "The provider hears only what the police have released" not in for_chair


async def test_M014_overdue_obligations_are_shown_as_overdue() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        _, before = await me.get(BOARD)
        await story.clock.advance(timedelta(days=9))
        me = await sign_in(story, browser)
        _, after = await me.get(BOARD)

        assert "Overdue" not in before
        assert "Overdue" in after


async def test_B01_events_that_wait_are_on_the_board() -> None:
    async with rosewood("concern-opened", "closure-proposed") as story, served(story) as browser:
        await story.story("stage-changed-closing")
        me = await sign_in(story, browser)

        _, page = await me.get(BOARD)

        assert "Events that wait" in page
        assert "the concern is at" in page


async def test_B06_no_concerns_yet_has_a_page_of_its_own() -> None:
    async with rosewood() as story, served(story) as browser:
        me = await sign_in(story, browser)

        status, page = await me.get("/")

        assert status == 200
        assert "There are no concerns yet" in page


async def test_B04_a_call_is_recorded_on_its_form_and_shown_as_recorded() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        path = f"{BOARD}/notices/{notice.id}/told"
        me = await sign_in(story, browser)
        call = {
            "name": "Ada Byrne",
            "role": "Duty manager",
            "how": "I rang the duty number",
            "day": "2027-04-15",
            "clock": "10:00",
        }

        refused = [
            await me.post(path, call | wrong)
            for wrong in ({"name": ""}, {"how": " "}, {"clock": "25:00"}, {"day": "2027-04-14"})
        ]
        taken, _ = await me.post(path, call)
        _, page = await me.get(f"{BOARD}/notices/{notice.id}")

        assert [status for status, _ in refused] == [422] * 4
        assert all("There is a problem" in text for _, text in refused)
        assert taken == 303
        assert "recorded by: Amara Okafor" in page
        assert await story.acknowledgements() == 1


async def test_B04_the_chair_does_not_record_a_call() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        me = await sign_in(story, browser, CHAIR)
        call = {"name": "A", "role": "B", "how": "C", "day": "2027-04-15", "clock": "10:00"}

        status, page = await me.post(f"{BOARD}/notices/{notice.id}/told", call)

        assert status == 403
        assert "Only a lead enquiry officer" in page


# Closure


async def test_M102_the_closure_page_names_each_gap_and_offers_no_button_while_it_is_blocked() -> (
    None
):
    async with rosewood(*TO_THE_END[:-1]) as story, served(story) as browser:
        me = await sign_in(story, browser)

        status, page = await me.get(CLOSURE)

        assert status == 200
        assert "The Chair has not authorised closure" in page
        assert "Care Quality Commission (regulator)" in page
        assert ">Confirm closure</button>" not in page


async def test_M102_a_leo_confirms_closure_once_everybody_has_answered() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        me = await sign_in(story, browser)
        too_soon, gaps = await me.post(CLOSURE, {"sure": "yes"})
        await story.acknowledge()
        unsure, _ = await me.post(CLOSURE, {})
        status, _ = await me.post(CLOSURE, {"sure": "yes"})
        _, panel = await me.get(CLOSURE)

        assert too_soon == unsure == 422
        assert "Closure cannot be confirmed yet" in gaps
        assert status == 303
        assert "Closure is confirmed" in panel
        attestation = (await story.record()).attestation
        assert attestation is not None
        assert attestation.id in panel


async def test_M102_a_waiver_on_the_page_needs_a_reason_and_takes_the_leos_name() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        everybody = {n.notice.party for n in (await story.record()).notices}
        await story.acknowledge(*(everybody - {CQC}))
        me = await sign_in(story, browser)
        tick = {"sure": "yes", "waive:regulator:cqc|regulator": "yes"}
        reason = {"reason:regulator:cqc|regulator": "Told in the meeting, minute 4"}

        bare, page = await me.post(CLOSURE, tick)
        unticked, _ = await me.post(CLOSURE, {"sure": "yes"} | reason)
        given, _ = await me.post(CLOSURE, tick | reason)

        assert bare == unticked == 422
        assert "Say why" in page
        assert given == 303
        attestation = (await story.record()).attestation
        assert attestation is not None
        waived = Waiver(party=CQC, reason="Told in the meeting, minute 4", name="Amara Okafor")
        assert attestation.waivers == (waived,)


async def test_M102_a_waiver_for_a_made_up_party_confirms_nothing() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        await story.acknowledge()
        me = await sign_in(story, browser)
        for field in ("nonsense", "gss:E10000099|placing authority", "gss:E10000030|wizard"):
            fields = {"sure": "yes", f"waive:{field}": "yes", f"reason:{field}": "why not"}
            status, _ = await me.post(CLOSURE, fields)
            assert status == 422, field

        assert (await story.record()).attestation is None


async def test_M102_the_chair_sees_closure_and_does_not_confirm_it() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        await story.acknowledge()
        me = await sign_in(story, browser, CHAIR)

        _, page = await me.get(CLOSURE)
        status, _ = await me.post(CLOSURE, {"sure": "yes"})

        assert "Only a lead enquiry officer confirms" in page
        assert status == 403
        assert (await story.record()).attestation is None


async def test_M102_a_program_of_the_leo_confirms_and_is_told_every_gap() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        async with browser.post("/v1/sign-in", json={"person": LEO.id}) as got:
            bearer = {"Authorization": f"Bearer {(await body_of(got))['token']}"}
        path = f"/v1{BOARD}/attestation"
        async with browser.post(path) as got:
            assert got.status == 401
        async with browser.post(path, headers=bearer) as got:
            refused = await body_of(got)
            assert (got.status, got.content_type) == (409, "application/problem+json")
        waived = {"agency": CQC.agency, "role": CQC.role, "reason": " ", "name": "A"}
        async with browser.post(path, headers=bearer, json={"waivers": [waived]}) as got:
            assert got.status == 422
        await story.acknowledge()
        async with browser.post(path, headers=bearer) as got:
            first = await body_of(got)
            assert got.status == 201
        async with browser.post(path, headers=bearer) as got:
            second = await body_of(got)
            assert got.status == 200
        async with browser.post("/v1/concerns/x/attestation", headers=bearer) as got:
            assert got.status == 404

    assert {gap["agency"] for gap in refused["gaps"]} >= {CQC.agency}
    assert first["id"] == second["id"]
    assert (first["again"], second["again"]) == (False, True)


async def test_B04_a_scanner_inside_a_signed_in_browser_acknowledges_nothing() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        me = await sign_in(story, browser)
        async with ClientSession(story.base, headers={"Cookie": me.cookie}) as inside:
            sent = await scan(inside, BOARD, "yes")

        assert sent > 0
        assert await story.acknowledgements() == 0


# What people write into fields


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}&lt;"


async def test_B06_whatever_is_written_into_a_field_is_shown_as_text() -> None:
    canary = HOSTILE[:190]
    service = example("concern-opened").data.model_dump(mode="json")["service"]
    hostile = {
        "service": service | {"provider_name": canary, "location_name": canary},
        "leo": {"name": canary, "role": canary},
        "themes": [{"question": "safe", "theme": canary}],
    }
    person = Official(id="leo-x", name=canary, post=Post.LEO, agency=HOST)
    async with rosewood() as story:
        story.people = (*story.people, person)
        await story.happens(example("concern-opened", **hostile))
        await story.story("placement-register-declared", "chair-appointed")
        await story.happens(example("hold-placed", reason=canary, conditions_for_release=canary))
        notice = await alert_to_surrey(story)
        await story.answers.acknowledge_by_code(notice.id, canary, canary, notice.ack_code)
        async with served(story) as browser:
            me = await sign_in(story, browser, person)
            typed = {"name": canary, "role": canary, "how": canary, "day": canary, "clock": canary}
            told = f"{BOARD}/notices/{notice.id}/told"
            record = await story.register.notice(notice.id)
            assert record is not None
            pages = [
                (await me.get(path))[1]
                for path in (
                    *("/", BOARD, CLOSURE, f"{BOARD}/notices/{notice.id}", told),
                    f"{BOARD}/evidence/{record.deliveries[0].id}",
                )
            ]
            pages.append((await me.post(told, typed))[1])
            field = "regulator:cqc|regulator"
            waiver = {f"waive:{field}": "no", f"reason:{field}": canary}
            pages.append((await me.post(CLOSURE, waiver))[1])
            for answer in ("", "?answer=declined"):
                path = f"/acknowledge/{notice.id}{answer}"
                async with browser.post(path, data=typed | {"reason": canary}) as got:
                    pages.append(await got.text())
            async with browser.get(f"/{canary}") as got:
                pages.append(await got.text())

    for page in pages:
        assert "<script" not in without_our_script(page)
        assert "<img" not in page
        assert ">49<" not in page
    assert sum("&lt;script&gt;" in page for page in pages) >= 8


async def test_B06_pages_have_a_language_a_heading_labels_and_no_script_but_ours() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        me = await sign_in(story, browser)
        record = (await story.record()).notices[0]
        paths = (
            *("/", BOARD, CLOSURE, f"{BOARD}/notices/{record.notice.id}"),
            *(f"{BOARD}/notices/{record.notice.id}/told", "/sign-in", "/acknowledge/x", "/nothing"),
            "/acknowledge/x?answer=declined",
            f"{BOARD}/evidence/{record.deliveries[0].id}",
        )
        for path in paths:
            _, page = await me.get(path)
            ids = re.findall(r'\bid="([^"]+)"', page)
            labelled = set(re.findall(r'<label [^>]*for="([^"]+)"', page))
            inputs = re.findall(
                r'<(?:input|textarea)(?![^>]*type="hidden")[^>]*\bid="([^"]+)"', page
            )
            assert '<html lang="en-GB" class="govuk-template">' in page, path
            assert page.count("<h1") == 1, path
            assert 'class="govuk-skip-link" href="#main"' in page, path
            assert len(ids) == len(set(ids)), path
            assert set(inputs) <= labelled, path
            assert "<script" not in without_our_script(page), path
            assert " style=" not in page
            assert not re.search(r"<th(?![^>]*scope=)[\s>]", page), path
