"""Keeps a server on a leash: when the test run ends, however it ends, the server ends.

As a program (`python warden.py SIGNAL USER COMMAND...`) it runs the command and waits. When its
standard input closes, because the test run closed it or died, it sends the signal to the server,
and after a while kills it and all that descends from it.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

if __name__ != "__main__":
    from tests.servers.ground import ServerBroken

_GRACE = 15.0


class Leash:
    """One server process under a warden; may be stopped, killed, paused and started again."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        ready: str,
        log: Path,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._command = [str(word) for word in command]
        self._ready = re.compile(ready)
        self._log = log
        self._env = dict(env) if env is not None else None
        self._user = user
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._is_ready = threading.Event()
        self._said_so = False

    @property
    def running(self) -> bool:
        """Whether the server process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, timeout: float = 120) -> None:
        """Start the server and return when it says that it is ready."""
        if self.running:
            return
        self._let_go()
        self._is_ready.clear()
        self._said_so = False
        warden = [sys.executable, __file__, self._stop_signal.name, self._user or ""]
        self._process = subprocess.Popen(
            [*warden, *self._command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._env,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stdout,), name="server-log", daemon=True
        )
        self._reader.start()
        # Where its output ended instead, the warden may be about to end as well, and still live.
        if not self._is_ready.wait(timeout) or not self._said_so or not self.running:
            self.kill()
            tail = self._log.read_text(errors="replace")[-3000:] if self._log.exists() else ""
            message = f"{' '.join(self._command)} did not become ready:\n{tail}"
            raise ServerBroken(message)

    def stop(self) -> None:
        """Ask the server to end, and wait until it has."""
        if self._process is not None and self._process.stdin is not None:
            self.resume()
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._let_go()

    def kill(self) -> None:
        """End the server at once, as a power cut would."""
        self._signal(signal.SIGKILL)
        self._let_go()

    def pause(self) -> None:
        """Freeze the server: it keeps its sockets and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen server go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.running:
            assert self._process is not None
            signal_below(self._process.pid, number)

    def _let_go(self) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(_GRACE + 10)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.kill()
            self._process.wait()
        if self._reader is not None:
            self._reader.join(10)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()
        self._process = self._reader = None

    def _read(self, lines: IO[str]) -> None:
        with self._log.open("a", buffering=1) as log, contextlib.suppress(ValueError, OSError):
            for line in lines:
                log.write(line)
                if self._ready.search(line):
                    self._said_so = True
                    self._is_ready.set()
        self._is_ready.set()


def signal_below(pid: int, number: signal.Signals) -> None:
    """Send the signal to every process that descends from this one, whatever its group."""
    first = _descendants(pid)[:1]
    # Who is frozen makes no child while we count.
    for found in (*_sent(first, signal.SIGSTOP), *_descendants(pid)):
        _sent([found], number)


def _sent(pids: Sequence[int], number: signal.Signals) -> Sequence[int]:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    return pids


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = list(children.get(pid, ()))
    for each in found:  # grows while we walk it: children first, then theirs
        found.extend(children.get(each, ()))
    return found


def _watch_over(stop_signal: signal.Signals, user: str, command: Sequence[str]) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    as_user = {"user": user, "group": _group_of(user), "extra_groups": []} if user else {}
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, **as_user)  # type: ignore[call-overload]

    def end_with_the_leash() -> None:
        os.read(0, 1)
        signal_below(os.getpid(), signal.SIGCONT)
        server.send_signal(stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(_GRACE)
        signal_below(os.getpid(), signal.SIGKILL)

    threading.Thread(target=end_with_the_leash, daemon=True).start()
    return int(server.wait())


def _group_of(user: str) -> int:
    import pwd  # noqa: PLC0415  (only the warden of a server that refuses root asks)

    return pwd.getpwnam(user).pw_gid


if __name__ == "__main__":
    sys.exit(_watch_over(signal.Signals[sys.argv[1]], sys.argv[2], sys.argv[3:]))
