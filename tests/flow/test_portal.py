"""An organisation's own list: what waits for it, what it answered, and nothing of anybody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.access import Official, Post
from tests.flow.rosewood import CQC, LEO, OTHER, Rosewood, rosewood, served, sign_in
from tests.flow.test_answers import OPENING, SURREY_PLACING, alert_to_surrey

SURREYS = Official(
    id="surrey-officer", name="Owen Price", post=Post.AGENCY, agency=SURREY_PLACING.agency
)
STRANGER = replace(SURREYS, id="kent-officer", agency=type(SURREYS.agency)("ods:NOBODY"))
PEOPLE = (LEO, OTHER, SURREYS, STRANGER)


async def listed(story: Rosewood, person: Official) -> tuple[int, str]:
    story.people = PEOPLE
    async with served(story) as browser:
        me = await sign_in(story, browser, person)
        return await me.get("/notices")


async def test_B06_an_officer_begins_at_what_waits_for_their_organisation() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        notice = await alert_to_surrey(story)
        story.people = PEOPLE
        async with served(story) as browser:
            me = await sign_in(story, browser, SURREYS)
            home, _ = await me.get("/")
            status, page = await me.get("/notices")

        assert (home, status) == (303, 200)
        assert f'href="/notices/{notice.id}"' in page
        assert "Waiting for you" in page
        assert "not answered yet" in page


async def test_B06_what_has_not_left_the_hub_is_in_nobodys_list() -> None:
    async with rosewood(*OPENING) as story:
        status, page = await listed(story, SURREYS)

        assert status == 200
        assert "No notice has been sent to your organisation yet" in page


async def test_B06_what_is_anothers_is_in_no_list() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        theirs = [n.notice for n in (await story.record()).notices if n.notice.party == CQC]
        _, surrey = await listed(story, SURREYS)
        _, stranger = await listed(story, STRANGER)

        assert theirs
        assert not any(notice.id in surrey for notice in theirs)
        assert "/notices/" not in stranger


async def test_B04_what_is_answered_waits_no_more_and_what_is_late_says_so() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        notice = await alert_to_surrey(story)
        story.clock._now += timedelta(days=30)
        _, late = await listed(story, SURREYS)
        await story.answers.acknowledge_by_account(notice.id, SURREYS, notice.reference)
        _, done = await listed(story, SURREYS)

        assert ("Overdue" in late) is (notice.reply_due is not None)
        assert "Acknowledged by Owen Price" in done


@pytest.mark.parametrize("post", [Post.AUDITOR, Post.ADMINISTRATOR, Post.PRIVACY_OFFICER])
async def test_B06_the_list_is_not_there_for_who_answers_nothing(post: Post) -> None:
    async with rosewood(*OPENING) as story:
        person = replace(SURREYS, id="other", post=post)
        story.people = (*PEOPLE, person)
        async with served(story) as browser:
            me = await sign_in(story, browser, person)
            assert (await me.get("/notices"))[0] == 404


async def test_B06_each_look_at_the_list_is_on_the_log() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        await listed(story, SURREYS)

        (said,) = await story.leaves("concerns.seen")
        assert SURREYS.id in said
        assert SURREYS.name not in said


async def test_B06_a_place_in_the_list_that_is_none_shows_nothing_and_breaks_nothing() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        story.people = PEOPLE
        async with served(story) as browser:
            me = await sign_in(story, browser, SURREYS)
            status, page = await me.get("/notices?before=nonsense%00'")

        assert status == 200
        assert "/notices/" not in page
