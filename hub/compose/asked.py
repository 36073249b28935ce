"""What ladders ask of a desk of the host authority, as its list says it: all of class C0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.compose.sender import Sender
from hub.concern import Concern
from hub.decision import Notify

BOARD: Final = "board_page"
FACTS: Final = ("asked_list", "asked_unsaid", BOARD)


def asked_facts(decision: Notify, concern: Concern, sender: Sender) -> Mapping[str, str | None]:
    """Return what the steps of ladders ask of this reader, and where the board shows the rest."""
    board = {BOARD: f"{sender.public_url}/concerns/{concern.id}"}
    mine = next((one for one in decision.occasion.asked if one.desk == decision.party), None)
    if mine is None:
        return board
    return {
        "asked_list": "\n".join(mine.lines) or None,
        "asked_unsaid": str(mine.unsaid) if mine.unsaid else None,
        **board,
    }
