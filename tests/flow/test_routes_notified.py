"""The board says how far "all notified" is true (M004)."""

from __future__ import annotations

from tests.flow.rosewood import CONCERN, rosewood, served, sign_in

BOARD = f"/concerns/{CONCERN}"


async def test_M004_the_board_says_that_not_all_are_told_while_the_list_is_not_complete() -> None:
    async with rosewood("concern-opened") as story, served(story) as browser:
        me = await sign_in(story, browser)

        _, page = await me.get(BOARD)

    assert (
        "A notice is prepared for 0 of 0 who placed adults here; nobody has declared the list"
        in page
    )
    assert "Not all are told" in page


async def test_M004_the_board_says_how_many_of_those_who_placed_adults_are_told() -> None:
    names = ("concern-opened", "placement-register-declared")
    async with rosewood(*names) as story, served(story) as browser:
        me = await sign_in(story, browser)

        _, page = await me.get(BOARD)

    assert "A notice is prepared for 4 of 4 who placed adults here" in page
    assert "Not all are told" not in page
