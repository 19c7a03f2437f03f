from __future__ import annotations

import asyncio

import pytest
from support.wait import until
from textual.app import App, ComposeResult
from textual.events import Event, Key
from textual.widgets import Input, Static

from xds_tui.tui.runtime import key_queue
from xds_tui.tui.runtime.key_queue import KeyQueue


class Slow(Static, can_focus=True):
    """Opens a field slowly at the first key, and records the keys that it receives."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self.go_on = asyncio.Event()

    async def on_key(self, event: Key) -> None:
        event.stop()
        self.heard.append(event.key)
        await self.go_on.wait()
        self.app.query_one(Input).focus()


class Turns(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.turns = KeyQueue(self, super().on_event)

    def compose(self) -> ComposeResult:
        yield Slow()
        yield Input()

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key) and not event.is_forwarded:
            await self.turns.put(event)
        else:
            await super().on_event(event)


async def test_keys_go_to_the_screen_that_the_first_one_opened() -> None:
    app = Turns()
    async with app.run_test():
        slow, field = app.query_one(Slow), app.query_one(Input)
        slow.focus()
        await until(lambda: app.focused is slow)
        for key in "abcd":
            app.post_message(Key(key, key))
        await until(lambda: slow.heard == ["a"])
        slow.go_on.set()
        await until(lambda: field.value == "bcd")
        assert slow.heard == ["a"]


async def test_a_flow_that_never_ends_does_not_block_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_queue, "MAX_KEY_DELAY", 0.05)
    app = Turns()
    async with app.run_test():
        slow, field = app.query_one(Slow), app.query_one(Input)
        slow.focus()
        await until(lambda: app.focused is slow)
        app.post_message(Key("a", "a"))
        app.post_message(Key("b", "b"))
        await until(lambda: slow.heard == ["a"])
        field.focus()
        app.post_message(Key("c", "c"))
        await until(lambda: "c" in field.value)
        slow.go_on.set()
