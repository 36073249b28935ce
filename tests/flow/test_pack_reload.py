"""A running hub and a policy that changes under it: proved and swapped, or refused and said so.

rules.md, "A pack is proved before it may be used"; semantics 16; M001, N003, N047; S20.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from hub.app.books import Books, BooksRefused
from hub.app.metrics import counters
from hub.app.on_record import say_reviews
from hub.app.reload import Reload, Shelf
from hub.intake import Became
from hub.ports import RegisterAway
from hub.routes.policy import Policy
from tests.core.packs import pack as shipped_pack
from tests.flow.intake_scene import REAL_SECONDS, body_of
from tests.flow.reload_scene import BROKEN, Renewal, reader, reload_of, renewal, watching
from tests.flow.rosewood import LEO, rosewood, served, sign_in

FALSE_EXAMPLE = """
[[check]]
say = "An example that does not come out"
given = { event = "concern.opened" }
expect = { regulator = "nothing" }
"""
"""It can be read, and what it says is not so: only a proof finds it."""


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Renewal]:
    async with renewal(tmp_path) as opened:
        yield opened


def metrics(policy: Policy, now: datetime) -> dict[str, float]:
    lines = generate_latest(counters({}, policy=lambda: (policy, now))).decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if line.startswith("hub_pack"))
    return {name: float(value) for name, _, value in pairs}


# What is refused


async def test_a_pack_broken_in_ten_ways_lists_ten_faults_and_the_old_one_stays(
    hub: Renewal,
) -> None:
    before = hub.shelf.books
    places = [(file, hub.change(file, found, put)) for file, found, put in BROKEN]

    with capture_logs() as said:
        assert not await hub.reload.renew()

    listed = hub.shelf.policy.refused
    for file, line in places:
        # An unknown key is told on its line; what is missing by it, on the table's.
        assert any(one.startswith(f"west-sussex/{file}:{line}: ") for one in listed), (file, line)
    assert len(listed) >= len(BROKEN)
    assert hub.shelf.books is before
    loud = [entry for entry in said if entry["log_level"] == "error"]
    assert loud[0]["event"] == "policy.refused"
    assert loud[0]["faults"] == len(listed)
    assert [entry["fault"] for entry in loud[1:]] == list(listed)


async def test_while_a_newer_pack_is_refused_the_old_one_decides(hub: Renewal) -> None:
    old = hub.hash
    hub.new_version()
    hub.change(*BROKEN[0])
    await hub.reload.renew()

    took = await hub.takes(body_of("concern-opened"))

    assert took.became is Became.ACCEPTED
    assert {d.pack for d in (await hub.record()).decisions} == {old} == {shipped_pack().hash}


async def test_a_pack_that_can_be_read_and_not_be_proved_is_refused(hub: Renewal) -> None:
    old = hub.hash
    hub.add("sharing.toml", FALSE_EXAMPLE)

    assert not await hub.reload.renew()

    (fault,) = hub.shelf.policy.refused
    assert fault.startswith("west-sussex/sharing.toml:")
    assert hub.hash == old


async def test_a_pack_that_a_running_hub_refuses_starts_no_hub(hub: Renewal) -> None:
    hub.add("sharing.toml", FALSE_EXAMPLE)

    with pytest.raises(BooksRefused, match=r"sharing\.toml"):
        await hub.another().start()


async def test_bytes_that_are_no_text_are_refused_and_end_nothing(hub: Renewal) -> None:
    (hub.folder / "west-sussex" / "routing.toml").write_bytes(b"\xff\xfe\x00")

    assert not await hub.reload.renew()

    assert hub.shelf.policy.refused == ("cannot be read: UnicodeDecodeError",)


async def test_a_folder_that_is_gone_takes_no_partnership_with_it(hub: Renewal) -> None:
    (hub.folder / "west-sussex").rename(hub.folder / "wales")
    hub.folder = hub.folder / ".." / "policy"
    path = hub.folder / "wales" / "sharing.toml"
    text = path.read_text("utf-8").replace('"west-sussex"', '"wales"', 1)
    path.write_text(text, "utf-8")

    assert not await hub.reload.renew()

    assert hub.shelf.policy.refused[0].startswith("west-sussex/: ")
    assert hub.shelf.partnerships() == ("west-sussex",)


async def test_two_folders_of_one_partnership_are_refused(hub: Renewal) -> None:
    twin = hub.folder / "west-sussex-new"
    twin.mkdir()
    for file in (hub.folder / "west-sussex").iterdir():
        (twin / file.name).write_bytes(file.read_bytes())

    assert not await hub.reload.renew()

    assert "another folder has `west-sussex`" in hub.shelf.policy.refused[0]


async def test_what_is_put_right_is_no_longer_refused(hub: Renewal) -> None:
    hub.change(*BROKEN[0])
    await hub.reload.renew()

    hub.repair()

    assert await hub.reload.renew()
    assert hub.shelf.policy.refused == ()
    assert hub.shelf.policy.refused_at is None


# What is put in force


async def test_M001_a_good_pack_decides_from_then_on_and_is_on_record(hub: Renewal) -> None:
    old = hub.hash
    hub.new_version()

    assert await hub.reload.renew()

    await hub.takes(body_of("concern-opened"))
    assert hub.hash != old
    assert {d.pack for d in (await hub.record()).decisions} == {hub.hash}
    first, second = await hub.leaves("policy.pack.activated")
    assert (first["hash"], first["previous"]) == (old, "")
    assert (second["partnership"], second["version"]) == ("west-sussex", "2027.7")
    assert (second["hash"], second["previous"]) == (hub.hash, old)


async def test_M001_a_start_with_the_same_pack_says_nothing_new(hub: Renewal) -> None:
    await hub.another().start()

    assert len(await hub.leaves("policy.pack.activated")) == 1


async def test_M001_of_two_processes_that_reload_one_writes_the_leaf(hub: Renewal) -> None:
    other = hub.another()
    hub.new_version()

    assert await hub.reload.renew()
    assert await other.renew()

    assert other.shelf.books.packs["west-sussex"].hash == hub.hash
    assert len(await hub.leaves("policy.pack.activated")) == 2


async def test_M001_an_older_pack_put_back_is_on_record_again(hub: Renewal) -> None:
    first = hub.hash
    hub.new_version()
    await hub.reload.renew()
    second = hub.hash
    hub.repair()

    await hub.reload.renew()

    said = [(leaf["hash"], leaf["previous"]) for leaf in await hub.leaves("policy.pack.activated")]
    assert said == [(first, ""), (second, first), (first, second)]


async def test_a_proof_is_remembered_for_the_same_files_alone(hub: Renewal) -> None:
    hub.add("sharing.toml", FALSE_EXAMPLE)
    false = reader(hub.folder)()
    hub.repair()
    true = reader(hub.folder)()

    def starting(books: Books) -> Reload:
        one = reload_of(hub.folder, hub.register, hub.clock)
        one.shelf = Shelf(books)
        return one

    # The same files are not proved twice; that these hold something else only a proof could tell.
    await starting(replace(true, agreed=false.agreed)).start()
    with pytest.raises(BooksRefused):
        await starting(false).start()


async def test_while_a_pack_is_being_proved_the_hub_goes_on_with_the_old_one(
    tmp_path: Path,
) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def slowly() -> Books:
        reading.set()
        assert go_on.wait(REAL_SECONDS)
        return reader(tmp_path / "policy")()

    async with renewal(tmp_path, slowly) as hub:
        old = hub.hash
        hub.new_version()
        renewing = asyncio.create_task(hub.reload.renew())
        assert await asyncio.to_thread(reading.wait, REAL_SECONDS)

        await hub.takes(body_of("concern-opened"))
        go_on.set()

        assert await renewing
        await hub.takes(body_of("lead-agency-set"))
        packs = {d.occasion.event_name: d.pack for d in (await hub.record()).decisions}
        assert packs == {"concern.opened": old, "lead.agency.set": hub.hash}
        assert hub.hash != old


async def test_while_the_register_is_away_nothing_is_swapped(
    hub: Renewal, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = hub.hash
    hub.new_version()

    async def away(*_: object) -> bool:
        raise RegisterAway("the line is cut")

    with monkeypatch.context() as cut:
        cut.setattr(hub.register, "put_in_force", away)
        with pytest.raises(RegisterAway):
            await hub.reload.renew()
        assert hub.hash == old

    assert await hub.reload.renew()
    assert hub.hash != old


# When


async def test_a_changed_folder_is_read_once_it_has_settled(hub: Renewal) -> None:
    old = hub.hash
    async with watching(hub) as looked:
        await looked()
        hub.new_version()

        await looked()
        assert hub.hash == old
        await looked()

        assert hub.hash != old


async def test_a_folder_that_was_refused_is_not_read_again_until_it_changes(hub: Renewal) -> None:
    async with watching(hub) as looked:
        hub.change(*BROKEN[0])
        with capture_logs() as said:
            for _ in range(5):
                await looked()
        assert [entry["event"] for entry in said].count("policy.refused") == 1

        hub.repair()
        await looked()
        await looked()

        assert hub.shelf.policy.refused == ()


async def test_asked_it_reads_at_once_whether_or_not_anything_changed(hub: Renewal) -> None:
    async with watching(hub) as looked:
        await looked()
        with capture_logs() as said:
            hub.reload.ask()
            for _ in range(3):
                await looked()

    assert [entry["event"] for entry in said].count("policy.reloaded") == 1


async def test_a_pack_agreed_for_a_later_day_is_put_in_force_on_that_day(hub: Renewal) -> None:
    old = hub.hash
    hub.new_version()
    hub.change("sharing.toml", r"effective_from = [0-9-]+", "effective_from = 2027-04-17")
    hub.change("sharing.toml", r"review_by = [0-9-]+", "review_by = 2027-12-01")

    async with watching(hub) as looked:
        hub.reload.ask()
        await looked()
        await looked()
        (fault,) = hub.shelf.policy.refused
        assert "version 2027.7 takes effect on 2027-04-17" in fault

        await hub.clock.move_to(datetime(2027, 4, 16, 12, tzinfo=UTC))
        await looked()
        assert hub.hash == old
        await hub.clock.move_to(datetime(2027, 4, 16, 23, 30, tzinfo=UTC))
        await looked()
        await looked()

    assert hub.hash != old
    assert hub.shelf.policy.refused == ()


# Its review


async def test_N047_a_review_that_is_overdue_is_on_record_once_for_each_pack(hub: Renewal) -> None:
    books = hub.shelf.books
    day = books.packs["west-sussex"].review_by
    on_the_day = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    later = on_the_day.replace(year=day.year + 1)

    await say_reviews(hub.register, books, on_the_day)
    assert await hub.leaves("policy.review.due") == []
    await say_reviews(hub.register, books, later)
    await say_reviews(hub.register, books, later)

    (said,) = await hub.leaves("policy.review.due")
    assert (said["hash"], said["review_by"]) == (hub.hash, day.isoformat())


async def test_N047_a_hub_that_runs_past_the_day_of_review_writes_it_down_by_itself(
    hub: Renewal,
) -> None:
    day = hub.shelf.books.packs["west-sussex"].review_by
    assert hub.clock.now().date() <= day

    async with watching(hub) as looked:
        await looked()
        assert await hub.leaves("policy.review.due") == []
        await hub.clock.move_to(datetime(day.year + 1, day.month, day.day, tzinfo=UTC))
        await looked()
        await looked()

    assert len(await hub.leaves("policy.review.due")) == 1


# Who is told


async def test_readiness_and_metrics_say_that_a_newer_pack_was_refused(hub: Renewal) -> None:
    now = hub.clock.now()
    assert metrics(hub.shelf.policy, now)["hub_pack_refused"] == 0
    for file, found, put in BROKEN:
        hub.change(file, found, put)
    await hub.reload.renew()
    policy = hub.shelf.policy

    async with (
        rosewood() as story,
        served(story, policy=lambda: policy) as browser,
        browser.get("/readyz") as got,
    ):
        said = await got.json()

    assert (got.status, said["ready"]) == (200, True)
    assert said["policy"]["newer_refused"]
    assert said["policy"]["faults"] == list(policy.refused)
    assert [one["hash"] for one in said["policy"]["in_force"]] == [hub.hash]
    measured = metrics(policy, now)
    assert measured["hub_pack_refused"] == 1
    assert measured["hub_pack_faults"] == len(policy.refused) >= len(BROKEN)
    version = shipped_pack().version
    in_force = f'partnership="west-sussex",version="{version}"'
    assert any(in_force in name.replace('hash="' + hub.hash[:12] + '",', "") for name in measured)


async def test_the_LEO_reads_that_a_newer_pack_was_refused_and_a_stranger_does_not(
    hub: Renewal,
) -> None:
    hub.change(*BROKEN[0])
    await hub.reload.renew()
    policy = hub.shelf.policy
    words = f"A newer policy pack was refused; version {policy.packs[0].version} of west-sussex"

    async with rosewood() as story, served(story, policy=lambda: policy) as browser:
        leo = await sign_in(story, browser, LEO)
        _, page = await leo.get("/")
        async with browser.get("/sign-in") as got:
            stranger = await got.text()

    assert words in page
    assert "stays in force" in page
    assert "regulatr" not in page
    assert "refused" not in stranger


async def test_N047_every_page_says_that_the_review_is_overdue(hub: Renewal) -> None:
    day = hub.shelf.books.packs["west-sussex"].review_by
    packs = tuple(replace(p, review_by=day.replace(year=2020)) for p in hub.shelf.policy.packs)
    policy = Policy(packs=packs)

    async with rosewood() as story, served(story, policy=lambda: policy) as browser:
        leo = await sign_in(story, browser, LEO)
        _, page = await leo.get("/")
        async with browser.get("/sign-in") as got:
            stranger = await got.text()
        async with browser.get("/readyz") as got:
            ready = await got.json()

    for shown in (page, stranger):
        assert f"was due for review by {day.day} {day:%B} 2020" in shown
    assert ready["ready"]
    assert ready["policy"]["in_force"][0]["review_overdue"]
    late = metrics(policy, hub.clock.now())['hub_pack_review_overdue{partnership="west-sussex"}']
    assert late == 1
