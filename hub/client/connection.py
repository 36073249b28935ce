"""One hub, one key, one connection pool: how every call is sent, and how its answer is read."""

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
SLOW: Final = ClientTimeout(total=180, connect=5)
"""For what the hub works out in a process of its own: scenarios, drafts, maps."""


Seen = api.ConcernShown | api.BoardShown
"""What an act on a concern may rest on."""


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
    """One answer: its bytes, its text, and where the next page is."""

    body: bytes
    text: str
    next: str | None


class Connection:
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

    async def _pages(self, path: str, model: type[_M]) -> AsyncIterator[_M]:
        """Yield a list page by page."""
        following: str | None = path
        while following is not None:
            answer = await self._send("GET", following)
            yield _as(model, answer)
            following = answer.next

    async def _read(self, path: str, model: type[_M], *, patience: ClientTimeout = _PATIENCE) -> _M:
        """Read one model."""
        return _as(model, await self._send("GET", path, patience=patience))

    async def _act(
        self,
        path: str,
        said: BaseModel | None,
        model: type[_M],
        *,
        once: str | None = None,
        seen: BaseModel | None = None,
        patience: ClientTimeout = _PATIENCE,
    ) -> _M:
        """Do something. `once`: the same at each repetition of this very act.

        `seen`: what the act rests on; where it is not so any more, the hub refuses (412).
        """
        headers = {} if said is None else {"Content-Type": "application/json"}
        if once is not None:
            headers["Idempotency-Key"] = once
        if seen is not None:
            headers["If-Match"] = api.tag_of(seen)
        body = None if said is None else said.model_dump_json().encode()
        answer = await self._send("POST", path, body, headers, patience=patience)
        return _as(model, answer)

    async def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        patience: ClientTimeout = _PATIENCE,
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
                timeout=patience,
            ) as got:
                body = await got.read()
                text = body.decode("utf-8", "replace")
                link = got.links.get("next")
                if got.status >= 300:
                    raise _refused(got.status, text, got.headers.get("Retry-After"))
                path_on = None if link is None else _path(str(link["url"]))
                return Answered(body=body, text=text, next=path_on)
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


def part(value: str) -> str:
    """Return an id as one part of a path: no slash in it leads elsewhere."""
    return quote(value, safe="")


def _path(url: str) -> str:
    """Return path and query of a link: whatever host it names, the key goes to our hub."""
    found = urlsplit(url)
    return f"{found.path}?{found.query}" if found.query else found.path
