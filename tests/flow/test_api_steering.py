"""A stop and the kept replies by the API: what the console does, and what it refuses."""

from __future__ import annotations

from typing import Final

from hub.concern import Party
from hub.vocabulary import AckStrength, HoldKind, InfoClass, Role
from tests.flow.rosewood import CHAIR, LEO, OTHER, SURREY, rosewood, served
from tests.flow.test_answers import OPENING, alert_to_surrey
from tests.flow.test_api_keys import key_for
from tests.flow.test_api_reading import OF_SURREY, got
from tests.flow.test_api_writing import BASE, send
from tests.flow.test_reply_confirmed import MAIL, WORDS, replied

STOPS: Final = f"{BASE}/stops"
REPLIES: Final = f"{BASE}/replies"
SURREYS: Final = Party(agency=SURREY, role=Role.PLACING_AUTHORITY)
STOP: Final = {
    "party": {"agency": SURREY, "role": "placing authority"},
    "kind": "H3",
    "reason": "The adult's brother works there",
}
READ: Final = {"means": "acknowledged", "name": "Ada Byrne", "role": "Duty manager"}


async def test_semantics_5_a_stop_by_the_api_holds_at_once_and_is_done_once_for_a_key() -> None:
    async with (
        rosewood("concern-opened", "placement-register-declared") as story,
        served(story) as browser,
    ):
        bearer = await key_for(story, LEO)
        _, _, seen = await got(browser, BASE, bearer)
        status, said, _ = await send(browser, STOPS, bearer, STOP, Idempotency_Key="one")
        _, again, replayed = await send(browser, STOPS, bearer, STOP, Idempotency_Key="one")
        stale, _, _ = await send(browser, STOPS, bearer, STOP, If_Match=seen["ETag"])
        record = await story.record()
        leaves = await story.leaves("hold.put")

    (hold,) = record.concern.holds
    assert (status, said["hold"], said["kind"]) == (201, hold.id, "H3")
    assert (again, replayed["Idempotent-Replayed"]) == (said, "true")
    assert stale == 412
    assert (hold.kind, hold.party, hold.classes) == (HoldKind.H3, SURREYS, frozenset(InfoClass))
    assert len(leaves) == 1
    assert '"person":"key:leo-1"' in leaves[0]


async def test_a_stop_without_why_or_for_nobody_here_or_by_strangers_holds_nothing() -> None:
    async with (
        rosewood("concern-opened", "placement-register-declared") as story,
        served(story) as browser,
    ):
        bearer = await key_for(story, LEO)
        bare = await send(browser, STOPS, bearer, STOP | {"reason": " "})
        nobody = {"party": {"agency": SURREY, "role": "regulator"}}
        wrong = await send(browser, STOPS, bearer, STOP | nobody)
        kind = await send(browser, STOPS, bearer, STOP | {"kind": "H4"})
        strangers = [
            (await send(browser, STOPS, await key_for(story, each), STOP))[0]
            for each in (OTHER, OF_SURREY)
        ]
        record = await story.record()

    found = [(each[0], each[1]["faults"][0]["pointer"]) for each in (bare, wrong, kind)]
    assert found == [(422, "/reason"), (422, "/party"), (422, "/kind")]
    assert strangers == [404, 404]
    assert record.concern.holds == ()


async def test_B04_a_reply_is_read_by_the_api_and_said_to_acknowledge_by_a_leo_alone() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await replied(story)
        notice = await alert_to_surrey(story)
        leo, chair = await key_for(story, LEO), await key_for(story, CHAIR)
        stranger = await key_for(story, OTHER)
        status, listed, _ = await got(browser, REPLIES, leo)
        nothing, _, _ = await got(browser, REPLIES, stranger)
        theirs, _, _ = await send(browser, f"{REPLIES}/{MAIL}", stranger, READ)
        not_hers, _, _ = await send(browser, f"{REPLIES}/{MAIL}", chair, READ)
        bare = await send(browser, f"{REPLIES}/{MAIL}", leo, {"means": "acknowledged"})
        missing, _, _ = await send(browser, f"{REPLIES}/none", leo, READ)
        before = await story.acknowledgements()
        made, said, _ = await send(browser, f"{REPLIES}/{MAIL}", leo, READ)
        _, after, _ = await got(browser, REPLIES, leo)
        over, _, _ = await send(browser, f"{REPLIES}/{MAIL}", leo, READ)

    (mail,) = listed["replies"]
    assert (status, mail["mail"], mail["notice"]) == (200, MAIL, notice.id)
    assert mail["known_sender"]
    assert "We have read it." in mail["written"]
    assert WORDS.splitlines()[1] in mail["as_it_came"]
    assert notice.ack_code not in str(listed)
    assert (nothing, theirs, not_hers, missing, over) == (404, 404, 403, 404, 404)
    assert bare[0] == 422
    assert {one["pointer"] for one in bare[1]["faults"]} == {"/name", "/role"}
    assert before == 0
    assert (made, said["answer"]["strength"]) == (201, AckStrength.REPLY)
    assert after == {"replies": []}


async def test_B04_a_reply_that_answers_nothing_is_set_aside_by_the_api() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await replied(story)
        leo = await key_for(story, LEO)
        status, said, _ = await send(browser, f"{REPLIES}/{MAIL}", leo, {"means": "no answer"})
        acknowledged = await story.acknowledgements()
        (leaf,) = await story.leaves("reply.set.aside")

    assert (status, said) == (201, {"mail": MAIL, "answer": None})
    assert acknowledged == 0
    assert MAIL in leaf
