"""One thread, one seed: an event loop whose time is virtual and whose interleaving is chosen.

Callbacks belong to the process that made them and keep their order within it, as asyncio promises;
which process runs next is drawn by chance. A process can stand still while time goes on (SIGSTOP),
and can die: everything it was doing is cancelled at the await point it had come to.
"""

from __future__ import annotations

import asyncio
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar
from random import Random
from typing import Any, Final

BURST: Final = (1, 1, 2, 3, 8)
"""How many callbacks of one process run before another may: drawn each time."""
STEPS: Final = 400_000
"""What does not come to rest within so many callbacks never will."""


class DoesNotRest(Exception):
    """The world went on and on, or nothing was left that could happen:"""


class Process:
    """What dies together: its tasks, and what is ready to run of them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.still_until = 0.0
        """Until when, in seconds of the loop, nothing of it runs."""
        self.steps = 0
        self.dies_at: int | None = None
        """At which step it dies; None: at none."""
        self.ready: deque[events.Handle] = deque()
        self.tasks: list[asyncio.Task[Any]] = []

    def living(self) -> list[asyncio.Task[Any]]:
        """Return its tasks that have not ended, oldest first."""
        self.tasks = [task for task in self.tasks if not task.done()]
        return self.tasks


WORLD: Final = Process("world")
_PROCESS: ContextVar[Process] = ContextVar("process", default=WORLD)


def current() -> Process:
    """Return whose callback runs now."""
    return _PROCESS.get()


class SeededLoop(asyncio.BaseEventLoop):
    """Runs worlds one after another; `begin` makes it new."""

    def __init__(self) -> None:
        super().__init__()
        # What a task of a dead process ended with is nobody's to ask for.
        self.set_exception_handler(lambda _loop, _said: None)
        self.dying: Callable[[Process], None] = lambda _: None
        """Hears that a process dies, before anything of it ends."""
        self.died: Callable[[], None] = lambda: None
        """Hears that a process has died, when nothing of it runs any more."""
        self.begin(Random(0))

    def begin(self, chance: Random) -> None:
        """Forget everything; time starts at 0."""
        self._chance = chance
        self._now = 0.0
        self.fault: Exception | None = None
        """What ends everything: it is raised before anything else is run."""
        self.steps = 0
        self._scheduled: list[events.TimerHandle] = []
        WORLD.ready.clear()
        WORLD.tasks.clear()
        self._processes: list[Process] = [WORLD]

    def time(self) -> float:
        """Return the seconds that have passed here; no clock that jumps changes them."""
        return self._now

    def spawn(self, process: Process, main: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a process."""
        self._processes.append(process)
        return Context().run(self._spawned, process, main)

    def _spawned(self, process: Process, main: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        _PROCESS.set(process)
        task: asyncio.Task[None] = self.create_task(main)
        return task

    def create_task(self, coro: Any, **named: Any) -> Any:  # noqa: ANN401 - as the base class has it
        task = super().create_task(coro, **named)
        tasks = current().tasks
        if len(tasks) > 200:
            tasks[:] = [each for each in tasks if not each.done()]
        tasks.append(task)
        return task

    def kill(self, process: Process) -> None:
        """End a process where it stands: nothing that it would still do reaches anybody."""
        process.dead = True
        self.dying(process)
        for round_ in range(100):
            living = process.living()
            if not living:
                break
            for task in living:
                # A connection that goes back to its pool is what a server does for its dead client.
                if round_ or _ours(task):
                    task.cancel()
            self._drain(process)
        else:
            raise DoesNotRest(f"{process.name} does not die")
        process.ready.clear()
        self._processes.remove(process)
        self.died()

    def end(self) -> None:
        """Let nothing that was begun live on."""
        self.fault, self.steps = None, 0
        self.call_soon(self._end_all)
        self.call_soon(self.stop)
        self.run_forever()

    def _end_all(self) -> None:
        for process in self._processes[:]:
            if process is not WORLD:
                self.kill(process)
        for _ in range(100):
            for task in WORLD.living():
                task.cancel()
            self._drain(WORLD)
            if not WORLD.living():
                return
        raise DoesNotRest("the world does not end")

    def _drain(self, process: Process) -> None:
        for _ in range(10_000):
            if not process.ready:
                return
            self._run(process.ready.popleft())

    def _call_soon(self, callback: Any, args: Any, context: Context | None) -> events.Handle:  # noqa: ANN401 - as the base class has it
        handle = events.Handle(callback, args, self, context)
        owner = handle._context.get(_PROCESS, WORLD)  # type: ignore[attr-defined]
        owner.ready.append(handle)
        return handle

    def _run_once(self) -> None:
        # Before anything is taken from what is ready: a callback that is lost cannot be cancelled.
        if self.fault is not None:
            raise self.fault
        if self.steps > STEPS:
            raise DoesNotRest(f"after {self._now:.0f} s of its time")
        if self._chance.random() < 0.5:
            self._due()
        able = self._able()
        if not able:
            self._move_on()
            self._due()
            able = self._able()
            if not able:
                return
        process = able[0] if len(able) == 1 else self._chance.choice(able)
        for _ in range(self._chance.choice(BURST)):
            if not process.ready or self._stopping or self.fault:  # type: ignore[attr-defined]
                return
            self._run(process.ready.popleft())
            process.steps += 1
            if process.dies_at is not None and process.steps >= process.dies_at:
                process.dies_at = None
                self.kill(process)
                return

    def _run(self, handle: events.Handle) -> None:
        self.steps += 1
        if not handle.cancelled():
            handle._run()

    def _able(self) -> list[Process]:
        return [p for p in self._processes if p.ready and p.still_until <= self._now]

    def _due(self) -> None:
        """Make ready what has come of age."""
        while self._scheduled and self._scheduled[0]._when <= self._now:  # type: ignore[attr-defined]
            timer = heapq.heappop(self._scheduled)
            if not timer.cancelled():
                timer._context.get(_PROCESS, WORLD).ready.append(timer)  # type: ignore[attr-defined]

    def _move_on(self) -> None:
        """Let time pass until something can happen."""
        while self._scheduled and self._scheduled[0].cancelled():
            heapq.heappop(self._scheduled)
        wakes = [self._scheduled[0]._when] if self._scheduled else []  # type: ignore[attr-defined]
        wakes += [p.still_until for p in self._processes if p.ready]
        if not wakes:
            raise DoesNotRest("nothing is left that could happen")
        self._now = max(self._now, min(wakes))

    def _timer_handle_cancelled(self, handle: events.TimerHandle) -> None:
        """Let it come of age: it does nothing then."""

    def _process_events(self, event_list: object) -> None:
        """There are none: nothing here touches the machine."""

    def _write_to_self(self) -> None:
        """Nobody else's thread speaks to this loop."""


def _ours(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is None or "sqlalchemy" not in code.co_filename
