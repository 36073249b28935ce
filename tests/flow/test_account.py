"""A signed-in person acknowledges a notice to their own agency; another agency's is not there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.access import Official
from hub.answers import Acknowledged, Declined, Declines, Incomplete, NotFound
from hub.notice import Notice
from hub.obligation import ObligationKind
from hub.receipt import fold
from hub.vocabulary import AckStrength, NoticeId, Rung
from tests.flow.rosewood import (
    LEO,
    OTHER,
    SAME,
    Rosewood,
    example,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING, SURREY_PLACING, alert_to_surrey

SURREYS = OTHER
"""The official of Surrey, where the notice goes."""


async def reads(story: Rosewood, person: Official, notice: Notice) -> object:
    return await story.answers.acknowledge_by_account(notice.id, person, notice.reference)


async def test_B04_a_signed_in_person_of_the_agency_acknowledges_with_the_strength_account() -> (
    None
):
    async with rosewood(*OPENING) as story:
        await story.sent()
        notice = await alert_to_surrey(story)

        done = await reads(story, SURREYS, notice)
        again = await reads(story, SURREYS, notice)

        assert isinstance(done, Acknowledged)
        made = done.acknowledgement
        assert (made.strength, made.name, made.organisation) == (
            AckStrength.ACCOUNT,
            "Owen Price",
            "Surrey County Council",
        )
        assert isinstance(again, Acknowledged)
        assert again.again
        assert await story.acknowledgements() == 1
        now = await story.notice_to(SURREY_PLACING, "placing-authority-alert")
        (kept,) = [r for r in now.receipts if r.acknowledgement]
        assert kept.evidence == (("person", SURREYS.id),)
        assert fold(now.receipts).rung is Rung.ACKNOWLEDGED
        assert [o for o in (await story.record()).obligations if o.notice == notice.id] == []


async def test_B06_a_person_of_another_agency_and_an_unknown_notice_look_the_same() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        notice = await alert_to_surrey(story)

        by_host = await reads(story, LEO, notice)
        unknown = await reads(story, SURREYS, replace(notice, id=NoticeId("nothing")))

        assert by_host == unknown == NotFound()
        assert await story.acknowledgements() == 0


async def test_B04_what_has_not_left_the_hub_is_shown_to_no_account() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        notice = await alert_to_surrey(story)
        me = await sign_in(story, browser, SURREYS)

        waiting = await reads(story, SURREYS, notice)
        shown, _ = await me.get(f"/notices/{notice.id}")
        hold = {"party": SURREY_PLACING.agency, "role": str(SURREY_PLACING.role)}
        await story.happens(example("hold-placed", kind="H3", classes=["process"], **hold))
        await story.sent()
        held, _ = await me.get(f"/notices/{notice.id}")

        assert waiting == NotFound()
        assert (shown, held) == (404, 404)
        assert await reads(story, SURREYS, notice) == NotFound()


@pytest.mark.parametrize("typed", ["", "yes", "PC-0000-0000"])
async def test_B04_without_the_typed_reference_a_click_acknowledges_nothing(typed: str) -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        notice = await alert_to_surrey(story)

        done = await story.answers.acknowledge_by_account(notice.id, SURREYS, typed)

        assert isinstance(done, Incomplete)
        assert [f.pointer for f in done.faults] == ["/reference"]
        assert await story.acknowledgements() == 0


async def test_B04_the_page_shows_the_notice_without_its_code_and_takes_the_reference() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        notice = await alert_to_surrey(story)
        path = f"/notices/{notice.id}"
        me = await sign_in(story, browser, SURREYS)

        _, page = await me.get(path)
        junk, again = await me.post(path, {"reference": "junk"})
        taken, _ = await me.post(path, {"reference": f" {notice.reference.lower()} "})
        _, after = await me.get(path)

        assert notice.reference in page
        assert notice.ack_code not in page
        assert (junk, taken) == (422, 303)
        assert "There is a problem" in again
        assert "Acknowledged by Owen Price" in after
        assert await story.acknowledgements() == 1
        assert any('"own notice"' in leaf for leaf in await story.leaves("concern.seen"))


async def test_B06_the_page_of_another_agencys_notice_is_not_there_and_needs_the_sessions_token() -> (  # noqa: E501
    None
):
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        notice = await alert_to_surrey(story)
        path = f"/notices/{notice.id}"
        host = await sign_in(story, browser, LEO)
        mine = await sign_in(story, browser, SURREYS)
        answer = {"reference": notice.reference}

        seen, _ = await host.get(path)
        posted, _ = await host.post(path, answer)
        without, _ = await mine.post(path, answer | {"token": "x"})
        elsewhere, _ = await mine.post(path, answer, {"Sec-Fetch-Site": "cross-site"})
        async with browser.get(path, headers=SAME, allow_redirects=False) as nobody:
            assert nobody.status == 303

        assert (seen, posted, without, elsewhere) == (404, 404, 403, 403)
        assert await story.acknowledgements() == 0


async def test_B04_a_signed_in_person_declines_and_the_next_contact_and_the_leo_are_asked() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        notice = await alert_to_surrey(story)
        why = Declines(because="not for us", reason="We have nobody there")

        done = await story.answers.decline_by_account(notice.id, SURREYS, notice.reference, why)
        junk = await story.answers.decline_by_account(notice.id, SURREYS, "yes", why)
        host = await story.answers.decline_by_account(notice.id, LEO, notice.reference, why)

        assert isinstance(done, Declined)
        made = done.declination
        assert (made.strength, made.name, made.because) == (
            AckStrength.ACCOUNT,
            "Owen Price",
            "not for us",
        )
        assert isinstance(junk, Incomplete)
        assert [f.pointer for f in junk.faults] == ["/reference"]
        assert host == NotFound()
        owed = {o.kind for o in (await story.record()).obligations if o.notice == notice.id}
        assert owed == {ObligationKind.ANSWER, ObligationKind.REACH, ObligationKind.PERSON}
        assert await story.acknowledgements() == 0


async def test_B04_the_page_of_an_account_takes_that_it_is_the_wrong_contact_with_its_reason() -> (
    None
):
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        notice = await alert_to_surrey(story)
        path = f"/notices/{notice.id}"
        me = await sign_in(story, browser, SURREYS)
        form = {"reference": notice.reference, "because": "wrong contact"}

        silent, page = await me.post(path, form)
        taken, _ = await me.post(path, {**form, "reason": "This desk does fostering"})
        _, after = await me.get(path)

        assert (silent, taken) == (422, 303)
        assert "Say in one line why" in page
        assert "Declined by Owen Price" in after
        assert "This desk does fostering" in after
        assert await story.acknowledgements() == 0
        assert len(await story.leaves("contact.put.aside")) == 1
