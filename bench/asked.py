"""What a side of the benchmark is asked for, and how it and the benchmark speak."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the side was asked for."""

    amqp: str = ""
    register: str = ""
    smtp: str = ""
    hooks: str = ""
    folder: str = ""
    warm: int = 0
    count: int = 0
    seconds: float = 0

    @property
    def settings(self) -> Settings:
        """Return the settings of a hub for this run."""
        return Settings.model_validate(
            {
                "data_dir": Path(self.folder),
                "amqp_url": self.amqp,
                "register_url": self.register,
                "smtp_url": self.smtp,
                "web_port": 0,
                "log_form": "json",
            }
        )


def say(line: dict[str, Any]) -> None:
    """Tell the benchmark one thing."""
    print(json.dumps(line), flush=True)


async def until_input_ends() -> None:
    """Return when the benchmark hangs up."""
    await asyncio.to_thread(sys.stdin.read)


async def until_input_says_go() -> None:
    """Return when the benchmark says a word."""
    await asyncio.to_thread(sys.stdin.readline)


async def until(count: int, done: Callable[[], int]) -> None:
    """Return when so many are done."""
    while done() < count:  # noqa: ASYNC110  # the hub has no event for it
        await asyncio.sleep(0.001)
