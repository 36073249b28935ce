"""Rules are tried out in a process of their own: it ends in time, and the hub is not held up."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import orjson

from hub.adapters.shipped import pack_folders, read_folder, shipped
from hub.routes.bench import NotDone

SECONDS: Final = 120.0
"""How long one trial may take."""
MOST_LINES: Final = 50
"""Of what the command says where it refuses."""

_BUSY: Final = NotDone(
    says=("Somebody else is trying something out. Wait a minute, then again.",), again=True
)
_TOO_LONG: Final = NotDone(says=("It took too long, and was broken off. Nothing has changed.",))


@dataclass(slots=True, kw_only=True)
class FolderBench:
    """Tries out the packs of a folder (None: those that ship), one trial at a time."""

    policy: Path | None
    seconds: float = SECONDS
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    def examples(self) -> tuple[str, ...]:
        """Return the names of the events that ship as examples."""
        return tuple(sorted(path.stem for path in shipped("examples").glob("*.json")))

    def example(self, name: str) -> bytes | None:
        """Return one of them, or None; a name that is not among them reaches no file."""
        if name not in self.examples():
            return None
        return (shipped("examples") / f"{name}.json").read_bytes()

    def scenarios(self) -> tuple[str, ...]:
        """Return the names of the scenarios that ship."""
        return tuple(sorted(path.stem for path in self._scenarios().glob("*.toml")))

    def files(self, partnership: str) -> tuple[str, ...]:
        """Return the names of the files of a partnership's pack; its directory decides nothing."""
        folder = self._folder(partnership)
        if folder is None:
            return ()
        return tuple(n for n in read_folder(folder, ".toml") if n != "directory.toml")

    async def play(self, scenario: str) -> tuple[Mapping[str, Any], ...] | NotDone:
        """Play a scenario that ships, by the packs that lie in the folder."""
        if scenario not in self.scenarios():
            return NotDone(says=("There is no such scenario.",))
        given = ["--policy", str(self.policy.resolve())] if self.policy else []
        file = str(self._scenarios() / f"{scenario}.toml")
        said = await self._said("simulate", file, "--json", *given)
        if isinstance(said, NotDone):
            return said
        return tuple(orjson.loads(line) for line in said.splitlines())

    async def compare(self, partnership: str, file: str, text: str) -> Mapping[str, Any] | NotDone:
        """Return what would change were this the text of one file of the pack."""
        folder = self._folder(partnership)
        if folder is None or file not in self.files(partnership):
            return NotDone(says=("There is no such file in the pack.",))
        with TemporaryDirectory() as name:
            draft = Path(name) / "draft"
            for known, written in {**read_folder(folder), file: text}.items():
                (draft / known).parent.mkdir(parents=True, exist_ok=True)
                (draft / known).write_text(written, "utf-8")
            said = await self._said("diff", str(folder.resolve()), str(draft), "--json")
        if isinstance(said, NotDone):
            return NotDone(says=tuple(line.replace(f"{draft}/", "") for line in said.says))
        found: Mapping[str, Any] = orjson.loads(said)
        return found

    def _scenarios(self) -> Path:
        return shipped("examples") / "scenarios"

    def _folder(self, partnership: str) -> Path | None:
        folders = pack_folders(self.policy or shipped("policy"))
        return next((folder for folder in folders if folder.name == partnership), None)

    async def _said(self, *arguments: str) -> bytes | NotDone:
        """Return what a command of ours prints, or why it does not."""
        if self._busy.locked():
            return _BUSY
        async with self._busy:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", "from hub.cli import main; main()", *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                # Nothing of the hub's own settings: no register, no key and no way out.
                env={name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
                | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
            try:
                async with asyncio.timeout(self.seconds):
                    out, err = await process.communicate()
            except TimeoutError:
                return _TOO_LONG
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        # `hub diff` ends with 2 where something is newly disclosed that nobody has approved.
        if process.returncode in {0, 2} and out:
            return out
        lines = err.decode("utf-8", "replace").splitlines()
        return NotDone(says=tuple(line.strip() for line in lines if line.strip())[:MOST_LINES])
