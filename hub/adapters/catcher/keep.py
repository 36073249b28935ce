"""What was caught, and waiting for more of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Keep(Generic[T]):
    """Caught things, oldest first; who waits is woken by each."""

    def __init__(self) -> None:
        self.all: list[T] = []
        self._came = asyncio.Condition()

    async def add(self, caught: T) -> None:
        """Keep one more."""
        async with self._came:
            self.all.append(caught)
            self._came.notify_all()

    async def until(self, enough: Callable[[list[T]], bool], within: float) -> list[T]:
        """Wait until there is enough, and return everything. Raises TimeoutError."""
        async with asyncio.timeout(within), self._came:
            await self._came.wait_for(lambda: enough(self.all))
        return list(self.all)
