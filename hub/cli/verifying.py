"""`hub verify`: is this what the hub confirmed? It asks no hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


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
    from hub.adapters.signing import key_ids, said_key, verified

    trusted = key_ids(keys.read_text("utf-8")) if keys is not None else frozenset[str]()
    text = file.read_text("utf-8")
    said = verified(text, trusted)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Confirmed by {said['by']}, {said['role']}, at {said['at']}.", markup=False)
    console.print(
        f"Concern {said['concern']}: {len(said['reached'])} parties with their evidence, "
        f"{len(said['waivers'])} without.",
        markup=False,
    )
    kid = said_key(text)
    console.print(
        f"Signed by the hub's key {kid}."
        if trusted
        else f"Signed by key {kid}: compare it with `GET /v1/keys` of the hub.",
        markup=False,
    )
