"""What went wrong last, in full and for as long as the user needs to read it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static


class Notice(Static):
    """A few lines above the keys that stay until they are dismissed or no longer true."""

    DEFAULT_CSS = """
    Notice {
        display: none;
        height: auto;
        max-height: 6;
        padding: 0 1;
        border-left: thick $error;
        background: $error-muted;
        color: $foreground;
        &.-mild { border-left: thick $warning; background: $warning-muted; }
    }
    """

    subject = ""
    """What it is about, for those that take back only what they said themselves."""

    @property
    def is_grave(self) -> bool:
        """Whether it says something that must not give way to a hint."""
        return self.display and not self.has_class("-mild")

    def tell(self, lines: Sequence[str], *, mild: bool = False, subject: str = "") -> None:
        """Show `lines` in place of what is shown."""
        self.subject = subject
        self.set_class(mild, "-mild")
        told = " · ".join(line for line in lines if line)
        self.update(Content(told if mild else f"! {told}"))
        self.display = True

    def take_back(self, subject: str) -> None:
        """Take the notice away if it is about `subject`: it is no longer true."""
        if self.subject == subject:
            self.display = False

    def dismiss(self) -> bool:
        """Take the notice away, whatever it is about; whether there was one."""
        was_shown, self.display = self.display, False
        return was_shown
