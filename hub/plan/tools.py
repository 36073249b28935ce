"""What planning works with."""

from __future__ import annotations

from dataclasses import dataclass

from hub.compose import Sender, Words
from hub.directory import Directory
from hub.pack.rules import Pack
from hub.vocabulary import Mint


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What planning works with: the agreed rules, the live directory, the words, and a mint."""

    pack: Pack
    directory: Directory
    words: Words
    sender: Sender
    mint: Mint
