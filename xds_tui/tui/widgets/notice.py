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
        background: $error-muted;
        color: $text;
        &.-mild { background: $warning-muted; }
    }
    """

    def tell(self, lines: Sequence[str], *, mild: bool = False) -> None:
        """Show `lines` in place of what is shown."""
        self.set_class(mild, "-mild")
        self.update(Content(" · ".join(line for line in lines if line)))
        self.display = True

    def dismiss(self) -> bool:
        """Take the notice away; whether there was one."""
        was_shown, self.display = self.display, False
        return was_shown
