"""What a side costs, read from outside: the CPU time and the memory of all its processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_WARDEN: Final = b"tests/servers/warden.py"
"""Only sees to it that nothing outlives the run, and is no part of what is measured."""


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it and live."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children.setdefault(int(_after_name(stat)[1]), []).append(int(stat.parent.name))
    found = [pid]
    for each in found:  # grows while we walk it
        found += children.get(each, [])
    return found


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a family has used so far, in user and system."""
    ticks = 0
    for each in _measured(pid):
        stat = _after_name(each / "stat")
        ticks += int(stat[11]) + int(stat[12])
    return ticks / _TICKS


def peak_mb_of(pid: int) -> float:
    """Return the most memory of each of a family since its peak was forgotten, added up.

    In MB, a million bytes. What processes share is counted for each.
    """
    kib = 0
    for each in _measured(pid):
        lines = (each / "status").read_text().splitlines()
        kib += sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return kib * 1024 / 1e6


def forget_peak_of(pid: int) -> None:
    """Count a family's peak anew, from the memory it has now (proc(5), clear_refs)."""
    for each in _measured(pid):
        (each / "clear_refs").write_text("5")


def _measured(pid: int) -> Iterator[Path]:
    for each in family(pid):
        folder = Path(f"/proc/{each}")
        if _WARDEN not in (folder / "cmdline").read_bytes():
            yield folder


def _after_name(stat: Path) -> list[str]:
    """Return the fields of `stat` from the third one; the second may hold anything."""
    return stat.read_text().rpartition(") ")[2].split()
