"""The manual in the app: the pages beside their list, and a search over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import ClassVar, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, OptionList, Static
from textual.widgets.option_list import Option

from xds_tui import i18n, manual
from xds_tui.domain.sanitize import fold
from xds_tui.i18n import _
from xds_tui.structs import dataclass
from xds_tui.tui.commands import COMMANDS, bindings
from xds_tui.tui.screens.base import DialogScreen
from xds_tui.tui.screens.picker import Choice, PickerScreen

LIST_COLUMNS: Final = 100
"""Columns from which the list of pages stands beside the page."""
MAX_RESULTS: Final = 50


@dataclass(frozen=True, slots=True)
class ManualSection:
    """A part of a page below one heading.

    Attributes:
        topic: the page.
        number: its place among the headings of the page, from 0.
        title: the title of the page, and the heading.
        lines: its text.

    """

    topic: str
    number: int
    title: str
    lines: tuple[str, ...]


def sections(topic: str, language: str) -> Iterator[ManualSection]:
    """Return the sections of a page."""
    page = manual.read_page(topic, language)
    title, number, heading, lines, is_code = manual.page_title(page), -1, "", list[str](), False
    for line in [*page.split("\n"), "# "]:
        is_code ^= line.startswith("```")
        if line.startswith("#") and not is_code:
            if number >= 0:
                yield ManualSection(topic, number, title if number == 0 else f"{title} › {heading}", tuple(lines))
            number, heading, lines = number + 1, line.lstrip("# "), []
        elif line:
            lines.append(line)


class SearchScreen(PickerScreen):
    """Returns the topic and the number of a section that contains the typed words."""

    def __init__(self, language: str) -> None:
        super().__init__(_(COMMANDS["manual.search"].sentence), [], placeholder=_("search the manual"))
        self._sections = [section for topic in manual.TOPICS for section in sections(topic, language)]

    def found(self, words: Sequence[str]) -> tuple[Sequence[Choice], str]:
        """Return the sections with all words, those with the words in their title first, each with a line of it."""
        matches = []
        for section in self._sections:
            text = fold("\n".join((section.title, section.topic, *section.lines)))
            if all(word in text for word in words):
                in_title = all(word in fold(section.title) for word in words)
                matches.append((not in_title, section))
        matches.sort(key=lambda match: match[0])
        choices = [_choice(section, words) for _order, section in matches[:MAX_RESULTS]]
        return choices, "" if choices else _("No page matches")


def _choice(section: ManualSection, words: Sequence[str]) -> Choice:
    line = next((line for line in section.lines if words and any(word in fold(line) for word in words)), "")
    return Choice(f"{section.topic} {section.number}", section.title, line.strip("| "))


def _parts(page: str) -> Iterator[str]:
    """Return the tables of a page, and the text around them."""
    for _is_table, lines in groupby(page.split("\n"), lambda line: line.startswith("|")):
        yield "\n".join(lines)


def _table(source: str) -> Table:
    """Return a table of Markdown as one renderable: Textual makes a widget of each cell, hundreds for the keys."""
    titles, _line, *rows = ([cell.strip() for cell in line.strip("|").split(" |")] for line in source.split("\n"))
    table = Table(*titles, box=SIMPLE_HEAD, expand=True, padding=(0, 1))
    for row in rows:
        table.add_row(*(Text(cell.replace("`", "")) for cell in row))
    return table


class ManualScreen(DialogScreen[None]):
    """Shows a page of the manual."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("manual")

    CSS_PATH = "../theme/dialog.tcss"
    DEFAULT_CSS = """
    ManualScreen {
        background: $background;
        #manual-page { border: round $primary; padding: 0 1; scrollbar-gutter: stable; }
        #manual-topics { width: 35; border: round $primary; background: $background; }
        Markdown { padding: 0; background: $background; }
        MarkdownH1, MarkdownH2 { margin: 1 0; content-align: left middle; }
    }
    """

    def __init__(self, topic: str) -> None:
        super().__init__()
        self._topic = topic
        self._language = i18n.chosen()

    def compose(self) -> ComposeResult:
        """Compose the list of pages beside the page."""
        with Horizontal():
            titles = {topic: manual.page_title(manual.read_page(topic, self._language)) for topic in manual.TOPICS}
            yield OptionList(
                *(Option(title, id=topic) for topic, title in titles.items()), id="manual-topics", markup=False
            )
            with VerticalScroll(id="manual-page") as page:
                page.border_subtitle = Content(_("/: search · ← →: pages · esc: back"))

    def on_mount(self) -> None:
        """Show the first page."""
        self.query_one(OptionList).can_focus = False
        self.query_one(VerticalScroll).focus()
        self.show_page(self._topic)

    def on_resize(self) -> None:
        """Show the list of pages if there is room for it."""
        self.query_one(OptionList).display = self.app.size.width >= LIST_COLUMNS

    @work(exclusive=True, group="manual-page")
    async def show_page(self, topic: str, section: int = 0) -> None:
        """Show a page, scrolled to a section."""
        self._topic = topic
        scroll = self.query_one(VerticalScroll)
        self.query_one(OptionList).highlighted = manual.TOPICS.index(topic)
        scroll.border_title = Content(f"xds-tui manual {topic}")
        await scroll.remove_children()
        parts = [
            (Static() if part.startswith("|") else Markdown(open_links=False), part) for part in _parts(self._page)
        ]
        await scroll.mount_all(widget for widget, _part in parts)
        for widget, part in parts:
            if isinstance(widget, Markdown):
                await widget.update(part)
            else:
                widget.update(_table(part))
        headings = list(scroll.query("MarkdownHeader"))
        if 0 < section < len(headings):
            self.call_after_refresh(scroll.scroll_to_widget, headings[section], top=True, animate=False)
        else:
            scroll.scroll_home(animate=False)

    @property
    def _page(self) -> str:
        return manual.read_page(self._topic, self._language)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show the page that was clicked."""
        event.stop()
        if event.option_id:
            self.show_page(event.option_id)

    def action_turn(self, pages: int) -> None:
        """Turn `pages` forward, or back if negative."""
        number = manual.TOPICS.index(self._topic) + pages
        if 0 <= number < len(manual.TOPICS):
            self.show_page(manual.TOPICS[number])

    @work(group="manual-search")
    async def action_search(self) -> None:
        """Search all pages, and show the section that is chosen."""
        answer = await self.app.push_screen_wait(SearchScreen(self._language))
        if answer is not None:
            topic, _space, number = answer.partition(" ")
            self.show_page(topic, int(number))

    def action_leave(self) -> None:
        """Close the manual."""
        if self.is_current:
            self.dismiss()
