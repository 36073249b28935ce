"""The composition root: the one place that knows every concrete thing."""

from __future__ import annotations

from hub.app.books import Books, BooksRefused, open_books
from hub.app.hub import ROLES, Hub, Made, open_hub

__all__ = ["ROLES", "Books", "BooksRefused", "Hub", "Made", "open_books", "open_hub"]
