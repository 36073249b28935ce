"""What is loaded at start and stays: the collector of garbage need not look at it ever again."""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 20_000
"""So many new objects before the youngest are looked at: about what one batch of events makes."""
OLDER: Final = (20, 50)
"""How often the next generations are looked at, counted in looks at the one before."""


def keep_what_is_loaded() -> None:
    """Set aside everything that is alive now: packs, words, models and libraries.

    They are some hundred thousand objects. To look through them again and again took a fifth of
    the hub's time, and each look stopped everything for a quarter of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *OLDER)
