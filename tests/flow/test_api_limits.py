"""One caller too many times is 429 and told when; what others may is not used up by it."""

from __future__ import annotations

import re

from hub.routes.api.limits import REMEMBERED, WINDOW, Limits, Policy
from hub.routes.deps import WebSettings
from tests.flow.rosewood import CHAIR, LEO, body_of, rosewood, served
from tests.flow.test_answers import OPENING, alert_to_surrey
from tests.flow.test_api_keys import key_for

A_FEW = WebSettings(public_url="http://hub.test", requests_a_minute=3, events_a_minute=2)


async def test_one_too_many_is_429_with_when_to_come_again_and_others_are_not_refused() -> None:
    async with rosewood(*OPENING) as story, served(story, settings=A_FEW) as browser:
        leo, chair = await key_for(story, LEO), await key_for(story, CHAIR)
        answers = []
        for bearer in (leo, leo, leo, leo, chair, {}):
            async with browser.get("/v1/concerns", headers=bearer) as got:
                answers.append((got.status, got.headers.copy(), await body_of(got)))

        assert [status for status, _, _ in answers] == [200, 200, 200, 429, 200, 401]
        _, first, _ = answers[0]
        assert first["RateLimit-Policy"] == f'"caller";q=3;w={WINDOW}'
        assert re.fullmatch(r'"caller";r=2;t=\d+', first["RateLimit"])
        _, headers, problem = answers[3]
        assert 1 <= int(headers["Retry-After"]) <= WINDOW
        assert headers["Content-Type"] == "application/problem+json"
        assert problem["status"] == 429


async def test_publishers_have_a_quota_of_their_own_and_a_notice_has_one_for_its_answers() -> None:
    async with rosewood(*OPENING) as story, served(story, settings=A_FEW) as browser:
        notice = await alert_to_surrey(story)
        paths = [f"/v1/notices/{notice.id}/acknowledgements", "/v1/notices/x/acknowledgements"]
        found = []
        for path in (paths[0], paths[0], paths[0], paths[0], paths[1]):
            async with browser.post(path, data=b"{}") as got:
                found.append(got.status)

        assert found == [401, 401, 401, 429, 401]


def test_a_bucket_fills_again_by_time_and_never_above_its_quota() -> None:
    now = [0.0]
    limits = Limits(
        callers=Policy(name="caller", quota=60),
        publishers=Policy(name="publisher", quota=2),
        seconds=lambda: now[0],
    )
    taken = [limits.take(limits.callers, "a") for _ in range(61)]
    now[0] = 1.0
    again = limits.take(limits.callers, "a")
    more = limits.take(limits.callers, "a")
    now[0] = 10_000.0
    rested = limits.take(limits.callers, "a")

    assert [one.refused for one in taken] == [False] * 60 + [True]
    assert taken[60].wait == 1
    assert (again.refused, more.refused) == (False, True)
    assert rested.left == 59
    assert not limits.take(limits.publishers, "a").refused


def test_whoever_has_not_come_for_longest_is_forgotten_and_memory_stays_flat() -> None:
    policy = Policy(name="caller", quota=1)
    limits = Limits(callers=policy, publishers=policy, seconds=lambda: 0.0)
    for number in range(REMEMBERED + 5):
        limits.take(policy, str(number))

    assert len(limits._buckets) == REMEMBERED
    assert not limits.take(policy, "0").refused
    assert limits.take(policy, str(REMEMBERED)).refused
