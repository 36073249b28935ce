"""How many requests one caller may send: a token bucket each, in this process's memory.

The fields are those of the IETF's draft (draft-ietf-httpapi-ratelimit-headers, `RateLimit` and
`RateLimit-Policy`); a refusal is 429 with `Retry-After` (RFC 6585, 4).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from aiohttp import web

WINDOW: Final = 60
"""Seconds over which a quota is counted; what is unused is saved up for no longer."""

REMEMBERED: Final = 10_000
"""Buckets of so many callers are remembered; whoever has not come for longest is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A quota, as `RateLimit-Policy` names it."""

    name: str
    quota: int
    """Requests in each window."""

    @property
    def said(self) -> str:
        """Return the policy as its field has it."""
        return f'"{self.name}";q={self.quota};w={WINDOW}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a caller stands with its quota after one request."""

    policy: Policy
    left: float

    @property
    def refused(self) -> bool:
        """Whether the request was one too many."""
        return self.left < 0

    @property
    def wait(self) -> int:
        """Return in how many seconds one more will be taken; at least 1."""
        return max(1, ceil(-self.left * WINDOW / self.policy.quota))

    @property
    def said(self) -> str:
        """Return the fields: what remains, and in how many seconds all of it is there again."""
        left = max(0, int(self.left))
        until = ceil((self.policy.quota - left) * WINDOW / self.policy.quota)
        return f'"{self.policy.name}";r={left};t={until}'


@dataclass(slots=True, kw_only=True)
class Limits:
    """The buckets of this process. Another process has its own: P of them take P times as much."""

    callers: Policy
    publishers: Policy
    seconds: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[tuple[str, str], tuple[float, float]] = field(default_factory=OrderedDict)
    """What was left of each, and when."""

    def take(self, policy: Policy, who: str) -> Standing:
        """Count one request. One that is refused costs nothing."""
        now, key = self.seconds(), (policy.name, who)
        left, then = self._buckets.pop(key, (float(policy.quota), now))
        left = min(policy.quota, left + (now - then) * policy.quota / WINDOW)
        after = left - 1
        self._buckets[key] = (after if after >= 0 else left, now)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return Standing(policy=policy, left=after)


LIMITS: Final = web.AppKey("limits", Limits)
STANDING: Final = web.RequestKey("standing", Standing)
"""Under which a request has its standing, so that its answer says so."""


class OneTooMany(Exception):
    """The caller's quota is used up."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing.policy.name)
        self.standing = standing


def count(request: web.Request, who: str, *, publisher: bool = False) -> None:
    """Count a request of this caller. Raises OneTooMany."""
    limits = request.app[LIMITS]
    policy = limits.publishers if publisher else limits.callers
    request[STANDING] = standing = limits.take(policy, who)
    if standing.refused:
        raise OneTooMany(standing)


def address_of(request: web.Request) -> str:
    """Return the other end of the socket: whom nothing else names. A proxy is one address."""
    return f"address {request.remote or ''}"


def say(request: web.Request, response: web.StreamResponse) -> None:
    """Put the fields on the answer to a request that was counted."""
    standing = request.get(STANDING)
    if standing is not None:
        response.headers["RateLimit-Policy"] = standing.policy.said
        response.headers["RateLimit"] = standing.said
