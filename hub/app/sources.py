"""Where books come from: the folders that the settings name, or what ships with the hub."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

from hub.adapters.endpoint_keys import endpoint_keys
from hub.app.books import Books, open_books, with_keys
from hub.app.reload import Look, look_at
from hub.compose import Sender
from hub.directory import Directory
from hub.ports import Register
from hub.settings import Settings
from hub.vocabulary import Mint, PublisherId


def reader(
    settings: Settings,
    sender: Sender,
    mint: Mint,
    grants: Mapping[PublisherId, Collection[PublisherId]],
) -> Callable[[], Books]:
    """Return what reads and checks packs and words; it raises BooksRefused."""

    def read() -> Books:
        books = open_books(settings.policy_dir, settings.templates_dir, sender, mint)
        return books.granting(grants)

    return read


def looker(settings: Settings) -> Callable[[], Look]:
    """Return what says whether the folders have changed.

    What ships is not watched: an upgrade under a running hub is not meant for this program.
    """
    folders = [f for f in (settings.policy_dir, settings.templates_dir) if f is not None]
    return lambda: look_at(folders)


def seeder(
    register: Register, settings: Settings, instead: Directory | None
) -> Callable[[Books], Awaitable[None]]:
    """Return what puts a pack's directory into the register, where an id is not there yet."""

    async def seed(books: Books) -> None:
        given = settings.endpoint_keys.get_secret_value() if settings.endpoint_keys else None
        keys = endpoint_keys(given)
        for seeds in (instead,) if instead is not None else books.seeds.values():
            await register.seed(with_keys(seeds, keys))

    return seed
