"""Nothing in the hub runs, unpacks or trusts what it is given; and the pages of security agree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.house.tree import ROOT, lines, modules, plant

# What makes objects of bytes, or runs them; what reads XML and its entities; chance to be guessed.
MODULES: Final = frozenset(
    {
        *("pickle", "marshal", "shelve", "dill", "yaml", "xml", "lxml", "ldap", "ldap3"),
        *("subprocess", "pty", "commands", "random", "telnetlib", "ftplib"),
    }
)
CALLS: Final = frozenset(
    {
        *("system", "popen", "create_subprocess_shell", "md5", "sha1"),
        *("_create_unverified_context", "mktemp"),
    }
)
# What an argument may not be called and be: certificates unverified, a shell, a debugger.
ARGUMENTS: Final = {"verify": False, "ssl": False, "shell": True, "debug": True}
SQL: Final = frozenset({"text", "exec_driver_sql", "literal_column"})
# Python's own; a pattern or a statement is compiled as well, by a method of that name.
BARE: Final = frozenset({"eval", "exec", "compile", "__import__"})


def dangers(root: Path) -> Iterator[str]:
    """Yield each import and call that could run, unpack or trust what comes from outside."""
    for path, tree in modules("hub", root):
        for node in ast.walk(tree):
            for danger in (*_imported(node), *_called(node)):
                yield f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}: {danger}"


def _imported(node: ast.AST) -> Iterator[str]:
    names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        names = [node.module or ""]
    yield from (name for name in names if name.partition(".")[0] in MODULES)


def _called(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call):
        return
    whole = ast.unparse(node.func)
    name = whole.rpartition(".")[2]
    if name in CALLS or whole in BARE:
        yield whole
    if name in SQL and any(_made(each) for each in node.args):
        yield f"{whole} of words that are put together"
    for each in node.keywords:
        given = each.value.value if isinstance(each.value, ast.Constant) else None
        if each.arg in ARGUMENTS and given is ARGUMENTS[each.arg]:
            yield f"{each.arg}={given}"


def followers(root: Path) -> Iterator[str]:
    """Yield each call by HTTP that would follow a redirect."""
    for path, tree in modules("hub", root):
        if "ClientSession" not in path.read_text("utf-8"):
            continue
        for node in ast.walk(tree):
            calls = [each.context_expr for each in getattr(node, "items", ())]
            for call in (each for each in calls if isinstance(each, ast.Call)):
                name = ast.unparse(call.func).rpartition(".")[2]
                stays = "allow_redirects=False" in map(ast.unparse, call.keywords)
                if name in {"get", "post", "put", "head", "request"} and not stays:
                    yield f"{path.relative_to(root)}:{call.lineno}: {name}"


def _made(argument: ast.expr) -> bool:
    """Whether a text is put together here, and not only written over several lines."""
    joined = isinstance(argument, ast.JoinedStr | ast.BinOp)
    return joined or (
        isinstance(argument, ast.Call) and ast.unparse(argument.func).endswith(".format")
    )


def test_B06_nothing_in_the_hub_runs_unpacks_or_trusts_what_it_is_given() -> None:
    assert lines(dangers(ROOT)) == ""


def test_B06_the_hub_follows_no_redirect_whomever_it_calls() -> None:
    assert lines(followers(ROOT)) == ""


def test_a_call_that_would_follow_a_redirect_is_caught(tmp_path: Path) -> None:
    calls = "async def a(s):\n    async with s.get(u) as b, s.post(u, allow_redirects=False): ...\n"
    plant(tmp_path, {"hub/a.py": f"from aiohttp import ClientSession\n{calls}"})

    assert list(followers(tmp_path)) == ["hub/a.py:3: get"]


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from xml.etree import ElementTree",
        "from random import choice",
        "eval(given)",
        "os.system(given)",
        "hashlib.md5(given)",
        "connect(ssl=False)",
        "run(given, shell=True)",
        "connection.exec_driver_sql(f'SELECT {given}')",
        "text('SELECT ' + given)",
        "text('SELECT {}'.format(given))",
    ],
)
def test_what_would_be_dangerous_is_caught(tmp_path: Path, line: str) -> None:
    plant(tmp_path, {"hub/a.py": f"{line}\n"})

    assert len(list(dangers(tmp_path))) == 1


def test_what_only_looks_so_is_left_alone(tmp_path: Path) -> None:
    plant(tmp_path, {"hub/a.py": "re.compile(x)\ntext('a' 'b')\nsha256(x)\nconnect(ssl=context)\n"})

    assert list(dangers(tmp_path)) == []


# What the pages say is what the hub keeps


def test_B06_the_page_of_sign_in_says_the_times_that_the_hub_keeps() -> None:
    from hub.ports.sessions import IDLE, LONGEST  # noqa: PLC0415
    from hub.routes.organisation import UNDERWAY  # noqa: PLC0415
    from hub.routes.sessions import PROVED_FOR  # noqa: PLC0415

    page = (ROOT / "docs" / "sign-in.md").read_text("utf-8")

    assert timedelta(minutes=20) == IDLE
    assert timedelta(hours=10) == LONGEST
    assert timedelta(minutes=5) == PROVED_FOR
    assert timedelta(minutes=10) == UNDERWAY
    for words in (
        "after 20 minutes without use and after ten hours at the latest",
        "more than five minutes ago",
        "in a cookie of ten minutes",
        "There is no limit to how many sessions one person has",
    ):
        assert words in " ".join(page.split())


def test_B06_the_page_of_sign_in_has_every_post_and_every_way_in() -> None:
    from hub.access import Post  # noqa: PLC0415
    from hub.vocabulary import AckStrength  # noqa: PLC0415

    page = (ROOT / "docs" / "sign-in.md").read_text("utf-8")
    ways = page.partition("## Every way in")[2].partition("\n## ")[0]

    assert [post for post in Post if f"`{post}`" not in page] == []
    assert [each for each in AckStrength if f"`{each}`" not in ways] == []


def test_B06_every_secret_that_can_be_set_is_in_the_list_of_keys() -> None:
    from hub.settings import Settings  # noqa: PLC0415

    secrets = {
        f"HUB_{name.upper()}"
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }
    page = (ROOT / "docs" / "asvs.md").read_text("utf-8")
    listed = page.partition("## Keys and secrets")[2].partition("\n## ")[0]

    assert len(secrets) > 10
    assert secrets - set(re.findall(r"`(HUB_[A-Z_]+)`", listed)) == set()


def section_of(page: str, name: str) -> list[list[str]]:
    """Return the rows of the table under a heading of a page, without its heads."""
    text = (ROOT / page).read_text("utf-8").partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in rows[2:]]


def test_B06_every_key_has_a_time_after_which_it_is_changed() -> None:
    rows = section_of("docs/asvs.md", "Keys and secrets")

    assert len(rows) > 10
    assert [row[0] for row in rows if len(row) != 6 or not row[-1]] == []


def test_B06_it_is_said_by_when_a_faulty_library_is_replaced() -> None:
    rows = section_of("SECURITY.md", "Libraries")
    days = [int(row[1]) for row in rows]

    assert [row[0].partition(",")[0] for row in rows[1:]] == ["critical", "high", "medium", "low"]
    assert days == sorted(set(days)), "the worse it is, the sooner"
    assert days[-1] <= 90


def test_B06_whatever_is_costly_is_listed_with_the_test_of_its_bound() -> None:
    rows = section_of("docs/asvs.md", "What is costly")

    assert len(rows) > 5
    assert [row[0] for row in rows if len(row) != 3 or not re.search(r"`test_\w+`", row[2])] == []


WRITES_LOGS: Final = re.compile(
    r"\b[A-Z]\w*Handler\(|basicConfig|addHandler|LoggerFactory|structlog\.configure"
)


def test_B06_the_process_logs_to_standard_error_and_to_nothing_else() -> None:
    found = {
        str(path.relative_to(ROOT)): WRITES_LOGS.findall(path.read_text("utf-8"))
        for path in sorted((ROOT / "hub").rglob("*.py"))
    }

    writing = {path: said for path, said in found.items() if said}
    assert list(writing) == ["hub/logs.py"]
    assert [word for word in writing["hub/logs.py"] if word.endswith("Handler(")] == [
        "StreamHandler("
    ]
    assert "StreamHandler(sys.stderr)" in (ROOT / "hub" / "logs.py").read_text("utf-8")
