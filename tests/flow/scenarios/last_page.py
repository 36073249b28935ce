"""The end of a scenario, step by step: proposed, authorised, acknowledged, confirmed, logged."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import text

from hub.access import Official, Post
from hub.answers import Acknowledged, Attested, NotFound, NotYet, NotYours
from hub.closure import Waiver
from hub.concern import Party
from hub.intake.took import Became
from hub.vocabulary import AgencyId
from tests.flow.scenarios.stage import HOST, Heard, Play, person

LEO: Final = Official(id="leo-1", name="Amara Okafor", post=Post.LEO, agency=AgencyId(HOST))
CHAIR: Final = person("Chair", "Robin Hale")


async def draws_to_its_end(play: Play, **proposed: Any) -> None:  # noqa: ANN401 - of any field
    """A Chair is appointed, the last stage begins, and the end is proposed: the service ended."""
    now = play.scene.clock.now()
    concern = (await play.record()).concern
    if concern.chair is None:
        await play.says("chair.appointed", chair=CHAIR, agency=HOST)
    if concern.stage != "closing":
        await play.says(
            "stage.changed",
            from_stage=str(concern.stage),
            to_stage="closing",
            changed_at=now.isoformat(),
        )
    await play.says(
        "closure.proposed",
        **{
            "ending": "service ended",
            "ended_on": now.date().isoformat(),
            "proposed_by": person("Lead Enquiry Officer"),
            **proposed,
        },
    )


async def is_authorised(
    play: Play,
    became: Became | None = Became.ACCEPTED,
    **said: Any,  # noqa: ANN401 - of any field
) -> Heard:
    """The Chair authorises the end."""
    now = play.scene.clock.now()
    return await play.says(
        "closure.authorised",
        became=became,
        **{
            "ending": "service ended",
            "chair": CHAIR,
            "closed_on": now.date().isoformat(),
            "authorised_at": now.isoformat(),
            "complaints_route": "Customer relations team, +44 1632 960104",
            **said,
        },
    )


async def everybody_acknowledges(
    play: Play, template: str = "closure-notice", *, but: tuple[Party, ...] = ()
) -> None:
    """Let everybody acknowledge such notices (else that of the end) by code, but those named."""
    for each in (await play.record()).notices:
        if each.notice.template == template and each.notice.party not in but:
            done = await play.answers().acknowledge_by_code(
                each.notice.id, "Sam Okoro", "Duty manager", each.notice.ack_code
            )
            assert isinstance(done, Acknowledged), done


async def confirms(play: Play, *waivers: Waiver) -> Attested | NotYet | NotYours | NotFound:
    """The Lead Enquiry Officer confirms that the notices of the end were sent, if it is so."""
    return await play.answers().attest(play.concern, LEO, waivers)


async def missing(play: Play, *waivers: Waiver) -> set[tuple[Party | None, str]]:
    """Return why the Lead Enquiry Officer cannot confirm the end: about whom, and what."""
    found = await confirms(play, *waivers)
    return {(gap.party, gap.says) for gap in found.gaps} if isinstance(found, NotYet) else set()


async def log_of(play: Play, kind: str | None = None) -> list[str]:
    """Return the bytes of the log's entries (of one kind, or all), oldest first."""
    database = play.scene.line._register._database  # type: ignore[attr-defined]
    query = text("SELECT data FROM audit_leaf WHERE kind = :kind OR :kind IS NULL ORDER BY seq")
    async with database.engine.connect() as connection:
        rows = await connection.execute(query, {"kind": kind})
        return [bytes(row[0]).decode() for row in rows]
