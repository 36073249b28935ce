"""Reads packs, templates and examples: those that ship, or a folder of the operator's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import hub
from hub.vocabulary import HubError

_PACKAGE: Final = Path(hub.__file__).parent


class NotShipped(HubError):
    """There is no such folder:"""  # noqa: D400  # the path follows


def shipped(name: str) -> Path:
    """Return the folder `policy`, `message_templates` or `examples` of this installation.

    A wheel carries them inside the package; a checkout has them beside it.
    """
    inside = _PACKAGE / "_shipped" / name
    folder = inside if inside.is_dir() else _PACKAGE.parent / name
    if not folder.is_dir():
        raise NotShipped(str(folder))
    return folder


def read_folder(folder: Path, *suffixes: str) -> Mapping[str, str]:
    """Return the text of every file below a folder, by its path relative to it."""
    if not folder.is_dir():
        raise NotShipped(str(folder))
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (not suffixes or path.name.endswith(suffixes))
    }


def pack_folders(folder: Path) -> tuple[Path, ...]:
    """Return the folder of every pack: each one that holds a `sharing.toml`."""
    return tuple(sorted(path.parent for path in folder.glob("*/sharing.toml")))
