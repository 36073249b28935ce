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
from html import unescape
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from hub.answers.replies import mail_of
from tests.browser.visitor import Visitor
from tests.flow.rosewood import CONCERN, HOST, Rosewood

AXE: Final = Path(__file__).parents[2] / ".venv/specs/node_modules/axe-core/axe.min.js"
ENOUGH: Final = 2
"""How many pages of one path are looked at: those of its parameters first, then what links name."""
FOR_PROGRAMS: Final = ("/v1/", "/healthz", "/readyz", "/metrics", "/sign-in/backchannel-logout")

_RUN: Final = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"], preload: false});
  return found.violations.map(v => `${v.id} (${v.impact}): ${v.help}: `
    + v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(" | "));
}"""
_LINK: Final = re.compile(r'<a\b[^>]* href="(/[^"]*)"')
_MAIN_FORM: Final = re.compile(r"<main\b.*<form\b.*</main>", re.DOTALL)
# The session's token, and where a sign-in leads back to: neither is seen.
_OWN: Final = re.compile(
    r'(?<=name="token" value=")[^"]*|(?<=name="to" value=")[^"]*|[?&;]to=[^"&]*'
)
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
    accesses = await story.register.emergency_access_to(HOST)
    mails = [mail for o in (found.obligations if found else ()) if (mail := mail_of(o))]
    return {
        "access": (*(each.id for each in accesses), "nothing"),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """One page as it was answered."""

    at: str | None
    """The path to which asking led."""
    html: str
    same: str
    """Its policy and its bytes without what is another each time, or for each person."""


@dataclass(slots=True)
class Judged:
    """What was looked at already in this run, for whomever, in whichever state.

    The same bytes under the same policy are the same page in the same browser: they are judged
    once. A person's name stands in the banner alone; each banner is judged on a small screen once.
    """

    digests: set[str] = field(default_factory=set)

    def is_new(self, what: str) -> bool:
        """Whether this was not asked before; from now on it was."""
        digest = sha256(what.encode()).hexdigest()
        new = digest not in self.digests
        self.digests.add(digest)
        return new


IN_THIS_RUN: Final = Judged()
"""Of every crawl of this process: it holds a digest a page, some hundreds of them."""


@dataclass(slots=True, kw_only=True)
class Crawl:
    """One person's way through every page, and what was found on it."""

    visitor: Visitor
    paths: frozenset[str]
    signed_in: str = ""
    """How each page says who is signed in."""
    seen: Counter[str] = field(default_factory=Counter)
    """How many pages of each path were looked at."""
    forms: dict[str, str] = field(default_factory=dict)
    """A page with a form, by its path."""
    sent: set[str] = field(default_factory=set)
    """Paths whose forms somebody sent empty already, in this state."""
    faults: list[str] = field(default_factory=list)
    judged: Judged = field(default_factory=lambda: IN_THIS_RUN)
    opened: int = 0
    """How many pages were opened in the browser; of the others the same bytes were judged."""
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
            self.seen[path] += 1
            got = await self._got(address)
            if got is None:
                continue
            # A form that another page led to is that page's.
            if got.at == path and _MAIN_FORM.search(got.html):
                self.forms.setdefault(path, address)
            if self.judged.is_new(got.same) | self.judged.is_new(f"banner: {self.signed_in}"):
                await self.visitor.open(address)
                self.opened += 1
                await self.look(address)
            waiting.extend(unescape(link).partition("#")[0] for link in _LINK.findall(got.html))

    async def refuses_empty_forms(self) -> None:
        """Send each form as it stands, and look at what comes of it."""
        for path, address in self.forms.items():
            if path in self.sent:
                continue
            self.sent.add(path)
            await self.visitor.open(address)
            self.opened += 1
            form = self.visitor.page.locator("main form").first
            if not await form.count() or await form.get_attribute("method") != "post":
                continue
            async with self.visitor.page.expect_navigation():
                await form.evaluate(_SENT)
            await self.look(f"{address}, sent empty")

    async def look(self, where: str) -> None:
        """Say what is wrong with the page that is open."""
        page = self.visitor.page
        await page.evaluate(_axe())
        self.faults += [f"{where}: {each}" for each in await self.visitor.asked(_RUN)]
        await page.set_viewport_size({"width": 320, "height": 900})
        over = await self.visitor.runs_over()
        self.faults += [f"{where}: wider than 320 px: {each}" for each in over[:3]]
        await page.set_viewport_size({"width": 1280, "height": 900})
        self.faults += [f"{where}: {each}" for each in self.visitor.errors]
        self.visitor.errors.clear()

    async def _got(self, address: str) -> Got | None:
        """Return what this address answers; None: no page, and Chromium would keep the file."""
        got = await self.visitor.page.request.get(self.visitor.base + address)
        kind: Any = got.headers.get("content-type", "")
        if not str(kind).startswith("text/html"):
            return None
        html = await got.text()
        same = _OWN.sub("", html.replace(self.signed_in, "") if self.signed_in else html)
        policy = got.headers.get("content-security-policy", "")
        led = got.url.removeprefix(self.visitor.base)
        return Got(html=html, same=f"{policy}\n{same}", at=self._path_of(led))

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
