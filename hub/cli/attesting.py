"""`hub attestation export`: the closure pack as a file, for whoever was not there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from hub.vocabulary import ConcernId, HubError

if TYPE_CHECKING:
    from hub.settings import Settings


class NotConfirmed(HubError):
    """There is no signed confirmation of closure to export of this concern."""


class NotWritten(HubError):
    """The pack cannot be written:"""  # noqa: D400  # where, and why, follows


def export(
    concern: Annotated[str, typer.Argument(help="The concern's id.")],
    to: Annotated[Path, typer.Option(help="Where the pack is written.", dir_okay=False)],
) -> None:
    """Write the closure pack: the signed confirmation, every notice, receipt and returned mail.

    It holds what was told to everybody: it is for those who may see the whole concern. That it was
    made stands in the log. On SQLite the hub must be stopped; its page offers the same pack.
    """
    from hub.settings import read_settings

    pack = asyncio.run(_packed(read_settings(), ConcernId(concern)))
    if pack is None:
        raise NotConfirmed(f"({concern})")
    _write(pack, to)
    Console(highlight=False, soft_wrap=True).print(
        f"{to}: {len(pack):,} octets. `hub verify {to}` checks it.", markup=False
    )


def _write(pack: bytes, to: Path) -> None:
    """Write it for its owner alone: it holds what was told to everybody."""
    try:
        to.touch(mode=0o600)
        to.write_bytes(pack)
    except OSError as error:
        raise NotWritten(f"{to}: {error.strerror}") from error


async def _packed(settings: Settings, concern: ConcernId) -> bytes | None:
    from hub.adapters.clock import SystemClock
    from hub.adapters.register import open_register
    from hub.adapters.signing import signer
    from hub.answers.packing import closure_pack

    given = settings.signing_key.get_secret_value() if settings.signing_key else None
    by = signer(given, settings.data_dir, make=False)
    register = await open_register(settings.register, source=settings.source)
    try:
        return await closure_pack(register, SystemClock(), by, concern)
    finally:
        await register.close()
