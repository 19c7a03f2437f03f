"""The dialog that edits name, tags, owner, note and protection of one host or of several."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Button, Checkbox, Input, Static

from xds_tui.domain import annotation_form
from xds_tui.domain.annotation_form import AnnotationForm
from xds_tui.domain.annotations import AnnotationChange
from xds_tui.domain.model import Host
from xds_tui.errors import AppError
from xds_tui.i18n import _, ngettext
from xds_tui.text import labels, messages, terms
from xds_tui.text.overview import shortened
from xds_tui.tui.commands import bindings
from xds_tui.tui.screens.base import DialogScreen
from xds_tui.tui.textual_compat import Tick
from xds_tui.tui.theme import glyphs
from xds_tui.tui.widgets.field import Field

Save = Callable[[AnnotationChange], Awaitable[None]]
"""Applies the change to the hosts that are edited; raises `AppError` if it cannot be stored."""

_TITLE_CELLS = 40


class TagSuggester(Suggester):
    """Completes the last word of a field to a known tag."""

    def __init__(self, known: Sequence[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._known = known

    async def get_suggestion(self, value: str) -> str | None:
        """Return the completed text."""
        return annotation_form.completed(value, self._known)


class AnnotationScreen(DialogScreen[bool]):
    """Returns whether something was stored. Only the fields that the user has touched are changed."""

    manual_topic = "configuration"
    BINDINGS: ClassVar[list[BindingType]] = bindings("annotation")
    CSS_PATH = "../theme/dialog.tcss"

    def __init__(self, hosts: Sequence[Host], known: Sequence[str], save: Save, *, field: str = "alias") -> None:
        """Create the dialog.

        Args:
            hosts: what is edited.
            known: the tags to suggest, the best first.
            save: stores the change.
            field: the field that has the focus at first, one of `annotation_form.FIELDS`.

        """
        super().__init__()
        self._hosts = hosts
        self._known = known
        self._save = save
        self._form: AnnotationForm = annotation_form.form_of([host.annotation for host in hosts])
        self._edited: set[str] = set()
        self._initial: dict[str, str] = {}
        self._first = field if field != "alias" or len(hosts) == 1 else "tags"

    def compose(self) -> ComposeResult:
        """Compose a field for each value, the known tags, and the buttons."""
        form = self._form
        with Vertical(classes="dialog", id="annotation-form"):
            yield Static(Content(self._title), classes="dialog-title")
            if len(self._hosts) == 1:
                yield from self._field("alias", _(labels.COLUMNS["name"]), form.alias, self._hosts[0].name)
            tags, known = "".join(f"{tag} " for tag in form.tags), TagSuggester(self._known)
            yield from self._field("tags", _(labels.COLUMNS["tags"]), tags, suggester=known)
            yield Static(id="known-tags")
            yield from self._field("owner", _(labels.COLUMNS["owner"]), form.owner)
            yield from self._field("note", _(labels.COLUMNS["note"]), form.note)
            yield Tick(Content(self._protection_label), value=form.is_marked, id="is_marked", compact=True)
            if rules := sorted({host.annotation.rule for host in self._hosts if host.annotation.rule}):
                text = _("Protected by a rule in config.toml: {rules}").format(rules=", ".join(rules))
                yield Static(Content(text), classes="hint")
            yield Static(id="answer")
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content(_(terms.CANCEL_ESC)), id="leave", compact=True)
                yield Button(Content(_("Save  enter")), id="save", variant="primary", compact=True)

    @property
    def _title(self) -> str:
        if len(self._hosts) == 1:
            name = shortened(glyphs.host_name(self.app, self._hosts[0]), _TITLE_CELLS)
            return _("Edit {host}").format(host=name)
        count = len(self._hosts)
        return ngettext("Edit {count} host", "Edit {count} hosts", count).format(count=count)

    @property
    def _protection_label(self) -> str:
        label = _("Protect from stop, reboot and delete")
        is_mixed = "is_marked" in self._form.mixed and "is_marked" not in self._edited
        return f"{label} {_('(mixed)')}" if is_mixed else label

    def _field(
        self, name: str, label: str, value: str, placeholder: str = "", suggester: Suggester | None = None
    ) -> ComposeResult:
        if name in self._form.mixed:
            placeholder = _("(mixed)")
        self._initial[name] = value
        with Horizontal(classes="field"):
            yield Static(Content(label), classes="field-name")
            # What is typed in a field with several words is added to them.
            yield Field(value, placeholder, suggester=suggester, select_on_focus=name not in ("tags", "note"), id=name)

    def on_mount(self) -> None:
        """Focus the first field."""
        self.query_one(f"#{self._first}").focus()
        self._show_known_tags()

    def on_resize(self) -> None:
        """Fit the known tags to the new width."""
        self.call_after_refresh(self._show_known_tags)

    @on(Input.Changed)
    def _note_edit(self, event: Input.Changed) -> None:
        event.stop()
        name = event.input.id or ""
        if event.value != self._initial[name]:  # Textual reports initial values, too
            self._edited.add(name)
        self.query_one("#answer", Static).update("")
        self._show_known_tags()

    @on(Checkbox.Changed)
    def _note_mark(self, event: Checkbox.Changed) -> None:
        event.stop()
        self._edited.add("is_marked")
        event.checkbox.label = Content(self._protection_label)

    def _show_known_tags(self) -> None:
        """Show the tags that may be meant, and that the hosts of a mixed field keep their other tags."""
        found = annotation_form.suggested_tags(self._value("tags"), self._known)
        known = _("known: {tags}").format(tags="  ".join(found)) if found else ""
        lines = [known] if self._known else []  # an empty line keeps the fields below in their places
        if "tags" in self._form.mixed:
            lines.append(_("Other tags of these hosts are kept."))
        line = self.query_one("#known-tags", Static)
        line.display = bool(lines)
        width = max(20, self.query_one("#tags").size.width)
        line.update(Content("\n".join(shortened(text, width) for text in lines)))

    def _value(self, name: str) -> str:
        fields = self.query(f"#{name}").results(Input)
        return next((field.value for field in fields), "")

    def action_save(self) -> None:
        """Store the change, unless a button has the focus, which is pressed then."""
        if isinstance(self.focused, Button):
            raise SkipAction
        self._store()

    @on(Button.Pressed, "#save")
    def _on_save(self) -> None:
        self._store()

    @on(Button.Pressed, "#leave")
    def action_leave(self) -> None:
        """Leave without a change."""
        self.dismiss(False)

    @work(exclusive=True)
    async def _store(self) -> None:
        """Store the change; show an error in the dialog, and keep the input."""
        answer = self.query_one("#answer", Static)
        try:
            change = annotation_form.change_of(
                self._form,
                self._edited,
                alias=self._value("alias"),
                tags=self._value("tags"),
                owner=self._value("owner"),
                note=self._value("note"),
                is_marked=self.query_one("#is_marked", Tick).value,
            )
            if not change.is_empty:
                await self._save(change)
        except AppError as error:
            answer.add_class("-bad")
            answer.update(Content(messages.error_message(error)))
            return
        self.dismiss(not change.is_empty)
