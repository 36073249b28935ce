"""`hub verify`: is this what the hub confirmed? It asks no hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer
from rich.console import Console
from typer.core import TyperCommand

if TYPE_CHECKING:
    from hub.attestation.keys import PublicKey

TAMPERED: Final = 1
INCOMPLETE: Final = 2
USAGE: Final = 3


class Verifying(TyperCommand):
    """Ends with 3 where it is not asked as it must be: 2 says that something is missing."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # typer's own
        """Read the words after the command."""
        try:
            return super().parse_args(ctx, args)
        except Exception as wrong:
            # The class of these is typer's secret; their exit code is not.
            if getattr(wrong, "exit_code", None) == _USUAL:
                cast("Any", wrong).exit_code = USAGE
            raise


_USUAL: Final = 2
"""With which a command ends whose words cannot be read."""


def verify(
    file: Annotated[
        Path,
        typer.Argument(help="A closure pack, or the confirmation.", exists=True, dir_okay=False),
    ],
    keys: Annotated[
        Path | None,
        typer.Option(
            help="The hub's keys, as `GET /v1/keys` answers them.", exists=True, dir_okay=False
        ),
    ] = None,
) -> None:
    """Verify a closure pack, or a signed confirmation alone, offline.

    Exit codes: 0 verified, 1 tampered with or not the hub's, 2 incomplete, 3 not asked as it must
    be. Without `--keys` it says which key signed: compare its id with that of the hub's own key.
    """
    trusted = _trusted(keys)
    octets = file.read_bytes()
    if octets.lstrip()[:1] == b"{":
        _confirmation(octets.decode("utf-8", "replace"), trusted)
    else:
        _pack(octets, trusted)


def _trusted(keys: Path | None) -> Mapping[str, PublicKey]:
    from hub.adapters.secrets import KeysUnusable
    from hub.adapters.signing import keys_in

    if keys is None:
        return {}
    try:
        return keys_in(keys.read_text("utf-8", "replace"))
    except KeysUnusable as fault:
        Console(stderr=True, soft_wrap=True).print(str(fault), style="bold red", markup=False)
        raise typer.Exit(USAGE) from fault


def _confirmation(text: str, trusted: Mapping[str, PublicKey]) -> None:
    from hub.adapters.signing import said_key, verified, verified_by

    said = verified_by(text, trusted) if trusted else verified(text)
    _show(said, [said_key(text)], trusted)


def _pack(octets: bytes, trusted: Mapping[str, PublicKey]) -> None:
    from hub.adapters.closure_pack import check_pack

    found = check_pack(octets, trusted)
    console = Console(highlight=False, soft_wrap=True)
    for fault in found.faults:
        console.print(f"Tampered: {fault}", style="bold red", markup=False)
    for missing in found.missing:
        console.print(f"Incomplete: {missing}", style="bold red", markup=False)
    if found.faults or found.missing:
        raise typer.Exit(TAMPERED if found.faults else INCOMPLETE)
    if found.statement is not None:
        _show(found.statement, found.keys, trusted)
    if found.hashes_alone:
        console.print(
            f"By their hash alone, for they hold a code that is not spent: {found.hashes_alone}."
        )
    if found.later:
        console.print(f"Receipts that came after the confirmation, and are in it: {found.later}.")
    console.print("Verified: every file is as the hub wrote it, and none is missing.")


def _show(said: Mapping[str, Any], ids: Sequence[str], trusted: Mapping[str, PublicKey]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Confirmed by {said['by']}, {said['role']}, at {said['at']}.", markup=False)
    console.print(
        f"Concern {said['concern']}: {len(said['reached'])} parties with their evidence, "
        f"{len(said['waivers'])} without.",
        markup=False,
    )
    for kid in ids:
        console.print(_signed_by(kid, trusted), markup=False)


def _signed_by(kid: str, trusted: Mapping[str, PublicKey]) -> str:
    if kid not in trusted:
        return f"Signed by key {kid}: compare it with `GET /v1/keys` of the hub."
    until = trusted[kid].until
    if until is None:
        return f"Signed by the hub's key {kid}."
    return f"Signed by the hub's key {kid}, which was retired at {until.isoformat()}."
