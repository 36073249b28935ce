"""Classes taken off the holds that people placed."""

from __future__ import annotations

from collections.abc import Callable

from hub.concern.known import Concern, PlacedHold
from hub.frozen import replace
from hub.vocabulary import InfoClass


def lift(
    concern: Concern, released: Callable[[PlacedHold], frozenset[InfoClass] | None]
) -> Concern:
    """Return the concern with each hold less what `released` says of it; an empty one is gone."""
    standing = (replace(h, classes=h.classes - (released(h) or frozenset())) for h in concern.holds)
    return replace(concern, holds=tuple(h for h in standing if h.classes))
