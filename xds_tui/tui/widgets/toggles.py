"""Radio buttons and check boxes that say by their sign, not by its colour alone, whether they are on."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Checkbox, RadioButton


class Radio(RadioButton):
    """One of several: `(●)` or `( )`."""

    @property
    def _button(self) -> Content:
        """The sign (a private name: Textual's minor version is pinned)."""
        return Content("(●)" if self.value else "( )").stylize(".toggle--button")


class Tick(Checkbox):
    """Yes or no: `[✓]` or `[ ]`."""

    @property
    def _button(self) -> Content:
        """The sign."""
        return Content("[✓]" if self.value else "[ ]").stylize(".toggle--button")
