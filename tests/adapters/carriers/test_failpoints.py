"""Killed at a named moment of sending: what has left by then, and what has not."""

import asyncio
import os
import signal
import sys

import pytest

from hub.adapters.catcher import MailCatcher, WebhookCatcher
from hub.adapters.clock import SystemClock
from tests.adapters.carriers.notify import Notify

_CHILD = """
import asyncio, sys
from hub.adapters.clock import SystemClock
from hub.adapters.smtp import SmtpCarrier
from hub.adapters.webhook import WebhookCarrier
from hub.vocabulary import Channel
from tests.adapters.carriers.ground import EVENT, MAIL, VERP_KEY, endpoint, leased, mailboxes
from tests.adapters.carriers.notify import TEXT, notify, telephone

async def main(channel, url):
    clock = SystemClock()
    if channel == "email":
        carrier = SmtpCarrier(url, domain="hub.test", key=VERP_KEY, clock=clock)
        print(await carrier.carry(leased(MAIL), mailboxes("duty@agency.test")))
    elif channel == "sms":
        carrier = notify(url, clock=clock)
        print(await carrier.carry(leased(TEXT, channel=Channel.SMS), telephone()))
    else:
        carrier = WebhookCarrier(clock=clock)
        print(await carrier.carry(leased(EVENT, channel=Channel.WEBHOOK), endpoint(url)))
    await carrier.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def killed_at(point: str, channel: str, url: str) -> int:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _CHILD, channel, url),
        env={**os.environ, "HUB_FAILPOINT": point, "PYTHONPATH": "."},
    )
    return await asyncio.wait_for(child.wait(), 60)


@pytest.mark.parametrize(
    ("point", "left"), [("send.before", 0), ("send.content", 1), ("send.after", 1)]
)
async def test_B03_mail_killed_before_its_content_has_not_left_and_after_it_has(
    point: str, left: int
) -> None:
    catcher = MailCatcher()
    await catcher.start()

    ended = await killed_at(point, "email", catcher.url)
    if left:
        await catcher.until(left)
    await catcher.stop()

    assert ended == -signal.SIGKILL
    assert catcher.tries == ["duty@agency.test"]
    assert len(catcher.mails) == left


@pytest.mark.parametrize(
    ("point", "left"), [("send.before", 0), ("send.content", 1), ("send.after", 1)]
)
async def test_B03_a_webhook_killed_before_its_body_has_not_left_and_after_it_has(
    point: str, left: int
) -> None:
    catcher = WebhookCatcher()
    await catcher.start()

    ended = await killed_at(point, "webhook", catcher.url("/hook"))
    if left:
        await catcher.until(left)
    await catcher.stop()

    assert ended == -signal.SIGKILL
    assert len(catcher.calls) == left


@pytest.mark.parametrize(("point", "left"), [("send.before", 0), ("send.after", 1)])
async def test_B03_a_text_killed_before_its_body_has_not_left_and_after_its_answer_has(
    point: str, left: int
) -> None:
    service = Notify(SystemClock())
    await service.start()

    ended = await killed_at(point, "sms", service.url)
    await service.stop()

    assert ended == -signal.SIGKILL
    assert len(service.texts) == left
