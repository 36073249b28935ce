"""A scripted GOV.UK Notify, with a memory and a check of who calls; and a carrier that calls it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from hub.adapters.notify import Account, NotifyCarrier
from hub.adapters.webhook import Deadlines
from hub.adapters.webhook.wire import tls_context
from hub.directory import Directory
from hub.ports import Clock
from tests.adapters.carriers.ground import StandingClock, mailboxes

SERVICE: Final = "0c0ffee0-1111-4222-8333-944455556666"
SECRET: Final = "0badcafe-7777-4888-8999-aaaabbbbcccc"
TEMPLATE: Final = "0decade0-aaaa-4bbb-8ccc-ddddeeeeffff"
OURS: Final = Account(service=SERVICE, secret=SECRET, template=TEMPLATE)
NUMBER: Final = "+447700900123"
OTHER_NUMBER: Final = "+447700900456"
TEXT: Final = b'{"message":"A message about reference PC-2026-0001 is waiting for you."}'
_SOON: Final = 30
"""Seconds by which the clock of a caller may be wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer that is not the usual one."""

    status: int = 500
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    taken: bool = False
    """Whether the text is kept all the same."""
    hangs_up: bool = False
    """Whether the connection is cut in place of an answer."""


def error(status: int, kind: str, message: str = "no") -> Said:
    """An error in Notify's own form."""
    body = {"status_code": status, "errors": [{"error": kind, "message": message}]}
    return Said(status=status, body=json.dumps(body).encode())


class Notify:
    """Takes texts, keeps them, says what became of them; only for who proves to be our service."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.texts: list[dict[str, Any]] = []
        """Every text that was taken, oldest first, as it was asked for."""
        self.bodies: list[bytes] = []
        """The same, as octets."""
        self.calls: list[str] = []
        """Every request: its method, its path and its query."""
        self.tokens: list[str] = []
        self.says: deque[Said] = deque()
        """What it says to the next posts, once each."""
        self.says_of_texts: Said | None = None
        """What it says whenever it is asked of texts; None: what it knows."""
        self.status = "sending"
        self.url = ""
        self._runner: web.ServerRunner | None = None

    async def start(self) -> None:
        self._runner = web.ServerRunner(
            web.Server(self._answer, access_log=None), shutdown_timeout=0
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.calls.append(f"{request.method} {request.path_qs}")
        if not self._is_ours(request.headers.get("Authorization", "")):
            return _as_response(error(403, "AuthError", "Invalid token"))
        if request.method == "POST" and request.path == "/v2/notifications/sms":
            return await self._take(request)
        if self.says_of_texts is not None:
            return _as_response(self.says_of_texts)
        if request.path == "/v2/notifications":
            wanted = request.query.get("reference")
            found = [one for one in self._known() if one["reference"] == wanted]
            return web.json_response({"notifications": found, "links": {}})
        wanted = request.path.rpartition("/")[2]
        for one in self._known():
            if one["id"] == wanted:
                return web.json_response(one)
        return _as_response(error(404, "NoResultFound", "No result found"))

    async def _take(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        said = self.says.popleft() if self.says else None
        if said is None or said.taken:
            self.bodies.append(body)
            self.texts.append(json.loads(body))
        if said is not None and said.hangs_up:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if said is not None:
            return _as_response(said)
        taken = self._known()[0]
        answer = {key: taken[key] for key in ("id", "reference")}
        content = {"body": self.texts[-1]["personalisation"]["message"], "from_number": "GOVUK"}
        return web.json_response({**answer, "content": content}, status=201)

    def _known(self) -> list[dict[str, Any]]:
        """What it lists, newest first: the number and the words stand in it."""
        return [
            {
                "id": f"740e5834-3a29-46b4-9a6f-{number:012}",
                "reference": text["reference"],
                "phone_number": text["phone_number"],
                "type": "sms",
                "status": self.status,
                "body": text["personalisation"]["message"],
                "created_at": "2026-06-15T09:30:00.000000Z",
            }
            for number, text in reversed(list(enumerate(self.texts)))
        ]

    def _is_ours(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        self.tokens.append(token)
        head, claims, proof = token.split(".")
        wanted = hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
        said = json.loads(_decoded(claims))
        wrong_by = abs(self._clock.now().timestamp() - said["iat"])
        return (
            scheme == "Bearer"
            and json.loads(_decoded(head)) == {"typ": "JWT", "alg": "HS256"}
            and hmac.compare_digest(_decoded(proof), wanted)
            and said["iss"] == SERVICE
            and wrong_by <= _SOON
        )


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _as_response(said: Said) -> web.Response:
    return web.Response(status=said.status, body=said.body, headers=said.headers)


def telephone(number: str = NUMBER) -> Directory:
    """A directory whose one contact is sent texts."""
    return mailboxes(f"tel:{number}")


def notify(
    url: str, *, clock: Clock | None = None, deadlines: Deadlines | None = None
) -> NotifyCarrier:
    return NotifyCarrier(
        url,
        account=OURS,
        clock=clock or StandingClock(),
        tls=tls_context(None),
        deadlines=deadlines,
    )


def words_in(body: bytes) -> bytes:
    """The octets of a request that came from the register."""
    return body.partition(b'"personalisation":')[2][:-1]
