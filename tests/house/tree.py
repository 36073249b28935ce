"""The tree as the rules of the house see it: files as text and as syntax."""

import ast
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def files(root: Path = ROOT) -> list[Path]:
    """Return every file that is, or would be, in the repository; generated ones are not."""
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
        found = [root / name for name in listed if name]
    else:
        found = list(root.rglob("*"))
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def modules(folder: str, root: Path = ROOT) -> Iterator[tuple[Path, ast.Module]]:
    """Return each Python file under a folder of the tree, with its syntax."""
    for path in files(root):
        if path.suffix == ".py" and path.is_relative_to(root / folder):
            yield path, ast.parse(path.read_text("utf-8"), filename=str(path))


def texts(root: Path = ROOT) -> Iterator[tuple[Path, str]]:
    """Return each file that is text, with the text."""
    for path in files(root):
        try:
            yield path, path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def plant(root: Path, planted: Mapping[str, str]) -> Path:
    """Write a small tree for a rule to be tried on: a path, and the text of the file there."""
    for name, text in planted.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def lines(faults: Iterator[str] | list[str]) -> str:
    """Return faults one a line, so that a failing test shows them whole; empty where there is none.

    Compared with the empty string by the tests.
    """
    return "\n".join(faults)
