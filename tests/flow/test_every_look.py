"""Every page that shows what a concern holds leaves a leaf: whichever route, whoever looks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import ClientSession
from sqlalchemy import text

from hub.access import Official, Post
from hub.plan.reviewing import review_owed
from hub.ports import ConcernRecord
from hub.ports.emergency_access import AskedAccess, EmergencyAccess, Given
from hub.ports.releasing import Asker
from hub.routes.style import PLAIN, SCRIPT, read_style
from hub.vocabulary import AgencyId
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    CQC,
    HOST,
    LEO,
    TO_THE_END,
    Rosewood,
    SignedIn,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_reply_confirmed import MAIL, replied
from tests.flow.test_signed_closure import OURS, confirmed

AUDITOR: Final = Official(id="auditor-1", name="Iris Bell", post=Post.AUDITOR, agency=HOST)
OFFICER: Final = Official(id="cqc-1", name="Ada Byrne", post=Post.AGENCY, agency=CQC.agency)
ADMINISTRATOR: Final = Official(
    id="admin-1", name="Noor Shah", post=Post.ADMINISTRATOR, agency=HOST
)
PRIVACY: Final = Official(id="privacy-1", name="Pia Lund", post=Post.PRIVACY_OFFICER, agency=HOST)
STRANGER: Final = Official(
    id="stranger-1", name="Una Reid", post=Post.LEO, agency=AgencyId("gss:E10000016")
)
"""Who reads the concern by emergency access, and by nothing else."""
PEOPLE: Final = (LEO, CHAIR, OFFICER, AUDITOR, ADMINISTRATOR, PRIVACY, STRANGER)

NO_CONTENT: Final = {
    "/acknowledge/{notice}",
    "/figures",
    "/admin/changes",
    "/admin/changes/{change}",
    "/admin/contacts/{contact}",
    "/admin/webhooks/{webhook}",
    "/emergency-access",
    "/healthz",
    "/live",  # says that a page has changed, and nothing of what is on it: test_live
    "/metrics",
    "/my-sessions",
    "/people",
    "/people/{person}",
    "/privacy/emergency-access/{access}",
    "/readyz",
    "/replies",  # mail that is of no concern: its leaf is tested in test_unclaimed
    "/rules",
    "/rules/draft",
    "/rules/explain",
    "/rules/map",
    "/sign-in",
    "/sign-in/again",
    "/sign-in/back",
    "/sign-in/post",
    "/sign-in/start",
    "/signed-out",
    "/v1/contact-changes",
    "/v1/figures",
    "/v1/keys",
    "/v1/my-sessions",
    "/v1/openapi.json",
    "/v1/own-contacts",  # the reader's own mailboxes, whatever concerns there are
    "/v1/people",
    "/v1/privacy/emergency-access",
    "/v1/replies",  # mail that is of no concern, as at `/replies`
    "/v1/rules",
    "/v1/rules/{partnership}/map",
    "/v1/rules/{partnership}/map/{chapter}",
    "/v1/replays",  # ids and counts of orders, and no id of what they mean
    "/v1/webhooks",
}
"""Routes that show nothing of what a concern holds; each is asked all the same."""


NOTHING_HERE: Final = {
    "/concerns/{concern}/release",
    "/concerns/{concern}/releases/{request}",
    "/failed",
    "/failed/again",
    "/failed/quarantine/{message}",
    "/my-work/handover",
    "/v1/concerns/{concern}/timeline",
    "/v1/failed",
    "/v1/quarantine",
    "/v1/quarantine/{message}",
    "/v1/work/handover",
}
"""Routes that have nothing to show in this story: nothing failed, is held, open or in quarantine.

Where one of them shows something all the same, it must leave its leaf as every other.
"""

OF_THE_DIRECTORY: Final = {"/admin", "/v1/directory/contacts"}
"""Routes that name the directory's organisations, providers too, whatever concerns there are."""


@dataclass
class Looks:
    """A filled story, and what stands for each part of a path."""

    story: Rosewood
    record: ConcernRecord
    parts: dict[str, str]

    def path(self, route: str) -> str:
        """Return a path of this route. Fails by name where this test does not know a part of it."""
        unknown = set(re.findall(r"{(\w+)", route)) - self.parts.keys()
        assert not unknown, f"{route}: say in this test what stands for {sorted(unknown)}"
        return re.sub(r"{(\w+)[^}]*}", lambda found: self.parts[found[1]], route)

    def shows_content(self, kind: str, page: bytes) -> bool:
        """Whether it holds anything of the concern: its place, its reference, its pseudonym."""
        concern = self.record.concern
        words = (
            concern.reference,
            concern.service.location_name,
            concern.service.provider_name,
            self.parts["name"],
        )
        return kind == "application/zip" or any(word.encode() in page for word in words)

    async def leaves_of(self, person: Official) -> int:
        """Return how many leaves say that this person saw or took something."""
        database = self.story.register._database  # type: ignore[attr-defined]
        async with database.engine.connect() as connection:
            rows = await connection.execute(text("SELECT kind, data FROM audit_leaf"))
            return sum(
                kind.endswith((".seen", ".exported")) and person.id.encode() in bytes(data)
                for kind, data in rows
            )


def routes(story: Rosewood) -> list[str]:
    """Return every path that answers GET, as the application that is served has it."""
    assert story.site is not None
    found = {
        route.resource.canonical
        for route in story.site.router.routes()
        if route.method == "GET" and route.resource is not None
    }
    # The style that was built, where it was, and the script: files named by their own hashes.
    return sorted(found - {read_style().path, PLAIN, SCRIPT.path})


async def filled(story: Rosewood) -> dict[str, str]:
    """Fill the story to its signed end, with a reply that waits, and return what paths name."""
    await replied(story)
    await confirmed(story)
    record = await story.record()
    delivery = next(d for n in record.notices for d in n.deliveries)
    return {
        "concern": CONCERN,
        "notice": (await story.notice_to(CQC, "closure-notice")).notice.id,
        "delivery": delivery.id,
        "mail": MAIL,
        "obligation": record.obligations[0].id,
        "access": await opened_to_a_stranger(story),
        # Nothing stands for these here: their pages are asked, and answer 404.
        **dict.fromkeys(("change", "contact", "message", "person", "request", "webhook"), "none"),
        **dict.fromkeys(("partnership", "chapter"), "none"),
    }


async def opened_to_a_stranger(story: Rosewood) -> str:
    """Open the concern to somebody of another authority, and return which access it is."""
    by, now = Asker(id=STRANGER.id, name=STRANGER.name, post=STRANGER.post), story.clock.now()
    whole: dict[str, Any] = {
        "id": "access-1",
        "by": by,
        "agency": STRANGER.agency,
        "reason": "a resident rang",
    }
    given = EmergencyAccess(
        **whole, concern=CONCERN, host=HOST, began=now, ends=now, review_due=now
    )
    owed = review_owed(
        given.id,
        CONCERN,
        HOST,
        began=now,
        due=now,
        pack=None,
        directory=await story.register.directory(),
        made="owed-1",
    )
    asked = AskedAccess(**whole, reference="PC", at=now)
    made = await story.register.ask_emergency_access(asked, Given(access=given, owed=owed))
    assert isinstance(made, EmergencyAccess)
    return made.id


async def pseudonym(story: Rosewood, browser: ClientSession) -> str:
    """Return by which name an auditor finds the concern."""
    auditor = await sign_in(story, browser, AUDITOR)
    _, page = await auditor.get("/audit")
    found = re.search(r'href="/audit/([^"?]+)"', page)
    assert found is not None
    return found[1]


async def test_each_get_route_that_shows_case_content_leaves_a_leaf_of_who_looked() -> None:
    async with rosewood(*TO_THE_END) as story:
        story.people = PEOPLE
        parts = await filled(story)
        async with served(story, signer=OURS) as browser:
            parts["name"] = await pseudonym(story, browser)
            looks = Looks(story=story, record=await story.record(), parts=parts)
            silent, showing = set(), set()
            for person in PEOPLE:
                me = await sign_in(story, browser, person)
                for route in routes(story):
                    before = await looks.leaves_of(person)
                    status, kind, page = await opened(me, looks.path(route))
                    if status != 200 or not looks.shows_content(kind, page):
                        continue
                    showing.add(route)
                    if route not in OF_THE_DIRECTORY and await looks.leaves_of(person) == before:
                        silent.add(f"{route}, seen by the {person.post}")

    assert silent == set()
    assert set(routes(story)) - showing == NO_CONTENT | NOTHING_HERE


async def opened(me: SignedIn, path: str) -> tuple[int, str, bytes]:
    """Open a path as a person does, and as a program in their name does."""
    bearer = f"Bearer {me.cookie.partition('=')[2]}"
    headers = {"Authorization": bearer} if path.startswith("/v1/") else {"Cookie": me.cookie}
    async with me.browser.get(path, headers=headers, allow_redirects=False) as got:
        return got.status, got.content_type, await got.read()
