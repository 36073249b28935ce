"""What a stranger, a mail scanner or another agency could try against answers (console.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hub.answers import Acknowledged, Incomplete, SignatureRefused
from hub.directory import EndpointKey
from hub.vocabulary import Channel
from tests.flow.rosewood import START, SURREY, rosewood, signature_of, signed
from tests.flow.test_answers import OPENING, alert_to_surrey, wrong


@pytest.mark.parametrize("key", [b"", b"k" * 23])
async def test_B04_a_key_that_anybody_can_guess_signs_nothing(key: bytes) -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        (hook,) = [e for e in (await story.register.directory()).endpoints if e.agency == SURREY]
        await story.register.put_endpoint(replace(hook, keys=(EndpointKey(id="k", secret=key),)))

        result = await story.answers.acknowledge_signed(notice.id, *signed(notice.id, key=key))

        assert isinstance(result, SignatureRefused)
        assert await story.acknowledgements() == 0


@pytest.mark.parametrize(
    ("since", "until", "believed"),
    [
        (None, None, True),
        (START, START + timedelta(hours=1), True),
        (START + timedelta(seconds=1), None, False),
        (None, START, False),
    ],
)
async def test_B04_an_answer_is_believed_by_a_key_that_is_live_and_by_no_other(
    since: datetime | None, until: datetime | None, believed: bool
) -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        (hook,) = [e for e in (await story.register.directory()).endpoints if e.agency == SURREY]
        keys = tuple(replace(key, since=since, until=until) for key in hook.keys)
        await story.register.put_endpoint(replace(hook, keys=keys))

        result = await story.answers.acknowledge_signed(notice.id, *signed(notice.id))

        assert isinstance(result, Acknowledged if believed else SignatureRefused)
        assert await story.acknowledgements() == believed


async def test_B04_guesses_at_a_void_code_do_not_fill_the_log() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)

        for _ in range(30):
            await story.answers.acknowledge_by_code(notice.id, "A", "B", wrong(notice.ack_code))

        assert len(await story.leaves("acknowledgement.refused")) == 5


async def test_B04_the_hubs_own_signed_notice_sent_back_to_it_acknowledges_nothing() -> None:
    async with rosewood(*OPENING) as story:
        notice = await alert_to_surrey(story)
        record = await story.register.notice(notice.id)
        assert record is not None
        (hooked,) = [d for d in record.deliveries if d.channel is Channel.WEBHOOK]
        headers = signature_of(hooked.body, nonce=hooked.id)

        result = await story.answers.acknowledge_signed(notice.id, hooked.body, headers)

        assert isinstance(result, Incomplete)
        assert await story.acknowledgements() == 0
