"""A change of key on the wire: the same notice, signed by whatever is live at each attempt."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from hub.adapters.catcher import Reply, WebhookCatcher
from hub.adapters.webhook import WebhookCarrier
from hub.directory import EndpointKey
from hub.notice import Accepted, Deferred
from hub.rotation import OVERLAP, in_turn
from hub.vocabulary import Channel
from tests.adapters.carriers.ground import EVENT, StandingClock, again, endpoint, leased

OLD = EndpointKey(id="hook#0", secret=b"o" * 32)
NEW = EndpointKey(id="hook#1", secret=b"n" * 32)


@pytest.fixture
async def catcher() -> AsyncIterator[WebhookCatcher]:
    made = WebhookCatcher()
    await made.start()
    yield made
    await made.stop()


async def test_a_retry_keeps_body_and_id_and_is_signed_by_the_keys_that_are_live_then(
    catcher: WebhookCatcher,
) -> None:
    clock = StandingClock(datetime.now(UTC))
    keys = in_turn((OLD, replace(NEW, since=clock.at + timedelta(seconds=30))))
    where = endpoint(catcher.url("/hook"), keys=keys)
    catcher.always("/hook", Reply(status=503))
    carrier = WebhookCarrier(clock=clock)
    work = leased(EVENT, channel=Channel.WEBHOOK)

    first = await carrier.carry(work, where)
    clock.at += timedelta(minutes=1)
    catcher.always("/hook", Reply(status=204))
    second = await carrier.carry(again(work.delivery), where)
    await carrier.close()

    before, after = catcher.calls
    assert before.body == after.body == EVENT
    assert before.headers["webhook-id"] == after.headers["webhook-id"] == work.delivery.id
    Webhook(OLD.secret).verify(before.body, before.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW.secret).verify(before.body, before.headers)
    for key in (OLD, NEW):
        Webhook(key.secret).verify(after.body, after.headers)
    assert isinstance(first, Deferred)
    assert isinstance(second, Accepted)
    assert dict(first.evidence)["signed by"] == "hook#0 (active)"
    assert dict(second.evidence)["signed by"] == "hook#0 (retiring), hook#1 (active)"


@pytest.mark.parametrize("times", ["pending", "retired"])
async def test_an_endpoint_whose_keys_do_not_sign_now_gets_nothing_and_a_person_looks(
    times: str, catcher: WebhookCatcher
) -> None:
    clock = StandingClock()
    key = replace(OLD, since=clock.at + OVERLAP) if times == "pending" else None
    key = key or replace(OLD, until=clock.at)
    carrier = WebhookCarrier(clock=clock)

    outcome = await carrier.carry(
        leased(EVENT, channel=Channel.WEBHOOK), endpoint(catcher.url("/hook"), keys=(key,))
    )
    await carrier.close()

    assert isinstance(outcome, Deferred)
    assert outcome.configuration
    assert outcome.ours
    assert catcher.calls == []


async def test_a_retired_key_that_would_be_too_short_stops_nothing(catcher: WebhookCatcher) -> None:
    clock = StandingClock()
    spent = EndpointKey(id="hook#9", secret=b"short", until=clock.at)
    carrier = WebhookCarrier(clock=clock)

    outcome = await carrier.carry(
        leased(EVENT, channel=Channel.WEBHOOK), endpoint(catcher.url("/hook"), keys=(spent, OLD))
    )
    await carrier.close()

    assert isinstance(outcome, Accepted)
    assert len(catcher.calls[0].headers["webhook-signature"].split()) == 1
