"""The composition root: the one place that knows every concrete thing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hub.app.books import Books, BooksRefused, open_books

if TYPE_CHECKING:
    from hub.app.hub import ROLES, Hub, Made, open_hub

__all__ = ["ROLES", "Books", "BooksRefused", "Hub", "Made", "open_books", "open_hub"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as the module it comes from has it
    """Bring the whole hub in where it is asked for: `hub explain` and `hub check` need books alone.

    Raises AttributeError for what is not here.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("hub.app.hub"), name)
