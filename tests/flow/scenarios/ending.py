"""The end of a scenario: the Chair authorises, agencies answer, the LEO confirms."""

from __future__ import annotations

from typing import Any, Final

from hub.access import Official, Post
from hub.answers import Answers, Attested, NotYet, NotYours, Review, review
from hub.answers.results import NotFound
from hub.closure import Waiver
from hub.concern import Party
from hub.vocabulary import AgencyId
from tests.flow.scenarios.stage import HOST, Heard, Play, person

LEO: Final = Official(id="leo-1", name="Amara Okafor", post=Post.LEO, agency=AgencyId(HOST))


def answers_of(play: Play) -> Answers:
    """Return what takes answers on this stage."""
    return play.answers()


async def closes(play: Play, **authorised: Any) -> Heard:  # noqa: ANN401 - of any field
    """The process moves to its end, as the service has ended, and the Chair authorises it."""
    now = play.scene.clock.now()
    stage = (await play.record()).concern.stage
    if stage == "decision to initiate":
        await play.says("chair.appointed", chair=person("Chair", "Robin Hale"), agency=HOST)
        await play.says(
            "stage.changed", from_stage=stage, to_stage="closing", changed_at=now.isoformat()
        )
    await play.says(
        "closure.proposed",
        ending="service ended",
        proposed_by=person("Lead Enquiry Officer"),
        ended_on=now.date().isoformat(),
    )
    return await play.says(
        "closure.authorised",
        **{
            "ending": "service ended",
            "chair": person("Chair", "Robin Hale"),
            "closed_on": now.date().isoformat(),
            "authorised_at": now.isoformat(),
            "complaints_route": "complaints team, 01632 960120",
            **authorised,
        },
    )


async def acknowledge(play: Play, template: str, *parties: Party) -> None:
    """Let these parties (none: everybody) type the code of their newest such notice."""
    answers, newest = answers_of(play), {}
    for each in (await play.record()).notices:
        if each.notice.template == template:
            newest[each.notice.party] = each.notice
    for party in parties or tuple(newest):
        notice = newest[party]
        await answers.acknowledge_by_code(notice.id, "Sam Okoro", "Duty manager", notice.ack_code)


async def reviewed(play: Play, *waivers: Waiver) -> Review:
    """Return what stands of closure, as the LEO sees it now."""
    return review(await play.record(), LEO, play.scene.clock.now(), waivers)


async def attested(play: Play, *waivers: Waiver) -> Attested | NotYet | NotYours | NotFound:
    """The LEO confirms that closure notices were sent, or hears what is missing."""
    return await answers_of(play).attest(play.concern, LEO, waivers)
