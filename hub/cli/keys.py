"""`hub key`: make, list and end keys by which programs use the API."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from hub.access import Post
from hub.ports.keys import LONGEST, ApiKey, Scope
from hub.vocabulary import AgencyId, HubError

if TYPE_CHECKING:
    from hub.ports import Register

_LOG_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class KeyIncomplete(HubError):
    """The key was not made:"""  # noqa: D400  # what is missing follows


class NoSuchKey(HubError):
    """There is no key of this id, or it has ended."""


def make(
    holder: Annotated[str, typer.Argument(help="Whose it is, such as surrey-case-system.")],
    *,
    name: Annotated[str, typer.Option(help="The person in whose name it acts.")],
    post: Annotated[Post, typer.Option(help="What that person is to their agency.")],
    agency: Annotated[str, typer.Option(help="Their agency, by its id in the directory.")],
    scope: Annotated[list[Scope], typer.Option(help="What it is for; may be given again.")],
    by: Annotated[str, typer.Option(help="Who makes it; kept in the log.")],
    days: Annotated[int, typer.Option(min=1, max=LONGEST.days, help="How long it lives.")] = 90,
) -> None:
    """Make a key for the API, and show it once: the register keeps its hash alone.

    It may do what its post may, and of that no more than its scopes. A holder has two live keys at
    most, so that one can follow the other. On SQLite stop the hub first: one process may write.
    """
    if not _LOG_NAME.fullmatch(holder) or not _LOG_NAME.fullmatch(by):
        raise KeyIncomplete("HOLDER and --by: letters, digits, `._-`, 64 at most")
    if not name.strip() or len(name) > 200:
        raise KeyIncomplete("--name: a person's name")
    made, expires = asyncio.run(_make(holder, name.strip(), post, agency, scope, by, days))
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"For {holder}, until {expires:%Y-%m-%d %H:%M} UTC. It is not shown again.")
    typer.echo(made)


def show() -> None:
    """List the keys: whose, for what, until when. The keys themselves are nowhere."""
    table = Table("key", "holder", "acts as", "agency", "for", "until")
    now = datetime.now(UTC)
    for one in asyncio.run(_keys()):
        until = f"{one.expires:%Y-%m-%d %H:%M} UTC"
        scopes = " ".join(sorted(one.scopes))
        table.add_row(
            one.id,
            one.holder,
            f"{one.name}, {one.post.value}",
            one.agency,
            scopes,
            until if one.live(now) else "ended",
        )
    Console(highlight=False, soft_wrap=True).print(table)


def end(
    key: Annotated[str, typer.Argument(help="The key's id, as `hub key list` shows it.")],
    *,
    by: Annotated[str, typer.Option(help="Who ends it; kept in the log.")],
) -> None:
    """End a key now. What it has done stands."""
    if not _LOG_NAME.fullmatch(by):
        raise KeyIncomplete("--by: letters, digits, `._-`, 64 at most")
    if not asyncio.run(_end(key, by)):
        raise NoSuchKey
    Console(stderr=True, highlight=False).print(f"{key} has ended.")


async def _opened(*, read_only: bool = False) -> Register:
    from hub.adapters.register import open_register
    from hub.settings import read_settings

    settings = read_settings()
    return await open_register(settings.register, source=settings.source, read_only=read_only)


async def _make(
    holder: str, name: str, post: Post, agency: str, scopes: list[Scope], by: str, days: int
) -> tuple[str, datetime]:
    import secrets

    from hub.adapters.clock import RandomMint
    from hub.ports.keys import PREFIX, hash_of

    register = await _opened()
    try:
        known = (await register.directory()).agency(AgencyId(agency))
        if known is None:
            raise KeyIncomplete(f"--agency: the directory has no `{agency}`")
        opaque, now = PREFIX + secrets.token_urlsafe(32), datetime.now(UTC)
        key = ApiKey(
            id=RandomMint().id(),
            holder=holder,
            name=name,
            post=post,
            agency=known.id,
            scopes=frozenset(scopes),
            made=now,
            expires=now + timedelta(days=days),
        )
        await register.add_key(key, hash_of(opaque), by)
        return opaque, key.expires
    finally:
        await register.close()


async def _keys() -> tuple[ApiKey, ...]:
    register = await _opened(read_only=True)
    try:
        return await register.keys()
    finally:
        await register.close()


async def _end(key: str, by: str) -> bool:
    register = await _opened()
    try:
        return await register.end_key(key, by)
    finally:
        await register.close()
