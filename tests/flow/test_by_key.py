"""What a program answers with a key says so, wherever it is claimed: nobody has signed in."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Final

from hub.answers import Attested
from hub.answers.packing import closure_pack
from hub.attestation.pack import CONFIRMATION
from hub.receipt import fold
from hub.vocabulary import AckStrength
from tests.flow.rosewood import (
    CONCERN,
    LEO,
    TO_THE_END,
    Rosewood,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING, SURREY_PLACING, alert_to_surrey
from tests.flow.test_api_keys import key_for
from tests.flow.test_api_reading import OF_SURREY, got
from tests.flow.test_api_writing import BASE, send
from tests.flow.test_signed_closure import OURS
from tests.flow.test_timeline import LINE, titles, words

FLAG: Final = "1 of the acknowledgements was made by a program, with a key of the API"


async def by_key(story: Rosewood, template: str) -> None:
    """Surrey's program acknowledges this notice, in Owen Price's name."""
    async with served(story) as browser:
        bearer = await key_for(story, OF_SURREY)
        notice = (await story.notice_to(SURREY_PLACING, template)).notice
        path, body = f"/v1/notices/{notice.id}/acknowledgement", {"reference": notice.reference}
        status, _, _ = await send(browser, path, bearer, body)
        assert status == 201


async def test_B04_what_a_program_acknowledged_is_never_shown_as_somebody_signed_in() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        await by_key(story, "placing-authority-alert")
        notice = await alert_to_surrey(story)
        async with served(story) as browser:
            me = await sign_in(story, browser)
            _, board = await me.get(f"/concerns/{CONCERN}")
            _, page = await me.get(f"/concerns/{CONCERN}/notices/{notice.id}")
            _, line = await me.get(LINE)
            bearer = await key_for(story, OF_SURREY)
            _, shown, _ = await got(browser, f"/v1/notices/{notice.id}", bearer)

    assert "Owen Price, agency officer (key)" in words(board)
    assert "key: by a key of the API" in words(page)
    assert "signed in" not in words(page)
    assert any(title.startswith("A program has acknowledged it") for title in titles(line))
    assert not any(title.startswith("A named person") for title in titles(line))
    assert [answer["strength"] for answer in shown["answers"]] == [AckStrength.KEY]


async def test_B04_who_signs_in_is_still_shown_as_an_account_and_a_named_person() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        notice = await alert_to_surrey(story)
        await story.answers.acknowledge_by_account(notice.id, OF_SURREY, notice.reference)
        async with served(story) as browser:
            me = await sign_in(story, browser)
            _, board = await me.get(f"/concerns/{CONCERN}")
            _, line = await me.get(LINE)

    assert "Owen Price, agency officer (account)" in words(board)
    assert any(title.startswith("A named person has acknowledged") for title in titles(line))


async def test_M102_a_confirmation_says_under_its_signature_what_a_program_acknowledged() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.sent()
        story.answers.signer = OURS
        await by_key(story, "closure-notice")
        parties = [each.notice.party for each in (await story.record()).notices]
        await story.acknowledge(*(party for party in parties if party != SURREY_PLACING))

        done = await story.answers.attest(CONCERN, LEO)
        pack = await closure_pack(story.register, story.clock, OURS, CONCERN)

    assert isinstance(done, Attested), done
    assert FLAG in done.attestation.flags
    assert pack is not None
    with zipfile.ZipFile(BytesIO(pack)) as whole:
        said = json.loads(whole.read(CONFIRMATION))
        page = next(whole.read(name) for name in whole.namelist() if name.endswith(".html"))
    assert FLAG in json.dumps(said)
    assert '"strength": "key"' in json.dumps(said)
    assert FLAG in page.decode()


async def test_B04_a_call_that_a_program_records_does_not_say_that_a_person_did() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        notice = await alert_to_surrey(story)
        bearer, path = await key_for(story, LEO), f"{BASE}/notices/{notice.id}/calls"
        body = {"name": "Ann Lee", "role": "Duty", "how": "rang", "at": "2027-04-15T09:00:00Z"}
        status, _, _ = await send(browser, path, bearer, body)
        kept = await story.notice_to(SURREY_PLACING, "placing-authority-alert")

    made = fold(kept.receipts).acknowledgement
    (evidence,) = [dict(r.evidence) for r in kept.receipts if r.acknowledgement]
    assert status == 201
    assert made is not None
    assert made.strength is AckStrength.RECORDED
    assert evidence["recorded by"] == f"{LEO.name}, by a key of the API"


async def test_B04_whoever_signs_in_afterwards_is_shown_and_what_the_program_did_stays() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        await by_key(story, "placing-authority-alert")
        notice = await alert_to_surrey(story)
        await story.clock.advance(timedelta(minutes=7))
        person = replace(OF_SURREY, id="ann-1", name="Ann Lee")
        await story.answers.acknowledge_by_account(notice.id, person, notice.reference)
        async with served(story) as browser:
            me = await sign_in(story, browser)
            _, board = await me.get(f"/concerns/{CONCERN}")
            _, page = await me.get(f"/concerns/{CONCERN}/notices/{notice.id}")

    assert "Ann Lee, agency officer (account)" in words(board)
    assert "Owen Price, agency officer (key)" not in words(board)
    assert "key: by a key of the API" in words(page)


async def test_B06_what_a_program_takes_in_hand_is_shown_as_taken_by_its_key() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        owed = (await story.record()).obligations[0]
        bearer = await key_for(story, LEO)
        status, _, said = await send(
            browser, f"{BASE}/owed/{owed.id}/taken", bearer, {"minutes": 15}
        )
        me = await sign_in(story, browser)
        _, board = await me.get(f"/concerns/{CONCERN}")

    assert status in {200, 201}, said
    assert f"in the hands of {LEO.name}, by a key of the API until" in words(board)
