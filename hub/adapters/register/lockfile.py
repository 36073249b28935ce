"""The right to write to one SQLite file: one process has it, a second is refused with words."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from hub.ports import RegisterAway, RegisterInUse


class LockFile:
    """A lock beside the database. The system gives it up when the process ends, however it ends."""

    def __init__(self, database: Path) -> None:
        """Take it. Raises RegisterInUse where another has it, RegisterAway where no file can be."""
        # By its own place, whatever link led here: two names of one file have one lock.
        own = database.resolve()
        path = own.with_name(f"{own.name}.lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise RegisterAway(f"{path}: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise RegisterInUse(f"{database} is open elsewhere") from error

    def release(self) -> None:
        """Give it up; the file stays, it is only a name to lock."""
        os.close(self._file)
