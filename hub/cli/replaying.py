"""`hub replay`: send again what was sent, the same bytes under the same ids."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from hub.repeat import Selection, Verdict, Why
from hub.vocabulary import AgencyId, ConcernId, DeliveryId, HubError

if TYPE_CHECKING:
    from hub.ports.replaying import Judge, Replay
    from hub.settings import Settings

_LOG_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NOTE: Final = 500
AT_ONCE: Final = 100
"""Deliveries of one commit."""


class NothingMeant(HubError):
    """Say what is meant: `--delivery`, `--concern`, `--agency`, `--to` or `--since`."""


class NobodyAsks(HubError):
    """Say who asks (`--by`; letters, digits, `._-`) and why (`--why`): the log keeps it."""


class NotAsked(HubError):
    """Nothing was sent: it was not agreed to."""


class NoteTooLong(HubError):
    """A note has at most 500 characters."""


def replay(
    *,
    delivery: Annotated[str, typer.Option(help="One delivery, by its id.")] = "",
    concern: Annotated[str, typer.Option(help="What was sent of this concern.")] = "",
    agency: Annotated[str, typer.Option(help="What was sent to this agency.")] = "",
    to: Annotated[str, typer.Option(help="What was sent to this mailbox or webhook.")] = "",
    since: Annotated[datetime | None, typer.Option(help="Written since this time (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Written before this time (UTC).")] = None,
    by: Annotated[str, typer.Option(help="Who asks for it; kept in the log.")] = "",
    why: Annotated[Why | None, typer.Option(help="Why; kept in the log.")] = None,
    note: Annotated[str, typer.Option(help="Your own words; kept in the register alone.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and send nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")] = False,
    progress: Annotated[bool, typer.Option("--progress", help="Say how far orders are.")] = False,
) -> None:
    """Send again what was sent: one delivery, those of a window, or those of a group.

    What was written is sent again, the same bytes under the same ids, so that a receiver knows what
    it has already. Nobody is told what they may not be told now: what is held, withheld, stopped,
    replaced or erased is refused and counted, and holds are asked again at the moment of sending.
    To a provider nothing is sent while anything is held from it. What is given together must all be
    true. It goes through the queue, in the bulk lane; an order that is broken off is carried on by
    the hub that runs. On SQLite stop the hub first, since one process may write.
    """
    if progress:
        _show_orders()
        return
    meant = Selection(
        delivery=DeliveryId(delivery) if delivery else None,
        concern=ConcernId(concern) if concern else None,
        agency=AgencyId(agency) if agency else None,
        target=to or None,
        since=_utc(since),
        until=_utc(until) or datetime.now(UTC),
    )
    if meant.whole_register:
        raise NothingMeant
    counts = _show_counts(meant)
    if dry_run:
        _console().print("Nothing was sent.")
        return
    if why is None or not _LOG_NAME.fullmatch(by):
        raise NobodyAsks
    if len(note) > _NOTE:
        raise NoteTooLong
    if not yes and not typer.confirm(f"Send {counts.get(Verdict.AGAIN, 0)} again?"):
        raise NotAsked
    done = asyncio.run(_send(meant, (by, why, note), sum(counts.values())))
    _console().print(f"Replay {done.id}: {done.counts.get(Verdict.AGAIN, 0)} are queued again.")


async def _count(meant: Selection) -> Mapping[Verdict, int]:
    from hub.adapters.register import open_register
    from hub.settings import read_settings

    settings = read_settings()
    register = await open_register(settings.register, read_only=True)
    try:
        return await register.would_replay(meant, _judge(settings))
    finally:
        await register.close()


async def _orders() -> Sequence[Replay]:
    from hub.adapters.register import open_register
    from hub.settings import read_settings

    register = await open_register(read_settings().register, read_only=True)
    try:
        return await register.replays()
    finally:
        await register.close()


async def _send(meant: Selection, asked: tuple[str, Why, str], number: int) -> Replay:
    from hub.adapters.clock import RandomMint
    from hub.adapters.register import open_register
    from hub.ports.replaying import Replay
    from hub.settings import read_settings

    settings = read_settings()
    by, why, note = asked
    order = Replay(
        id=RandomMint().id(),
        selection=meant,
        asked_by=by,
        why=why,
        note=note,
        at=datetime.now(UTC),
    )
    register = await open_register(settings.register, source=settings.source)
    judge = _judge(settings)
    try:
        await register.order_replay(order)
        with _bar() as bar:
            task = bar.add_task("looked at", total=number)
            done: Replay | None = order
            while done is not None and done.ended is None:
                order = done
                done = await register.go_on_replaying(order.id, judge, AT_ONCE)
                bar.update(task, completed=sum((done or order).counts.values()))
        return done or order
    finally:
        await register.close()


def _judge(settings: Settings) -> Judge:
    from hub.adapters.clock import RandomMint
    from hub.app.sources import reader
    from hub.app.ways import sender
    from hub.watch.replaying import judge_by

    out = sender(settings, settings.public_url or "")
    books = reader(settings, out, RandomMint(), {})()
    return judge_by(books.tools_for)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=UTC)


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def _show_counts(meant: Selection) -> Mapping[Verdict, int]:
    counts = asyncio.run(_count(meant))
    table = Table("deliveries", "what becomes of them")
    for verdict in Verdict:
        if counts.get(verdict):
            table.add_row(str(counts[verdict]), verdict.value)
    if counts:
        _console().print(table)
    _console().print(f"{sum(counts.values())} meant, {counts.get(Verdict.AGAIN, 0)} to send again.")
    return counts


def _show_orders() -> None:
    table = Table("replay", "asked", "by", "why", "looked at", "sent again", "ended")
    for one in asyncio.run(_orders()):
        table.add_row(
            one.id,
            f"{one.at:%Y-%m-%d %H:%M} UTC",
            one.asked_by,
            one.why.value,
            str(sum(one.counts.values())),
            str(one.counts.get(Verdict.AGAIN, 0)),
            f"{one.ended:%Y-%m-%d %H:%M} UTC" if one.ended else "goes on",
        )
    _console().print(table)
