"""Keys that arrive in one burst have the same effect as keys pressed one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.app_driver import AppDriver, running_app
from support.wait import until
from textual.events import Key
from textual.widgets import Input, OptionList

from xds_tui.i18n import choose
from xds_tui.simulator.host import BILLED
from xds_tui.tui.screens import reading_guard
from xds_tui.tui.screens.confirm import Dialog
from xds_tui.tui.screens.create.screen import CreateScreen, Step
from xds_tui.tui.screens.palette import PaletteScreen
from xds_tui.tui.screens.picker import Choice, PickerScreen
from xds_tui.tui.screens.prompt import PromptScreen
from xds_tui.tui.widgets.filter_input import FilterInput
from xds_tui.tui.widgets.host_table import HostTable

LISTS = {
    "palette": ("ctrl+p",),
    "palette by colon": ("colon",),
    "sort": ("o",),
    "group": ("ctrl+g",),
    "filters": ("f",),
    "theme": ("T",),
    "language": ("L",),
    "copy": ("y",),
    "copy of a host": ("enter", "y"),
}
"""The keys that open each searchable list."""


@pytest.fixture
def in_english() -> Iterator[None]:
    """Restore English, whatever a test chooses."""
    yield
    choose("en")


names = st.text("abco -", min_size=1, max_size=6)
rounds = st.tuples(
    st.lists(names, min_size=1, max_size=6),
    st.text("abco ", max_size=2),
    st.integers(0, 7),
    st.text("abco", max_size=4),
)


def expected(labels: Sequence[str], typed: str, steps: int) -> str | None:
    """Return the ID of the choice under the cursor after `typed` and a number of steps down."""
    words = typed.casefold().split()
    found = [str(index) for index, label in enumerate(labels) if all(word in f"{label}  {index}" for word in words)]
    return found[min(steps, len(found) - 1)] if found else None


async def answers_to(driver: AppDriver, labels: Sequence[str], keys: Sequence[str]) -> list[str | None]:
    """Open a list, press keys in a burst, and return its result."""
    answers: list[str | None] = []
    screen = PickerScreen("One of these", [Choice(str(index), label) for index, label in enumerate(labels)])
    await driver.app.push_screen(screen, answers.append)
    await until(lambda: isinstance(driver.app.focused, Input))
    await driver.burst(*keys)
    answered = [*answers]
    while len(driver.app.screen_stack) > 1:  # the letters behind enter may have opened something
        await driver.app.pop_screen()
    return answered


@settings(max_examples=3, phases=[Phase.generate])
@given(st.lists(rounds, min_size=6, max_size=6))
def test_enter_chooses_the_entry_under_the_cursor(
    played: list[tuple[list[str], str, int, str]],
) -> None:
    async def play() -> None:
        async with running_app(AppDriver(hosts=1)) as driver:
            for labels, typed, steps, behind in played:
                wanted = expected(labels, typed, steps)
                assert await answers_to(driver, labels, [*typed, *["down"] * steps, "enter", *behind]) == (
                    [] if wanted is None else [wanted]
                )

    asyncio.run(play())


@pytest.mark.sweep(2)
@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize("opening", LISTS.values(), ids=LISTS)
async def test_letters_after_enter_do_not_change_the_choice(
    opening: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[str | None] = []
    answer = PickerScreen._answer

    def note(screen: PickerScreen, chosen: str | None) -> None:
        answers.append(chosen)
        answer(screen, chosen)

    monkeypatch.setattr(PickerScreen, "_answer", note)
    async with running_app(AppDriver()) as driver:
        await driver.press(*opening[:-1])
        await driver.burst(opening[-1], "down")
        assert isinstance(driver.app.screen, PickerScreen)
        option = driver.app.screen.query_one(OptionList).highlighted_option
        assert option is not None
        why_not = next(choice for choice in driver.app.screen._choices if choice.id == option.id).why_not
        await driver.burst("enter", *"group")
        assert answers == ([] if why_not else [option.id])
        assert driver.app.return_code is None


async def test_keys_after_a_command_go_to_the_screen_it_opens() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.burst("ctrl+p", *"sort", "enter", *"group")
        assert isinstance(driver.app.screen, PickerScreen)
        assert driver.app.screen._title == "Sort by"
        assert driver.app.screen.query_one(Input).value == "group"
        await driver.burst("escape", "colon", *"zoom", "enter", "j")
        assert not isinstance(driver.app.screen, PaletteScreen)
        assert driver.app.screen.has_class("-zoomed")
        assert driver.app.screen.query_one(HostTable)._cursor == 1


async def test_keys_after_a_confirmation_do_not_reach_the_list() -> None:
    async with running_app(AppDriver()) as driver:
        target = next(host for host in driver.world.listed() if host.status == BILLED)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        await driver.burst("x", "y", "o", "g")
        assert isinstance(driver.app.screen, Dialog)
        assert len(driver.app.screen_stack) == 2
        await driver.burst("n", "slash", *"gpu", "enter", "j", "escape")
        assert not isinstance(driver.app.focused, FilterInput)
        assert driver.app.screen.query_one(HostTable).cursor_key is not None


async def test_a_key_typed_before_a_question_was_shown_does_not_answer_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_guard, "READING_TIME", 0.0)
    async with running_app(AppDriver()) as driver:
        target = next(host for host in driver.world.listed() if host.status == BILLED)
        driver.app.screen.query_one(HostTable).move_to(target.id)
        early = Key("y", "y")
        await driver.burst("x")
        dialog = driver.app.screen
        assert isinstance(dialog, Dialog)
        await until(lambda: dialog._guard.is_shown)
        driver.app.post_message(early)
        await driver.burst("up")
        assert driver.app.screen is dialog
        await driver.press("y")
        await until(lambda: len(driver.monitor.orders.all) == 1)


async def test_a_choice_opens_the_next_dialog_before_the_next_key() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.burst("slash", *"cpu>8", "enter", "f", "enter", *"big", "enter", "j")
        assert not isinstance(driver.app.screen, (PromptScreen, PickerScreen))
        await driver.burst("f", *"big")
        assert driver.app.screen.query_one(OptionList).option_count == 1


async def test_an_editing_key_applies_to_the_text_typed_before_it() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.burst("slash", *"abc", "ctrl+u", *"de")
        assert driver.app.screen.query_one(FilterInput).value == "de"


async def test_pressing_enter_twice_in_the_wizard_completes_two_steps() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.burst("n", "enter", "enter")
        screen = driver.app.screen
        assert isinstance(screen, CreateScreen)
        assert screen.step is Step.ORDER
        assert screen.draft.package is not None
        assert screen.draft.image is not None


@pytest.mark.sweep(2)
@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("keys", [("B",), ("enter", "B"), ("B", "a", "u", "B", "enter", "B"), ("3", "B", "tab", "B")])
async def test_keys_typed_ahead_place_no_order(
    monkeypatch: pytest.MonkeyPatch, columns: int, keys: tuple[str, ...]
) -> None:
    monkeypatch.setattr(reading_guard, "READING_TIME", 0.0)  # as if they were handled late, on a slow machine
    async with running_app(AppDriver(), columns) as driver:
        await driver.burst("n", "enter", "enter", *keys)
        assert isinstance(driver.app.screen, CreateScreen)
        assert driver.app.screen.draft.package is not None
        assert driver.monitor.orders.all == ()
        assert driver.request_count("create") == 0
