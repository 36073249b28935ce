"""One batch, one transaction: what becomes of each message (intake.md; semantics 9 and 15)."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from hub.compose import Words
from hub.concern import Party
from hub.directory import Directory
from hub.intake import Became
from hub.intake.urgent import is_urgent
from hub.plan import Tools
from hub.ports import RegisterAway
from hub.vocabulary import AgencyId, Role
from tests.core.test_examples import STORY
from tests.flow.intake_scene import (
    CONCERN,
    EXAMPLES,
    BreakingWords,
    IntakeScene,
    became,
    body_of,
    document,
    received,
    scene,
)

ACCEPTED, WAITING, DUPLICATE = Became.ACCEPTED, Became.WAITING, Became.DUPLICATE
CONFLICT, QUARANTINED = Became.CONFLICT, Became.QUARANTINED
PROVIDER = Party(agency=AgencyId("cqc:1-1000000001"), role=Role.PROVIDER)
CQC = Party(agency=AgencyId("regulator:cqc"), role=Role.REGULATOR)


@pytest.fixture
async def hub() -> AsyncIterator[IntakeScene]:
    async with scene() as made:
        yield made


async def test_M024_an_opened_concern_is_decided_for_everybody_in_the_same_commit(
    hub: IntakeScene,
) -> None:
    (took,) = await hub.takes(body_of("concern-opened"))

    record = await hub.register.concern(CONCERN)
    assert record is not None
    assert took.became is ACCEPTED
    assert (took.event, took.concern) == (document("concern-opened")["id"], CONCERN)
    assert took.decisions == len(record.decisions) == len(record.concern.parties())
    assert took.notices == len(record.notices) > 0
    assert (CQC, "Notify") in await hub.verdicts()
    assert (PROVIDER, "Hold") in await hub.verdicts()
    assert (await hub.register.depths()).queued > 0


async def test_the_whole_story_is_taken_in_one_batch_and_in_twenty(hub: IntakeScene) -> None:
    bodies = [(EXAMPLES / file).read_bytes() for file in STORY]

    together = await hub.takes(*bodies)
    async with scene() as other:
        one_by_one = [(await other.takes(body))[0] for body in bodies]
        assert await hub.verdicts() == await other.verdicts()

    assert became(together) == [ACCEPTED] * len(STORY)
    assert became(one_by_one) == [ACCEPTED] * len(STORY)
    assert [t.decisions for t in together] == [t.decisions for t in one_by_one]


async def test_N030_an_event_keeps_when_it_came_apart_from_when_it_occurred(
    hub: IntakeScene,
) -> None:
    came = hub.clock.now() - timedelta(minutes=5)
    early = replace(received(body_of("lead-agency-set")), received=came)

    await hub.intake.take_in([early])

    async with hub.register.entry() as entry:
        (kept,) = (await entry.standing([CONCERN]))[CONCERN].waiting
    assert kept.received == came
    assert kept.occurred < came


async def test_M052_events_out_of_order_wait_and_follow_when_they_can(hub: IntakeScene) -> None:
    (early,) = await hub.takes(body_of("lead-agency-set"))
    assert early.became is WAITING
    assert "concern.opened" in early.why

    (opened,) = await hub.takes(body_of("concern-opened"))

    record = await hub.register.concern(CONCERN)
    assert record is not None
    assert opened.became is ACCEPTED
    assert record.concern.lead_agency == "gss:E10000032"
    assert record.waiting == ()


async def test_the_same_event_again_is_a_duplicate_and_changes_nothing(hub: IntakeScene) -> None:
    body = body_of("concern-opened")
    await hub.takes(body)
    before = await hub.register.depths()

    took = await hub.takes(body, body)

    assert became(took) == [DUPLICATE, DUPLICATE]
    assert await hub.register.depths() == before


async def test_a_duplicate_within_a_batch_is_taken_once(hub: IntakeScene) -> None:
    body = body_of("concern-opened")

    assert became(await hub.takes(body, body)) == [ACCEPTED, DUPLICATE]


async def test_the_same_id_with_another_body_is_a_conflict_kept_byte_for_byte(
    hub: IntakeScene,
) -> None:
    await hub.takes(body_of("concern-opened"))
    other = body_of("concern-opened", time="2026-12-01T09:31:00Z")

    (took,) = await hub.takes(other)

    assert took.became is CONFLICT
    assert took.faults[0].pointer == "/id"
    assert [body for body, _ in await hub.kept()] == [other]


async def test_poison_is_quarantined_with_its_bytes_headers_and_every_fault(
    hub: IntakeScene,
) -> None:
    broken = document("concern-opened", id=7, time="soon")
    poison = received(json.dumps(broken).encode())

    took = await hub.intake.take_in([poison])

    (kept,) = await hub.register.quarantined()
    assert became(took) == [QUARANTINED]
    assert took[0].quarantine == kept.id
    assert kept.poison.body == poison.body
    assert kept.poison.publisher == "wscc"
    assert kept.poison.routing_key == "wscc.event"
    assert dict(kept.poison.headers)["x-trace"] == "1"
    assert dict(kept.poison.headers)["content-type"] == "application/cloudevents+json"
    assert {f.pointer for f in kept.poison.faults} == {"/id", "/time"}
    assert kept.poison.urgent


async def test_the_bad_are_kept_and_the_good_of_the_same_batch_go_in(hub: IntakeScene) -> None:
    took = await hub.takes(
        b"\xff\x00not json",
        body_of("concern-opened"),
        body_of("chair-appointed", data={"chair": 1}),
        body_of("lead-agency-set"),
    )

    assert became(took) == [QUARANTINED, ACCEPTED, QUARANTINED, ACCEPTED]
    assert (await hub.kept())[0][0] == b"\xff\x00not json"


@pytest.mark.parametrize(
    ("user", "key"),
    [("", None), ("nobody", None), ("sussex-police", None), (None, "sxp.event"), (None, "")],
)
async def test_who_cannot_be_named_is_not_heard(
    hub: IntakeScene, user: str | None, key: str | None
) -> None:
    message = received(body_of("concern-opened"), user=user, key=key)

    took = await hub.intake.take_in([message])

    assert became(took) == [QUARANTINED]
    assert await hub.register.concern(CONCERN) is None


async def test_the_police_may_not_authorise_a_closure(hub: IntakeScene) -> None:
    await hub.takes(*[(EXAMPLES / file).read_bytes() for file in STORY[:-1]])
    police = "https://cases.sussex-police.example/concerns"

    (took,) = await hub.takes(body_of("closure-authorised", source=police))

    record = await hub.register.concern(CONCERN)
    assert record is not None
    assert took.became is QUARANTINED
    assert record.concern.closure_authorised is None


async def test_M001_an_unknown_pack_is_never_guessed_and_the_known_ones_are_named(
    hub: IntakeScene,
) -> None:
    await hub.takes(body_of("concern-opened"))

    (took,) = await hub.takes(body_of("meeting-scheduled", policypack="kent"))

    assert took.became is QUARANTINED
    assert "`west-sussex`" in took.faults[0].says


async def test_an_agency_nobody_knows_quarantines_the_event(hub: IntakeScene) -> None:
    data = document("lead-agency-set")["data"] | {"agency": "gss:E10000031"}
    await hub.takes(body_of("concern-opened"))

    (took,) = await hub.takes(body_of("lead-agency-set", data=data))

    assert took.became is QUARANTINED
    assert "did you mean" in took.faults[0].says


async def test_what_the_plan_refuses_is_a_refusal_and_kept(hub: IntakeScene) -> None:
    await hub.takes(*[(EXAMPLES / file).read_bytes() for file in STORY[:11]])
    data = document("hold-released")["data"] | {"authority": "gss:E10000032"}

    (took,) = await hub.takes(body_of("hold-released", data=data))

    assert took.became is QUARANTINED
    assert took.faults[0].pointer == "/data/authority"
    assert len(await hub.kept()) == 1


async def test_a_publisher_of_another_host_cannot_speak_of_this_concern() -> None:
    def without_host(partnership: str, now: Directory, tools: Tools) -> Tools | None:
        grants = tuple(
            replace(g, hosts=frozenset({AgencyId("gss:E10000030")}))
            if g.publisher == "sussex-police"
            else g
            for g in tools.pack.grants
        )
        return replace(tools, directory=now, pack=replace(tools.pack, grants=grants))

    async with scene(without_host) as hub:
        await hub.takes(body_of("concern-opened"))
        told = document("criminal-status-declared", hostgss=None)

        (took,) = await hub.takes(json.dumps(told).encode())

        assert took.became is QUARANTINED
        assert took.faults[0].pointer == "/hostgss"


def breaking(partnership: str, now: Directory, tools: Tools) -> Tools | None:
    return replace(tools, directory=now, words=cast(Words, BreakingWords(tools.words)))


@pytest.mark.parametrize("bad", [1, 5, 9])
async def test_one_bad_event_is_bisected_out_and_the_others_of_its_batch_go_in(bad: int) -> None:
    bodies = [body_of("concern-opened", n) for n in range(1, 10)]
    data = document("concern-opened")["data"]
    data["service"]["location_name"] = BreakingWords.LOCATION
    bodies[bad - 1] = body_of("concern-opened", bad, data=data)

    async with scene(breaking) as hub:
        took = await hub.takes(*bodies)

        assert became(took) == [QUARANTINED if n == bad else ACCEPTED for n in range(1, 10)]
        assert "ZeroDivisionError" in took[bad - 1].faults[0].says
        assert "broke" not in took[bad - 1].faults[0].says
        assert await hub.kept() == [(bodies[bad - 1], took[bad - 1].faults[0].says)]
        assert (await hub.register.depths()).events == 8


async def test_events_of_the_same_concern_go_in_around_the_bad_one() -> None:
    data = document("concern-opened")["data"]
    data["service"]["location_name"] = BreakingWords.LOCATION
    bodies = [
        body_of("concern-opened"),
        body_of("concern-opened", 2, data=data),
        body_of("lead-agency-set"),
        body_of("chair-appointed", 2),
    ]

    async with scene(breaking) as hub:
        took = await hub.takes(*bodies)

        assert became(took) == [ACCEPTED, QUARANTINED, ACCEPTED, WAITING]


async def test_while_the_register_is_away_nothing_is_taken(hub: IntakeScene) -> None:
    hub.line.away.add("entry")

    with pytest.raises(RegisterAway):
        await hub.takes(body_of("concern-opened"))

    hub.line.away.clear()
    assert (await hub.register.depths()).events == 0


def test_what_nobody_can_read_might_be_urgent() -> None:
    assert is_urgent(received(b"\xff"))
    assert is_urgent(received(body_of("emergency-closure-cqc")))
    assert is_urgent(received(body_of("hold-placed")))
    assert not is_urgent(received(body_of("meeting-scheduled")))


def test_M001_what_the_broker_says_it_is_counts_before_what_stands_in_its_words() -> None:
    words = received(b'{"note": "as concernhub.meeting.scheduled.v1 said"}')
    assert not is_urgent(words)

    named = {"ce-type": "concernhub.hold.placed.v1"}
    assert is_urgent(replace(words, headers=named))


async def test_a_hundred_concerns_in_one_batch_are_each_their_own(hub: IntakeScene) -> None:
    took = await hub.takes(*[body_of("concern-opened", n) for n in range(1, 101)])

    assert became(took) == [ACCEPTED] * 100
    assert len({one.concern for one in took}) == 100
    assert len({one.decisions for one in took}) == 1
    assert hub.intake.counts.accepted == 100
    assert hub.intake.counts.batches == 1


async def test_batches_at_once_take_each_event_once(hub: IntakeScene) -> None:
    bodies = [body_of("concern-opened", n) for n in range(1, 11)]

    batches = await asyncio.gather(*[hub.takes(*bodies) for _ in range(3)])

    for event in zip(*batches, strict=True):
        assert sorted(became(event)) == [ACCEPTED, DUPLICATE, DUPLICATE]
