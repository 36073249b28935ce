"""Every page for operators and administrators: one heading, labels, scopes, no script, no style."""

from __future__ import annotations

import re

from tests.flow.rosewood import LEO, rosewood, served, sign_in, without_our_script
from tests.flow.test_admin import ADMIN, HOOK, a_contact, asks
from tests.flow.test_answers import OPENING
from tests.flow.test_failed import bounce, links
from tests.flow.test_rules import OPENED, knows_rules


def sound(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    labelled = set(re.findall(r'<label[^>]*\bfor="([^"]+)"', page))
    fields = re.findall(
        r'<(?:input|textarea|select)(?![^>]*type="hidden")[^>]*\bid="([^"]+)"', page
    )
    described = set(" ".join(re.findall(r'aria-describedby="([^"]+)"', page)).split())
    assert '<html lang="en-GB"' in page
    assert page.count("<h1") == 1
    assert len(ids) == len(set(ids)), sorted(i for i in ids if ids.count(i) > 1)
    assert set(fields) <= labelled, set(fields) - labelled
    assert described <= set(ids), described - set(ids)
    assert "<script" not in without_our_script(page)
    assert " style=" not in page
    assert not re.search(r"<th(?![^>]*scope=)[\s>]", page)
    assert page.count("<table") == page.count("</table>") == page.count("<caption")
    assert page.count("<div") == page.count("</div>")


async def test_B06_pages_for_operators_are_sound_for_whoever_reads_by_ear_or_keyboard() -> None:
    async with rosewood(*OPENING) as story:
        await bounce(story)
        given = knows_rules(story)
        contact = a_contact(story)
        async with served(story, **given) as browser:
            leo, admin = await sign_in(story, browser, LEO), await sign_in(story, browser, ADMIN)
            _, failed = await leo.get("/failed")
            again = links(failed)[0]
            await leo.post("/failed/again", {"delivery": again.partition("=")[2], "why": "LOST"})
            await admin.post(f"/admin/contacts/{contact.id}", asks(story))
            (change,) = await story.register.changes()
            opened = [await leo.get(path) for path in ("/failed?said=ordered", again, "/rules")] + [
                await admin.get(path)
                for path in (
                    *("/failed", "/admin", "/admin/changes", f"/admin/changes/{change.id}"),
                    *(HOOK, f"/admin/contacts/{contact.id}"),
                    *("/rules", "/rules/draft?partnership=west-sussex"),
                    "/rules/map?partnership=west-sussex&chapter=meetings",
                    "/rules/explain?example=concern-opened",
                )
            ]
            refused = [
                await leo.post("/failed/again", {"delivery": again.partition("=")[2]}),
                await admin.post(HOOK, {"does": "close"}),
                await admin.post(f"/admin/contacts/{contact.id}", {}),
                await admin.post(f"/admin/changes/{change.id}", {}),
                await admin.post("/rules/explain", {"event": OPENED[:99]}),
                await admin.post("/rules/explain", {}),
                await admin.post("/rules/draft", {"partnership": "west-sussex"}),
            ]

        assert [status for status, _ in opened] == [200] * len(opened)
        assert [status for status, _ in refused] == [422] * len(refused)
        for _, page in (*opened, *refused):
            sound(page)
        assert all("There is a problem" in page for _, page in refused)
