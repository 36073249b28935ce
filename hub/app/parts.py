"""The parts of a hub that run until they are told to stop, each made of what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub.adapters.clock import RandomMint, SystemClock
from hub.app import ways
from hub.app.lifesigns import Signs
from hub.app.reload import Reload
from hub.audit import Auditor
from hub.deliver import Deliver
from hub.drill import Drill
from hub.heartbeat import Heartbeat
from hub.intake import Intake
from hub.intake.urgent import urgent_name
from hub.liveness import Liveness
from hub.ports import Carrier, FactsOut, Register
from hub.relay import Relay
from hub.tracking import Tracking
from hub.vocabulary import Channel
from hub.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What runs until it is told to stop."""

    intake: Intake
    deliver: Deliver
    liveness: Liveness
    """Runs in every process, from before the first lease until after the last result."""
    watch: Watch
    auditor: Auditor
    """Runs beside the watch, and asks it nothing but whether it looks."""
    heartbeat: Heartbeat
    drill: Drill
    reload: Reload
    """Keeps the books up to date in every process, whatever its roles."""
    back: ways.WayBack | None
    """None where returned mail is taken in by no process, or by another one."""
    tracking: Tracking
    """Asks nothing where no service has been set up that can be asked."""
    relay: Relay | None
    """None: there is no way out for facts, and they wait in the register."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What runs beside the main way: mail that comes back; facts, signs of life, drills out."""

    back: ways.WayBack | None
    out: FactsOut | None
    signs: Signs


def put_together(
    register: Register,
    reload: Reload,
    carriers: Mapping[Channel, Carrier],
    aside: Aside,
    clock: SystemClock,
    mint: RandomMint,
    deliver: Callable[..., Deliver],
) -> Parts:
    """Return every part of a hub. `deliver` makes the one that delivers."""
    shelf = reload.shelf
    watch = Watch(register, shelf.tools_for, clock)
    return Parts(
        intake=Intake(register, shelf.tools_for, clock, partnerships=shelf.partnerships),
        deliver=deliver(register, carriers, clock, mint, worker=aside.signs.worker),
        liveness=aside.signs.liveness(),
        watch=watch,
        auditor=Auditor(
            register,
            shelf.tools_for,
            clock,
            urgent=urgent_name,
            watched=lambda: watch.looked_at,
        ),
        heartbeat=aside.signs.heartbeat(carriers, watch),
        drill=aside.signs.drill(shelf.calendars),
        reload=reload,
        back=aside.back,
        tracking=Tracking(register, ways.trackers(carriers), clock, mint),
        relay=None if aside.out is None else Relay(register, aside.out, clock),
    )
