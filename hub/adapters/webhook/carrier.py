"""The webhook carrier: what stops a delivery before the wire, and what an answer means."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver

from hub.adapters.egress import AddressRefused, egress_of, url_of
from hub.adapters.webhook.sign import signed_headers
from hub.adapters.webhook.wire import Answer, Deadlines, Sessions, Try
from hub.directory import Directory, Endpoint, EndpointKey
from hub.notice import (
    Accepted,
    Deferred,
    Delivery,
    InDoubt,
    Leased,
    Outcome,
    Refused,
    RefusedBecause,
)
from hub.ports import Clock
from hub.rotation import live, state
from hub.vocabulary import EndpointId, Rung

_KEPT: Final = 1024
"""Characters of an answer that are kept as evidence."""
_LONGEST_WAIT: Final = timedelta(hours=24)
"""The longest `Retry-After` we follow: by then the last scheduled try is due in any case."""
_DELIVERED: Final = frozenset({200, 201, 204})
_LATER: Final = frozenset({408, 425, 429})
"""The 4xx that ask for patience, and do not say that something is set up wrongly."""
_SHORTEST_KEY: Final = 24


class WebhookCarrier:
    """The carrier for `Channel.WEBHOOK`.

    `ca_file` is a certificate to trust beside the system's; `resolver` answers for host names.
    How many calls run at once is the caller's to bound.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        ca_file: Path | None = None,
        deadlines: Deadlines | None = None,
        resolver: AbstractResolver | None = None,
        user_agent: str = "ConcernHub",
    ) -> None:
        self._clock = clock
        self._deadlines = deadlines or Deadlines()
        self._sessions = Sessions(
            ca_file=ca_file,
            resolver=resolver,
            user_agent=user_agent,
            connect=self._deadlines.connect,
        )
        self._closed = False

    async def carry(self, leased: Leased, directory: Directory) -> Outcome:
        """Post the event once.

        Only 2xx is success: 200, 201 and 204 are `delivered`, any other 2xx is `relayed`. Where the
        body went out and no whole answer came, InDoubt: the same id is sent again. A cancelled call
        must be written down as in doubt too.
        """
        delivery = leased.delivery
        endpoint = directory.endpoint(EndpointId(delivery.target))
        if endpoint is None:
            return self._refused(RefusedBecause.GONE, "the directory has no such endpoint now")
        now = self._clock.now()
        keys = live(endpoint.keys, now)
        if (stopped := self._stopped(delivery, endpoint, keys)) is not None:
            return stopped
        url = url_of(endpoint)
        if isinstance(url, str):
            return self._refused(RefusedBecause.EGRESS, url)
        running = Try(started=asyncio.get_running_loop().time(), signed_by=_named(keys, now))
        headers = signed_headers(delivery.id, now, delivery.body, keys)
        reach = egress_of(endpoint, url)
        broken: Exception | None = None
        try:
            async with asyncio.timeout(self._deadlines.total):
                await self._sessions.post(reach, url, headers, delivery.body, running)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            broken = error
        if running.answer is not None:
            return self._judged(running.answer, delivery, running)
        return self._broken(broken, delivery, running)

    async def ready(self) -> str | None:
        """Return None: each endpoint is its own way out, and none stands for the others."""
        return "the webhook carrier is closed" if self._closed else None

    async def close(self) -> None:
        """Give back every connection."""
        self._closed = True
        await self._sessions.close()

    def _stopped(
        self, delivery: Delivery, endpoint: Endpoint, keys: tuple[EndpointKey, ...]
    ) -> Outcome | None:
        """Say what keeps this delivery from going out at all, if anything does."""
        if self._closed:
            return self._later("the webhook carrier is closed", ours=True)
        if endpoint.parked:
            return self._later("the endpoint is parked", ours=True)
        if not keys or any(len(key.secret) < _SHORTEST_KEY for key in keys):
            lacks = "the endpoint has no key that signs now, or one that is too short"
            return self._later(lacks, ours=True, configuration=True)
        if hashlib.sha256(delivery.body).hexdigest() != delivery.sha256:
            return self._refused(
                RefusedBecause.CONFIGURATION, "the stored bytes are not those that were composed"
            )
        return None

    def _judged(self, answer: Answer, delivery: Delivery, running: Try) -> Outcome:
        now = self._clock.now()
        status = answer.status
        evidence = _evidence(delivery, running, "answer", answer)
        if 200 <= status < 300 and not answer.whole:
            detail = f"{status} began, and the answer never ended"
            return InDoubt(at=now, detail=detail, evidence=evidence)
        if status in _DELIVERED:
            detail = f"taken by the agency's system ({status})"
            return Accepted(at=now, detail=detail, evidence=evidence, rung=Rung.DELIVERED)
        if 200 <= status < 300:
            detail = f"accepted by the agency's gateway, not yet processed ({status})"
            return Accepted(at=now, detail=detail, evidence=evidence, rung=Rung.RELAYED)
        if 300 <= status < 400:
            detail = f"the endpoint points elsewhere, and we do not follow ({status})"
            because = RefusedBecause.CONFIGURATION
            return Refused(at=now, detail=detail, evidence=evidence, because=because)
        if status == 410:
            detail = "the endpoint is retired (410)"
            return Refused(at=now, detail=detail, evidence=evidence, because=RefusedBecause.GONE)
        wrong = 400 <= status < 500 and status not in _LATER
        says = "is set up wrongly: configuration" if wrong else "does not take it now"
        return Deferred(
            at=now,
            detail=f"the endpoint {says} ({status})",
            evidence=evidence,
            not_before=not_before(answer.headers.get("Retry-After", ""), now),
            configuration=wrong,
        )

    def _broken(self, error: Exception | None, delivery: Delivery, running: Try) -> Outcome:
        """Say what a try without an answer means."""
        now = self._clock.now()
        refused = _refusal_in(error)
        if refused is not None and not running.sent:
            evidence = _evidence(delivery, running, "dial")
            detail = f"the address is refused: {refused.args[0]}"
            because = RefusedBecause.EGRESS
            return Refused(at=now, detail=detail, evidence=evidence, because=because)
        said = _said(error)
        if running.sent:
            evidence = _evidence(delivery, running, "body")
            detail = f"sent, and no answer was read: {said}"
            return InDoubt(at=now, detail=detail, evidence=evidence)
        return Deferred(
            at=now,
            detail=said,
            evidence=_evidence(delivery, running, "connect"),
            ours=isinstance(error, aiohttp.ClientConnectorDNSError),
            configuration=isinstance(error, aiohttp.ClientSSLError),
        )

    def _later(self, detail: str, *, ours: bool, configuration: bool = False) -> Deferred:
        return Deferred(
            at=self._clock.now(),
            detail=detail,
            evidence=(("phase", "check"),),
            ours=ours,
            configuration=configuration,
        )

    def _refused(self, because: RefusedBecause, detail: str) -> Refused:
        return Refused(
            at=self._clock.now(), detail=detail, evidence=(("phase", "check"),), because=because
        )


def not_before(retry_after: str, now: datetime) -> datetime | None:
    """Return the instant `Retry-After` asks for (RFC 9110, 10.2.3), or None where it asks nothing.

    Seconds or an HTTP date; never more than 24 hours ahead.
    """
    asked = retry_after.strip()
    if asked.isascii() and asked.isdigit():
        wait = timedelta(seconds=min(int(asked[:9]), 86_400))
        return now + wait
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until.astimezone(UTC)
    return min(until, now + _LONGEST_WAIT) if until > now else None


def _evidence(
    delivery: Delivery, running: Try, phase: str, answer: Answer | None = None
) -> tuple[tuple[str, str], ...]:
    took = asyncio.get_running_loop().time() - running.started
    found = [("phase", phase), *running.wire.items(), ("signed by", running.signed_by)]
    if answer is not None:
        found += [
            ("status", str(answer.status)),
            ("read", str(len(answer.body))),
            ("reply", _words(answer.body)),
        ]
    if running.reconnected:
        found.append(("reconnected", "a kept connection had gone"))
    found += [
        ("seconds", f"{took:.3f}"),
        ("size", str(len(delivery.body))),
        ("sha256", delivery.sha256),
    ]
    return tuple(found)


def _named(keys: tuple[EndpointKey, ...], now: datetime) -> str:
    """Name the keys that sign, without their secrets."""
    return ", ".join(f"{key.id} ({state(key, now)})" for key in keys)


def _words(body: bytes | bytearray) -> str:
    cut = body[: 4 * _KEPT].decode("utf-8", "replace")[:_KEPT]
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in cut)


def _refusal_in(error: BaseException | None) -> AddressRefused | None:
    while error is not None:
        if isinstance(error, AddressRefused):
            return error
        error = error.__cause__
    return None


def _said(error: Exception | None) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "the host's name cannot be resolved"
        case aiohttp.ClientConnectorCertificateError():
            return "the endpoint's certificate is not good"
        case aiohttp.ClientSSLError():
            return "no TLS with the endpoint"
        case TimeoutError():
            return "the endpoint did not answer in time"
        case aiohttp.ClientConnectorError():
            return "the endpoint cannot be reached"
        case aiohttp.ClientResponseError() | ValueError():
            return "the endpoint's answer cannot be read"
        case _:
            return "the connection was lost"
