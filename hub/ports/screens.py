"""All that the screens and the API ask of the register besides one concern whole."""

from __future__ import annotations

from typing import Protocol

from hub.ports.answered_once import AnswersOnce
from hub.ports.changing import KnowsChanges
from hub.ports.chasing import KeepsChases
from hub.ports.emergency_access import BreaksGlass, WatchesLooks
from hub.ports.failing import KnowsFailing
from hub.ports.keys import KeepsKeys
from hub.ports.listing import Lists
from hub.ports.logged import KeepsLog
from hub.ports.minding import MindsContacts
from hub.ports.reading import ShowsReaders
from hub.ports.releasing import AsksRelease
from hub.ports.sessions import Sessions


class ForScreens(
    ShowsReaders,
    Lists,
    KnowsFailing,
    MindsContacts,
    AsksRelease,
    KeepsChases,
    KeepsLog,
    Sessions,
    KeepsKeys,
    AnswersOnce,
    BreaksGlass,
    WatchesLooks,
    KnowsChanges,
    Protocol,
):
    """Keeps what is asked for and signed in at the console; returns what each reader may see."""
