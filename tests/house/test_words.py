"""The documents tell the truth: each path exists, each test named is there, each command runs."""

import functools
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
import typer
import typer.main
from typer.testing import CliRunner

from tests.house.tree import ROOT, lines, plant

# A word in backticks is a path of the repository if it starts with one of these ...
FOLDERS = ("hub", "tests", "docs", "policy", "message_templates", "examples", "bench", ".ci")
# ... or is a file of the top with one of these endings.
TOP_FILE = re.compile(r"[A-Za-z][\w.-]*\.(md|toml|yml|yaml|lock|sh)|Makefile|Dockerfile")
# What stands for many, or for something yet to be chosen.
PLACEHOLDER = re.compile(r"[<>{}$…]|\.\.\.|NNNN")
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
# The README's table of promises, up to the next heading.
PROMISES = re.compile(r"^## Promises[^\n]*\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


class Command(Protocol):
    """A command of the command line; a group of commands also has `commands`."""

    params: Any


def documents(root: Path) -> list[Path]:
    top = (root / name for name in ("README.md", "SECURITY.md", "CHANGELOG.md"))
    return [*(path for path in top if path.is_file()), *sorted((root / "docs").rglob("*.md"))]


def dead_paths(root: Path) -> Iterator[str]:
    """Yield each path in backticks, or test in it, that is not in the repository."""
    for document in documents(root):
        prose = FENCE.sub("", document.read_text("utf-8"))
        for word in CODE.findall(prose):
            if _is_path(word) and not _exists(root, document, word):
                yield f"{document.relative_to(root)}: `{word}` does not exist"


def unknown_tests(root: Path) -> Iterator[str]:
    """Yield each test that a document names in backticks and that no file under tests/ has."""
    known = {
        name
        for path in (root / "tests").rglob("*.py")
        for name in re.findall(
            r"^ *(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE
        )
    }
    for document in documents(root):
        for word in CODE.findall(FENCE.sub("", document.read_text("utf-8"))):
            if re.fullmatch(r"test_\w+", word) and word not in known:
                yield f"{document.relative_to(root)}: there is no test `{word}`"


def unproved_promises(root: Path) -> Iterator[str]:
    """Yield each row of the README's table of promises that names no test; and a missing table."""
    readme = root / "README.md"
    found = PROMISES.search(readme.read_text("utf-8")) if readme.is_file() else None
    rows = [line for line in found[1].splitlines() if line.startswith("|")][2:] if found else []
    if not rows:
        yield "README.md: it promises nothing"
    for row in rows:
        promise, _, proof = row.strip("| ").partition("|")
        if not re.search(r"`test_\w+`", proof):
            yield f"README.md: nothing proves that {promise.strip()}"


def threats_without_a_test(root: Path) -> Iterator[str]:
    """Yield each row of the threat model that names no test; and a table without rows."""
    page = root / "docs" / "threat-model.md"
    text = page.read_text("utf-8") if page.is_file() else ""
    rows = [line for line in text.splitlines() if line.startswith("|")][2:]
    if not rows:
        yield "docs/threat-model.md: there are no threats"
    yield from rows_without_a_test("docs/threat-model.md", rows)


def rows_without_a_test(page: str, rows: Iterable[str]) -> Iterator[str]:
    """Yield each row of a page's table that names no test, by its first cell."""
    for row in rows:
        first, _, proof = row.strip("| ").partition("|")
        if not re.search(r"`test_\w+`", proof):
            yield f"{page}: nothing stands against: {first.strip()}"


def dead_links(root: Path) -> Iterator[str]:
    for document in documents(root):
        for target in LINK.findall(FENCE.sub("", document.read_text("utf-8"))):
            outside = "://" in target or target.startswith("mailto:")
            if not outside and not (document.parent / target).exists():
                yield f"{document.relative_to(root)}: the link to {target} is dead"


def _is_path(word: str) -> bool:
    if PLACEHOLDER.search(word) or " " in word:
        return False
    first, slash, _ = word.partition("/")
    return (bool(slash) and first in FOLDERS) or TOP_FILE.fullmatch(word) is not None


def _exists(root: Path, document: Path, word: str) -> bool:
    name, _, test = word.partition("::")
    name = re.sub(r":\d+$", "", name)
    # A neighbour may be called by its bare name, and a template's or a pack's file by its own.
    found = [*root.glob(name.rstrip("/")), *document.parent.glob(name.rstrip("/"))]
    if not found and "/" not in name:
        found = [path for top in FOLDERS for path in (root / top).rglob(name)]
    if not test:
        return bool(found)
    return any(re.search(rf"def {re.escape(test)}\b", path.read_text("utf-8")) for path in found)


def commands(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield each `$ hub ...` and `$ make ...` of the fenced consoles."""
    for document in documents(root):
        for console in CONSOLE.findall(document.read_text("utf-8")):
            for line in re.findall(r"^\$ (.*?)(?: \\)?$", console, re.MULTILINE):
                words = shlex.split(line, comments=True)
                while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                    words.pop(0)
                if words and words[0].rpartition("/")[2] in {"hub", "make"}:
                    yield document, [words[0].rpartition("/")[2], *words[1:]]


def unreal_commands(root: Path, hub: Command) -> Iterator[str]:
    for document, words in commands(root):
        real = is_hub_command(hub, words[1:]) if words[0] == "hub" else _are_targets(root, words)
        if not real:
            yield f"{document.relative_to(root)}: there is no `{' '.join(words)}`"


def is_hub_command(command: Command, words: list[str]) -> bool:
    options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    below: dict[str, Command] | None = getattr(command, "commands", None)
    if below is not None and words and not words[0].startswith("-"):
        return words[0] in below and is_hub_command(below[words[0]], words[1:])
    given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    return given <= options | {"--help"}


def _are_targets(root: Path, words: list[str]) -> bool:
    makefile = (root / "Makefile").read_text("utf-8")
    asked = [word for word in words[1:] if "=" not in word and not word.startswith("-")]
    return all(re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE) for target in asked)


@functools.cache
def hub_command() -> Command:
    from hub.cli import app  # noqa: PLC0415  (the rules on words alone need no hub)

    return typer.main.get_command(app)


def unsaid(console: str, said: str) -> Iterator[str]:
    """Yield each word of an answer printed in a document that the command does not say."""
    words = set(re.findall(r"[^\s\u2500-\u257f]+", said))
    for word in re.findall(r"[^\s\u2500-\u257f]+", console):
        # An answer may be shortened, visibly.
        if "..." not in word and word not in words:
            yield word


def settings_faults(root: Path, known: set[str]) -> Iterator[str]:
    """Yield each setting that the README does not list, and each listed that is none."""
    listed = set()
    for row in re.findall(
        r"^\| (`HUB_.*?) \|", (root / "README.md").read_text("utf-8"), re.MULTILINE
    ):
        listed |= set(re.findall(r"`(HUB_[A-Z_]+)`", row))
    yield from (f"{name} is not in the README" for name in sorted(known - listed))
    yield from (f"{name} is no setting" for name in sorted(listed - known))


def test_the_readmes_answer_is_what_the_hub_says() -> None:
    from hub.cli import app  # noqa: PLC0415

    text = (ROOT / "README.md").read_text("utf-8")
    shown = [each for each in CONSOLE.findall(text) if each.startswith("$ hub explain")]
    assert len(shown) == 1
    command, _, answer = shown[0].partition("\n")
    words = command.removeprefix("$ hub ").replace("examples/", f"{ROOT}/examples/").split()

    done = CliRunner().invoke(app, words, env={"COLUMNS": "160"})

    assert done.exit_code == 0, done.output
    assert "held" in answer
    assert lines(unsaid(answer, done.output)) == ""


def test_the_readme_lists_every_setting_and_no_other() -> None:
    from hub.settings import Settings  # noqa: PLC0415

    known = {f"HUB_{name.upper()}" for name in Settings.model_fields}

    assert lines(settings_faults(ROOT, known)) == ""


def test_every_path_in_the_documents_exists() -> None:
    assert lines(dead_paths(ROOT)) == ""


def test_every_link_in_the_documents_leads_somewhere() -> None:
    assert lines(dead_links(ROOT)) == ""


def test_every_test_in_the_documents_exists() -> None:
    assert lines(unknown_tests(ROOT)) == ""


def test_every_promise_of_the_readme_names_its_test() -> None:
    assert lines(unproved_promises(ROOT)) == ""


def test_every_threat_names_the_test_of_what_stands_against_it() -> None:
    assert lines(threats_without_a_test(ROOT)) == ""


def test_every_command_in_the_documents_is_real() -> None:
    assert lines(unreal_commands(ROOT, hub_command())) == ""


# Each rule can fail.


def test_a_dead_path_is_caught_and_a_placeholder_is_none(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "README.md": (
                "`hub/gone.py` `hub/here.py` `tests/a.py::test_b` `tests/a.py::test_c` `GONE.md`\n"
                "`docs/decisions/NNNN-title.md` `policy/<area>/` `application/json` `hub/*.py`\n"
                "```\n`hub/fenced.py`\n```\n"
            ),
            "hub/here.py": "",
            "tests/a.py": "def test_b(): ...",
        },
    )

    found = [fault.split("`")[1] for fault in dead_paths(tmp_path)]

    assert found == ["hub/gone.py", "tests/a.py::test_c", "GONE.md"]


def test_a_dead_link_is_caught(tmp_path: Path) -> None:
    text = "[a](docs/a.md) [b](docs/b.md#c) [d](https://d.test)"
    plant(tmp_path, {"README.md": text, "docs/a.md": ""})

    assert list(dead_links(tmp_path)) == ["README.md: the link to docs/b.md is dead"]


def test_a_test_that_is_not_there_is_caught(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "README.md": "`test_here` `test_gone` `tests/a.py`\n```\n`test_fenced`\n```\n",
            "SECURITY.md": "`test_async` `test_lost`",
            "tests/a.py": "def test_here(): ...\nasync def test_async(): ...\n# def test_lost",
        },
    )

    assert list(unknown_tests(tmp_path)) == [
        "README.md: there is no test `test_gone`",
        "SECURITY.md: there is no test `test_lost`",
    ]


def test_a_promise_that_nothing_proves_is_caught(tmp_path: Path) -> None:
    table = (
        "| promise | proved by |\n| --- | --- |\n| it holds | `test_it` |\n| it flies | faith |\n"
    )
    plant(tmp_path, {"README.md": f"## Promises\n\n{table}\n## More\n\n| a | b |\n"})

    assert list(unproved_promises(tmp_path)) == ["README.md: nothing proves that it flies"]


def test_a_threat_that_nothing_is_tested_against_is_caught(tmp_path: Path) -> None:
    table = (
        "| what | against | proof |\n| --- | --- | --- |\n| a | b | `test_a` |\n| c | d | hope |\n"
    )
    plant(tmp_path, {"docs/threat-model.md": table})

    assert list(threats_without_a_test(tmp_path)) == [
        "docs/threat-model.md: nothing stands against: c"
    ]


def test_an_answer_that_the_hub_does_not_give_is_caught() -> None:
    assert list(unsaid("│ told │ by R9, W7, ... (...);", "│ held │ by W7, R1 │")) == ["told", "R9,"]


def test_a_setting_that_is_not_listed_or_not_there_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, {"README.md": "| `HUB_A`, `HUB_C` | `HUB_B` |\n| --- | --- |\nHUB_D\n"})

    assert list(settings_faults(tmp_path, {"HUB_A", "HUB_B"})) == [
        "HUB_B is not in the README",
        "HUB_C is no setting",
    ]


@pytest.mark.parametrize("text", ["# A hub\n", "## Promises\n\nMany.\n"])
def test_a_readme_that_promises_nothing_is_caught(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"README.md": text})

    assert list(unproved_promises(tmp_path)) == ["README.md: it promises nothing"]


@pytest.mark.parametrize(
    ("line", "real"),
    [
        ("hub explain examples/closed.json", True),
        ("hub explain --party leo", True),
        ("hub topology apply", True),
        ("HUB_AMQP_URL=amqp://a/ .venv/bin/hub explain  # why", True),
        ("make demo HEADLESS=1", True),
        ("ls nowhere", True),
        ("hub conjure", False),
        ("hub explain --magic", False),
        ("hub topology conjure", False),
        ("make magic", False),
    ],
)
def test_a_command_that_is_not_there_is_caught(tmp_path: Path, line: str, *, real: bool) -> None:
    plant(tmp_path, {"README.md": f"```console\n$ {line}\n```\n"})
    (tmp_path / "Makefile").write_text("demo: run\nrun:\n")

    assert (list(unreal_commands(tmp_path, typer.main.get_command(_small_hub()))) == []) is real


def _small_hub() -> typer.Typer:
    hub, topology = typer.Typer(), typer.Typer()

    @hub.command()
    def explain(event: str = typer.Argument(""), party: str = "") -> None: ...

    @topology.command()
    def apply() -> None: ...

    @topology.command()
    def show() -> None: ...

    hub.add_typer(topology, name="topology")
    return hub
