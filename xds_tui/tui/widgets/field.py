"""The input field that all screens use."""

from __future__ import annotations

from typing import Any

from textual.widgets import Input


class Field(Input):
    """A compact input field without a blinking cursor, which would write to the terminal twice a second."""

    def __init__(self, value: str = "", placeholder: str = "", **options: Any) -> None:
        super().__init__(value, placeholder, compact=True, **options)
        self.cursor_blink = False
