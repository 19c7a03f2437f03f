"""The field that everything is typed into."""

from __future__ import annotations

from typing import Any

from textual.widgets import Input


class Field(Input):
    """A compact field whose cursor does not blink: it would write to the terminal twice a second for nothing."""

    def __init__(self, value: str = "", placeholder: str = "", **options: Any) -> None:
        super().__init__(value, placeholder, compact=True, **options)
        self.cursor_blink = False
