"""`hub verify`: is this what the hub confirmed? It asks no hub."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from hub.attestation.keys import PublicKey


def verify(
    file: Annotated[Path, typer.Argument(help="An exported confirmation of closure.", exists=True)],
    keys: Annotated[
        Path | None,
        typer.Option(help="The hub's keys, as `GET /v1/keys` answers them.", exists=True),
    ] = None,
) -> None:
    """Verify a signed confirmation of closure, offline. Exit code 1 where it is not the hub's.

    Without `--keys` it says which key signed: compare its id with that of the hub's own key.
    """
    from hub.adapters.signing import keys_in, said_key, verified, verified_by

    trusted = keys_in(keys.read_text("utf-8")) if keys is not None else {}
    text = file.read_text("utf-8")
    said = verified_by(text, trusted) if trusted else verified(text)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Confirmed by {said['by']}, {said['role']}, at {said['at']}.", markup=False)
    console.print(
        f"Concern {said['concern']}: {len(said['reached'])} parties with their evidence, "
        f"{len(said['waivers'])} without.",
        markup=False,
    )
    console.print(_signed_by(said_key(text), trusted), markup=False)


def _signed_by(kid: str, trusted: Mapping[str, PublicKey]) -> str:
    if kid not in trusted:
        return f"Signed by key {kid}: compare it with `GET /v1/keys` of the hub."
    until = trusted[kid].until
    if until is None:
        return f"Signed by the hub's key {kid}."
    return f"Signed by the hub's key {kid}, which was retired at {until.isoformat()}."
