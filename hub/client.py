"""A client of the API: what the hub says, as the models that the hub itself answers with.

One key, one base address, one connection pool. A problem (RFC 9457) is raised whole; 429 and 503
say when to come again, and an act with an `Idempotency-Key` may then be sent again as it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import quote, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from pydantic import BaseModel, ValidationError

from hub import api
from hub.vocabulary import HubError

_M = TypeVar("_M", bound=BaseModel)

_PATIENCE: Final = ClientTimeout(total=30, connect=5)
_CLOUD_EVENT: Final = "application/cloudevents+json; charset=utf-8"


class HubUnreachable(HubError):
    """The hub cannot be reached, or did not answer as a hub does:"""  # noqa: D400  # why follows


class Refused(HubError):
    """The hub refused:"""  # noqa: D400  # the problem follows

    def __init__(self, problem: api.Problem, text: str, wait: int | None) -> None:
        super().__init__(f"{problem.status}\n{text}")
        self.problem = problem
        self.wait = wait
        """In how many seconds to come again, where the hub says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer: its text, and where the next page is."""

    text: str
    next: str | None


class Client:
    """Asks one hub with one key. Use it in `async with`."""

    def __init__(self, url: str, key: str) -> None:
        """`url`: where the hub is, such as `https://hub.example`."""
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connections."""
        # No proxy of the environment, no cookie and no redirect: the key goes to this hub alone.
        self._session = ClientSession(
            timeout=_PATIENCE, cookie_jar=DummyCookieJar(), trust_env=False
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give them back."""
        if self._session is not None:
            await self._session.close()

    async def concerns(self) -> AsyncIterator[api.ConcernSummary]:
        """Yield the concerns of the key's authority, the newest first, page after page."""
        async for page in self._pages("/v1/concerns", api.ConcernList):
            for one in page.concerns:
                yield one

    async def concern(self, concern: str) -> api.ConcernShown:
        """Return one concern."""
        return await self._read(f"/v1/concerns/{_part(concern)}", api.ConcernShown)

    async def board(self, concern: str) -> api.BoardShown:
        """Return who has been told of one concern, and how far the evidence reaches."""
        return await self._read(f"/v1/concerns/{_part(concern)}/board", api.BoardShown)

    async def timeline(self, concern: str) -> AsyncIterator[api.LogEntry]:
        """Yield what the log has of one concern, the newest first."""
        async for page in self._pages(f"/v1/concerns/{_part(concern)}/timeline", api.Timeline):
            for one in page.entries:
                yield one

    async def notices(self) -> AsyncIterator[api.NoticeSummary]:
        """Yield the notices to the key's own agency, the newest first."""
        async for page in self._pages("/v1/notices", api.NoticeList):
            for one in page.notices:
                yield one

    async def notice(self, notice: str) -> api.NoticeShown:
        """Return one notice to the key's own agency, word for word."""
        return await self._read(f"/v1/notices/{_part(notice)}", api.NoticeShown)

    async def acknowledge(
        self, notice: str, said: api.Acknowledge, *, once: str
    ) -> api.AnsweredShown:
        """Acknowledge a notice. `once`: the same at each repetition of this very act."""
        path = f"/v1/notices/{_part(notice)}/acknowledgement"
        return await self._act(path, said, api.AnsweredShown, once)

    async def decline(self, notice: str, said: api.Decline, *, once: str) -> api.AnsweredShown:
        """Say that a notice is not for this agency."""
        path = f"/v1/notices/{_part(notice)}/declination"
        return await self._act(path, said, api.AnsweredShown, once)

    async def confirm_closure(
        self, concern: str, said: api.Confirmation, *, once: str
    ) -> api.AttestationShown:
        """Confirm that closure notices were sent. Raises Refused with every gap (409)."""
        path = f"/v1/concerns/{_part(concern)}/attestation"
        return await self._act(path, said, api.AttestationShown, once)

    async def publish(self, event: bytes) -> str:
        """Publish one CloudEvent with a publisher's key; return its receipt as it came."""
        headers = {"Content-Type": _CLOUD_EVENT}
        return (await self._send("POST", "/v1/events", event, headers)).text

    async def _pages(self, path: str, model: type[_M]) -> AsyncIterator[_M]:
        following: str | None = path
        while following is not None:
            answer = await self._send("GET", following)
            yield _as(model, answer)
            following = answer.next

    async def _read(self, path: str, model: type[_M]) -> _M:
        return _as(model, await self._send("GET", path))

    async def _act(self, path: str, said: BaseModel, model: type[_M], once: str) -> _M:
        headers = {"Content-Type": "application/json", "Idempotency-Key": once}
        return _as(model, await self._send("POST", path, said.model_dump_json().encode(), headers))

    async def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        """Send one request. Raises HubUnreachable and Refused."""
        if self._session is None:
            raise HubUnreachable("open the client first: `async with`")
        try:
            async with self._session.request(
                method,
                self._url + path,
                data=body,
                headers=self._headers | dict(headers or {}),
                allow_redirects=False,
            ) as got:
                text = await got.text()
                link = got.links.get("next")
                if got.status >= 300:
                    raise _refused(got.status, text, got.headers.get("Retry-After"))
                path_on = None if link is None else _path(str(link["url"]))
                return Answered(text=text, next=path_on)
        except (ClientError, TimeoutError, UnicodeError) as fault:
            raise HubUnreachable(f"{self._url}: {str(fault) or type(fault).__name__}") from fault


def _refused(status: int, text: str, wait: str | None) -> HubError:
    try:
        problem = api.Problem.model_validate_json(text)
    except ValidationError:
        return HubUnreachable(f"{status}, and no problem of ours: is this a hub?")
    return Refused(problem, text, int(wait) if wait is not None and wait.isdigit() else None)


def _as(model: type[_M], answer: Answered) -> _M:
    try:
        return model.model_validate_json(answer.text)
    except ValidationError as fault:
        raise HubUnreachable(f"an answer that is no {model.__name__}") from fault


def _part(value: str) -> str:
    """Return an id as one part of a path: no slash in it leads elsewhere."""
    return quote(value, safe="")


def _path(url: str) -> str:
    """Return path and query of a link: whatever host it names, the key goes to our hub."""
    found = urlsplit(url)
    return f"{found.path}?{found.query}" if found.query else found.path
