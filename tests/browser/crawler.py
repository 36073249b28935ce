"""Goes to every page that the hub has, as whoever is signed in, and says what is wrong with each.

It begins with every path that the web serves and follows every link, so a new screen is looked at
without being named here, if its parameters are (`values_of`) or a link leads to it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from hub.answers.replies import mail_of
from tests.browser.visitor import Visitor
from tests.flow.rosewood import CONCERN, HOST, Rosewood

AXE: Final = Path(__file__).parents[2] / ".venv/specs/node_modules/axe-core/axe.min.js"
ENOUGH: Final = 2
"""How many pages of one path are looked at: those of its parameters first, then what links name."""
FOR_PROGRAMS: Final = ("/v1/", "/healthz", "/readyz", "/metrics")

_RUN: Final = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"], preload: false});
  return found.violations.map(v => `${v.id} (${v.impact}): ${v.help}: `
    + v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(" | "));
}"""
_LINKS: Final = "() => [...document.querySelectorAll('a[href]')].map(a => a.href)"
_SENT: Final = "form => { HTMLFormElement.prototype.submit.call(form); }"


@cache
def _axe() -> str:
    return AXE.read_text("utf-8")


class NothingFills(AssertionError):
    """A path has a parameter for which there is no value; name one in `values_of`."""


async def values_of(story: Rosewood) -> dict[str, tuple[str, ...]]:
    """Return what stands for each parameter of a path; where the story has none, what nobody has.

    The page that says so is looked at then, and links may lead to more.
    """
    found = await story.register.concern(CONCERN)
    notices = found.notices if found else ()
    # The first was sent, and the last may still be held or be of closure.
    some = [notices[0], notices[-1]] if notices else []
    directory = await story.register.directory()
    changes = await story.register.changes()
    poisoned = await story.register.poisoned(HOST, 2)
    releases = await story.register.releases_asked([CONCERN])
    signed_in = await story.register.sessions_now(story.clock.now(), 9)
    mails = [mail for o in (found.obligations if found else ()) if (mail := mail_of(o))]
    return {
        "access": ("nothing",),
        "change": (*(each.id for each in changes), "nothing"),
        "concern": (CONCERN, "nothing"),
        "contact": (*(each.id for each in directory.contacts), "nothing"),
        "notice": (*(n.notice.id for n in some), "nothing"),
        "delivery": (*(d.id for n in some for d in n.deliveries), "nothing"),
        "obligation": (*(o.id for o in (found.obligations if found else ())), "nothing"),
        "mail": (*mails, "nothing"),
        "message": (*(each.id for each in poisoned.rows), "nothing"),
        "name": ("nothing",),
        "person": (*(each.person.id for each in signed_in), "nothing"),
        "request": (*(each.id for each in releases), "nothing"),
        "webhook": (*(each.id for each in directory.endpoints), "nothing"),
    }


def filled(path: str, values: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the path with the first and the last value of each of its parameters."""
    names = re.findall(r"\{(\w+)\}", path)
    missing = [name for name in names if name not in values]
    if missing:
        raise NothingFills(f"{path}: nothing fills {missing}")
    made = [path.format_map({name: values[name][at] for name in names}) for at in (0, -1)]
    return list(dict.fromkeys(made))


@dataclass(slots=True, kw_only=True)
class Crawl:
    """One person's way through every page, and what was found on it."""

    visitor: Visitor
    paths: frozenset[str]
    signed_in: str = ""
    """How each page says who is signed in; what else two people are shown alike is looked at once.

    Whether it fits on a small screen is asked for every name.
    """
    seen: Counter[str] = field(default_factory=Counter)
    """How many pages of each path were looked at."""
    forms: dict[str, str] = field(default_factory=dict)
    """A page with a form, by its path."""
    faults: list[str] = field(default_factory=list)
    looked_at: set[str] = field(default_factory=set)
    _met: set[str] = field(default_factory=set)

    async def everywhere(self, begin: Iterable[str]) -> None:
        """Look at these pages and at those they lead to."""
        waiting = list(begin)
        while waiting:
            address = waiting.pop(0)
            path = self._path_of(address)
            if address in self._met or path is None or self.seen[path] >= ENOUGH:
                continue
            self._met.add(address)
            if not await self._is_page(address):
                self.seen[path] += 1
                continue
            await self.visitor.open(address)
            self.seen[path] += 1
            if await self.visitor.page.locator("main form").count():
                self.forms.setdefault(path, address)
            await self.look(address)
            waiting.extend(
                link.removeprefix(self.visitor.base).partition("#")[0]
                for link in await self.visitor.asked(_LINKS)
                if link.startswith(self.visitor.base + "/")
            )

    async def refuses_empty_forms(self) -> None:
        """Send each form as it stands, and look at what comes of it."""
        for address in self.forms.values():
            await self.visitor.open(address)
            form = self.visitor.page.locator("main form").first
            if not await form.count() or await form.get_attribute("method") != "post":
                continue
            async with self.visitor.page.expect_navigation():
                await form.evaluate(_SENT)
            await self.look(f"{address}, sent empty")

    async def look(self, where: str) -> None:
        """Say what is wrong with the page that is open; one that was met before says it once."""
        page = self.visitor.page
        html = re.sub(r'name="token" value="[^"]*"', "", await page.content())
        if self._is_new(html.replace(self.signed_in, "") if self.signed_in else html):
            await page.evaluate(_axe())
            self.faults += [f"{where}: {each}" for each in await self.visitor.asked(_RUN)]
        if self._is_new(f"at 320 px: {html}"):
            await page.set_viewport_size({"width": 320, "height": 900})
            over = await self.visitor.runs_over()
            self.faults += [f"{where}: wider than 320 px: {each}" for each in over[:3]]
            await page.set_viewport_size({"width": 1280, "height": 900})
        self.faults += [f"{where}: {each}" for each in self.visitor.errors]
        self.visitor.errors.clear()

    def _is_new(self, what: str) -> bool:
        digest = sha256(what.encode()).hexdigest()
        new = digest not in self.looked_at
        self.looked_at.add(digest)
        return new

    async def _is_page(self, address: str) -> bool:
        # What is downloaded is no page, and Chromium would keep it.
        got = await self.visitor.page.request.get(self.visitor.base + address)
        kind: Any = got.headers.get("content-type", "")
        return str(kind).startswith("text/html")

    def _path_of(self, address: str) -> str | None:
        asked = urlsplit(address).path
        fits = [
            path
            for path in self.paths
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)), asked)
        ]
        # A path without a parameter is meant before one with.
        return min(fits, key=lambda path: path.count("{"), default=None)


def pages_of(paths: Iterable[str], values: Mapping[str, Sequence[str]]) -> list[str]:
    """Return an address or two for every path that people open."""
    meant = [path for path in sorted(paths) if not path.startswith(FOR_PROGRAMS)]
    return [address for path in meant for address in filled(path, values)]
