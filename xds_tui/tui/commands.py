"""Every action of the app: its keys, its words, and when it applies.

The one place that says so. The bindings of screens and panes are made from it, and so are the footer, the help and the
palette; `[keys]` in config.toml names its IDs, so an ID that has been published stays. Texts are marked here and
translated when they are shown, because the language can change while the app runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from textual.binding import Binding, BindingType

from xds_tui.i18n import N_, _
from xds_tui.tui import availability
from xds_tui.tui.availability import Condition, Context, always
from xds_tui.tui.textual_compat import key_from_character


@dataclass(frozen=True, slots=True)
class Command:
    """Something that a key does."""

    id: str
    """What `[keys]` calls it: where it is heard, a dot, its own name."""
    keys: str
    """The keys it has unless others are chosen, separated by commas."""
    run: str
    """Textual's action, of the screen or widget where it is heard."""
    label: str
    """What the footer calls it, marked for translation."""
    sentence: str
    """What it does, in one line of the help, marked for translation."""
    why_not: Condition = always
    """Why it does not apply to what the user looks at."""
    in_footer: bool = False
    counts: bool = False
    """Whether it is done to all marked hosts: then its label says how many."""
    priority: bool = False
    """Whether its keys are heard before what has the focus."""

    @property
    def place(self) -> str:
        """Where it is heard: a screen's or widget's name."""
        return self.id.partition(".")[0]

    def binding(self) -> Binding:
        """Make the binding; where there is a rule, the screen asks it first."""
        run = self.run if self.why_not is always else f"screen.do('{self.id}')"
        return Binding(self.keys, run, self.label, self.in_footer, priority=self.priority, id=self.id)

    def words(self, context: Context | None) -> str:
        """Return its label, with the number of hosts that it would be done to if they are marked."""
        label = _(self.label)
        return f"{label} {context.marked}" if self.counts and context and context.marked else label


def keys_of(action: Command, keymap: Mapping[str, str]) -> list[str]:
    """Return the keys of an action, by Textual's names.

    Args:
        action: the action.
        keymap: the keys that the user has chosen, by action ID.

    """
    chosen = current_keymap(keymap).get(action.id, action.keys)
    return [key_name(key.strip()) for key in chosen.split(",") if key.strip()]


def current_keymap(keymap: Mapping[str, str]) -> dict[str, str]:
    """Return a keymap with old command IDs replaced by the present ones; where it has both, the present one counts."""
    renamed = {OLD_IDS[old]: keys for old, keys in keymap.items() if old in OLD_IDS}
    return renamed | {command_id: keys for command_id, keys in keymap.items() if command_id not in OLD_IDS}


def key_name(key: str) -> str:
    """Return Textual's name of a key that may be written as its character."""
    return key_from_character(key) if len(key) == 1 else key


def bindings(place: str) -> list[BindingType]:
    """Return the bindings of a screen or widget, to stand in its `BINDINGS`."""
    return [action.binding() for action in COMMANDS.values() if action.place == place]


def by_place(places: Iterable[str]) -> list[Command]:
    """Return the actions that are heard in these places, in the order of the registry."""
    wanted = set(places)
    return [action for action in COMMANDS.values() if action.place in wanted]


_COMMANDS: Final = (
    # The main screen
    Command(
        "fleet.new",
        "n",
        "new",
        N_("New"),
        N_("Rent a host; its price comes first"),
        availability.online,
        in_footer=True,
    ),
    Command(
        "fleet.start",
        "s",
        "ask('power_on')",
        N_("Start"),
        N_("Start the marked hosts, or this one"),
        availability.start,
        in_footer=True,
        counts=True,
    ),
    Command(
        "fleet.stop",
        "x",
        "ask('power_off')",
        N_("Stop"),
        N_("Stop the marked hosts, or this one"),
        availability.stop,
        in_footer=True,
        counts=True,
    ),
    Command(
        "fleet.reboot",
        "b",
        "ask('reboot')",
        N_("Reboot"),
        N_("Reboot the marked hosts, or this one"),
        availability.reboot,
        in_footer=True,
        counts=True,
    ),
    Command(
        "fleet.delete",
        "D",
        "ask('delete')",
        N_("Delete"),
        N_("Delete the marked hosts, or this one"),
        availability.orders,
        in_footer=True,
        counts=True,
    ),
    Command(
        "fleet.connect",
        "c",
        "connect",
        N_("Connect"),
        N_("Open ssh to this host, or its desktop"),
        availability.connect,
        in_footer=True,
    ),
    Command("fleet.filter", "slash", "filter", N_("Find"), N_("Find hosts by words and fields"), in_footer=True),
    Command("fleet.hosts", "1", "pane('hosts')", N_("Hosts"), N_("Go to the hosts")),
    Command("fleet.catalog", "2", "pane('catalog')", N_("Catalog"), N_("Go to the catalog"), in_footer=True),
    Command("fleet.quit", "q", "app.quit", N_("Quit"), N_("Leave; orders under way are written down"), in_footer=True),
    Command(
        "fleet.copy",
        "y",
        "copy",
        N_("Copy"),
        N_("Copy address, command, password or more"),
        availability.picked,
        in_footer=True,
        counts=True,
    ),
    Command("fleet.history", "3", "pane('history')", N_("History"), N_("Go to what happened lately"), in_footer=True),
    Command(
        "fleet.all-history", "h", "history", N_("Full history"), N_("Open the full history: events, operations, charts")
    ),
    Command("fleet.refresh", "r", "refresh", N_("Refresh"), N_("Ask for hosts and prices now"), availability.online),
    Command("fleet.pause", "p", "pause", N_("Pause"), N_("Stop asking, or begin again"), availability.online),
    Command("fleet.slower", "plus", "interval(1)", N_("Slower"), N_("Ask less often"), availability.slower),
    Command("fleet.faster", "minus", "interval(-1)", N_("Faster"), N_("Ask more often"), availability.faster),
    Command("fleet.zoom", "z", "zoom", N_("Zoom"), N_("This pane alone, or all of them"), availability.zoom),
    Command("fleet.back", "escape", "back", N_("Back"), N_("Out of the notice, zoom, marks or filter")),
    # The table of hosts
    Command("hosts.sort", "o", "screen.arrange('sort')", N_("Sort"), N_("Sort by a column; the same again reverses")),
    Command("hosts.group", "g", "screen.arrange('group')", N_("Group"), N_("Group by status, area or system")),
    Command("hosts.columns", "C", "screen.arrange('columns')", N_("Columns"), N_("Choose the columns and their order")),
    Command("hosts.filters", "f", "screen.arrange('filters')", N_("Filters"), N_("Saved filters: use, save, remove")),
    # Any table
    Command("table.up", "up,k", "step(-1)", N_("Up"), N_("One row up")),
    Command("table.down", "down,j", "step(1)", N_("Down"), N_("One row down")),
    Command("table.page-up", "pageup,ctrl+b", "page(-1)", N_("Page up"), N_("One screenful up")),
    Command("table.page-down", "pagedown,ctrl+f", "page(1)", N_("Page down"), N_("One screenful down")),
    Command("table.first", "home", "first", N_("First row"), N_("To the first row")),
    Command("table.last", "end,G", "last", N_("Last row"), N_("To the last row")),
    Command("table.select", "enter", "select", N_("Select"), N_("Open or choose the row at the cursor")),
    Command("table.mark", "space", "mark", N_("Mark"), N_("Mark the row at the cursor, or no longer")),
    Command("table.extend-up", "shift+up,K", "extend(-1)", N_("Mark upwards"), N_("Mark on the way up")),
    Command("table.extend-down", "shift+down,J", "extend(1)", N_("Mark downwards"), N_("Mark on the way down")),
    Command("table.mark-all", "asterisk", "mark_all", N_("Mark all"), N_("Mark all that is shown, or none")),
    # The catalog
    Command("catalog.billing", "m", "switch_billing", N_("Mode"), N_("By the hour, or for a period"), in_footer=True),
    Command("catalog.gpu", "f", "next_gpu", N_("GPU"), N_("Packages with a GPU, without, or any")),
    Command("catalog.area", "a", "next_area", N_("Area"), N_("Packages of the next area, or of any")),
    Command("catalog.use", "u", "next_purpose", N_("Use"), N_("Packages for the next use, or for any")),
    Command("catalog.sort", "o", "by_price", N_("By price"), N_("Packages by price, or as they are listed")),
    Command("catalog.clear", "backspace", "clear", N_("Show all"), N_("Choose nothing and show all packages")),
    # A field with a filter
    Command("filter.keep", "enter", "submit", N_("Keep"), N_("Leave the field; the filter stays"), in_footer=True),
    Command("filter.clear", "escape", "clear", N_("Clear"), N_("Leave the field and show everything"), in_footer=True),
    # A host
    Command("detail.back", "escape,enter,q", "leave", N_("Back"), N_("Back to the hosts"), in_footer=True),
    Command("detail.reveal", "v", "reveal", N_("Password"), N_("Show the password for 30 s"), in_footer=True),
    Command(
        "detail.connect",
        "c",
        "connect",
        N_("Connect"),
        N_("Open ssh to this host, or its desktop"),
        availability.connect,
        in_footer=True,
    ),
    Command(
        "detail.copy",
        "y",
        "copy",
        N_("Copy"),
        N_("Copy address, command, password or more"),
        availability.picked,
        in_footer=True,
    ),
    Command("detail.copy-password", "Y", "copy_password", N_("Copy password"), N_("Copy the password"), in_footer=True),
    Command(
        "detail.start", "s", "ask('power_on')", N_("Start"), N_("Start this host"), availability.start, in_footer=True
    ),
    Command(
        "detail.stop", "x", "ask('power_off')", N_("Stop"), N_("Stop this host"), availability.stop, in_footer=True
    ),
    Command(
        "detail.reboot", "b", "ask('reboot')", N_("Reboot"), N_("Reboot this host"), availability.reboot, in_footer=True
    ),
    Command(
        "detail.delete",
        "D",
        "ask('delete')",
        N_("Delete"),
        N_("Delete this host and its disks"),
        availability.orders,
        in_footer=True,
    ),
    # The history
    Command("history.back", "escape,q", "leave", N_("Back"), N_("Back to the hosts"), in_footer=True),
    Command("history.events", "1", "tab(0)", N_("Events"), N_("Show all events")),
    Command("history.orders", "2", "tab(1)", N_("Operations"), N_("Show all operations")),
    Command("history.charts", "3", "tab(2)", N_("Charts"), N_("Show hosts and costs over time")),
    Command(
        "history.next", "right,tab", "next", N_("Next tab"), N_("Show the next tab"), in_footer=True, priority=True
    ),
    Command("history.previous", "left", "previous", N_("Previous tab"), N_("Show the previous tab"), priority=True),
    Command("history.filter", "slash", "filter", N_("Filter"), N_("Filter events and operations"), in_footer=True),
    Command("history.span", "s", "span", N_("Time range"), N_("Cycle the time range: hour, day, week"), in_footer=True),
    Command("history.mine", "m", "decide(True)", N_("Mine"), N_("The host that may be yours is yours"), in_footer=True),
    Command(
        "history.not-mine",
        "n",
        "decide(False)",
        N_("Not mine"),
        N_("The host that may be yours is not"),
        in_footer=True,
    ),
    Command("history.trace", "t", "copy", N_("Copy traceId"), N_("Copy the traceId of this row"), in_footer=True),
    Command("history.export", "e", "export", N_("Export"), N_("Export the list (CSV and JSON)"), in_footer=True),
    # The wizard
    Command("create.next", "enter", "next", N_("Next"), N_("Choose this and take the next step"), in_footer=True),
    Command(
        "create.back", "escape", "previous", N_("Back"), N_("A step back; what is filled in stays"), in_footer=True
    ),
    Command("create.buy", "B", "buy", N_("Buy"), N_("Buy what the review says"), in_footer=True),
    Command("create.retry", "a", "again", N_("Try again"), N_("Buy what was not bought"), in_footer=True),
    Command("create.mode", "1", "step(0)", N_("Billing"), N_("Choose how it is paid")),
    Command("create.package", "2", "step(1)", N_("Package"), N_("Choose the package")),
    Command("create.image", "3", "step(2)", N_("Image"), N_("Choose the image")),
    Command("create.term", "4", "step(3)", N_("How much"), N_("Say how long and how many")),
    Command("create.review", "5", "step(4)", N_("Review"), N_("Read what will be bought")),
    Command("create.show-all", "backspace", "show_all", N_("Show all"), N_("Let go of what narrows this list")),
    # Dialogs
    Command("confirm.yes", "y", "yes", N_("Yes"), N_("Do it")),
    Command("confirm.no", "n,escape,q", "no", N_("No"), N_("Leave it")),
    Command("confirm.left", "left", "app.focus_previous", N_("Left"), N_("The button before")),
    Command("confirm.right", "right", "app.focus_next", N_("Right"), N_("The next button")),
    Command("confirm.help", "question_mark", "app.help", N_("Help"), N_("These keys")),
    Command("typed-confirm.cancel", "escape", "no", N_("Cancel"), N_("Leave it")),
    Command("picker.back", "escape", "leave", N_("Back"), N_("Choose nothing")),
    Command("picker.take", "enter", "take", N_("Choose"), N_("Choose what the cursor is on"), priority=True),
    Command("picker.down", "down", "step(1)", N_("Down"), N_("One row down"), priority=True),
    Command("picker.up", "up", "step(-1)", N_("Up"), N_("One row up"), priority=True),
    Command("picker.page-down", "pagedown", "step(10)", N_("Page down"), N_("Ten rows down"), priority=True),
    Command("picker.page-up", "pageup", "step(-10)", N_("Page up"), N_("Ten rows up"), priority=True),
    Command("columns.apply", "enter", "screen.keep", N_("Keep"), N_("Show these columns from now on"), in_footer=True),
    Command(
        "columns.up",
        "shift+up,left_square_bracket,K",
        "shift(-1)",
        N_("Move up"),
        N_("This column further left"),
        in_footer=True,
    ),
    Command(
        "columns.down",
        "shift+down,right_square_bracket,J",
        "shift(1)",
        N_("Move down"),
        N_("This column further right"),
        in_footer=True,
    ),
    Command("columns.mark", "space", "mark", N_("Show"), N_("Show this column, or no longer"), in_footer=True),
    Command("columns.reset", "backspace", "standard", N_("As at first"), N_("The columns as they were at first")),
    Command("columns.back", "escape", "screen.leave", N_("Back"), N_("Leave the columns as they are"), in_footer=True),
    Command("columns.help", "question_mark", "app.help", N_("Help"), N_("These keys"), in_footer=True),
    Command("prompt.back", "escape", "leave", N_("Back"), N_("Give no name")),
    Command("sign-in.leave", "escape", "leave", N_("Not now"), N_("Leave without signing in")),
    Command("sign-in.down", "down", "app.focus_next", N_("Down"), N_("The next field")),
    Command("sign-in.up", "up", "app.focus_previous", N_("Up"), N_("The field before")),
    Command("sign-in.enter", "enter", "enter", N_("Enter"), N_("The next empty field, or sign in"), priority=True),
    Command("help.back", "escape,question_mark,q,enter", "leave", N_("Back"), N_("Leave the help")),
    Command("help.manual", "m", "manual", N_("Open manual"), N_("Open the manual at the page of this screen")),
    Command("manual.back", "escape,q", "leave", N_("Back"), N_("Close the manual")),
    Command("manual.search", "slash", "search", N_("Search"), N_("Search the manual")),
    Command("manual.next", "right,n", "turn(1)", N_("Next page"), N_("The next page of the manual")),
    Command("manual.previous", "left,p", "turn(-1)", N_("Previous page"), N_("The previous page of the manual")),
    # Everywhere
    Command("app.sign-in", "i,f2", "sign_in", N_("Sign in"), N_("Sign in, again or as somebody else")),
    Command("app.profile", "P", "choose_profile", N_("Profile"), N_("Another account or environment")),
    Command("app.theme", "T", "choose_theme", N_("Theme"), N_("Change theme")),
    Command("app.language", "L", "choose_language", N_("Language"), N_("English or Chinese")),
    Command(
        "app.palette",
        "ctrl+p,colon",
        "palette",
        N_("Commands"),
        N_("Every action, host and screen by name"),
        in_footer=True,
    ),
    Command("app.help", "question_mark", "help", N_("Help"), N_("The keys that can be pressed here"), in_footer=True),
    Command("app.help-anywhere", "f1", "help", N_("Help"), N_("The same where ? is typed"), priority=True),
    Command("app.manual", "f3", "manual", N_("Open manual"), N_("The manual, about this screen"), priority=True),
    Command("app.quit", "ctrl+q", "quit", N_("Quit"), N_("Leave from anywhere"), priority=True),
    # Before what has the focus: in a dialog, too, nothing else would hear of it.
    Command(
        "app.interrupt", "ctrl+c", "interrupt", N_("Quit"), N_("Copy what is selected; twice: leave"), priority=True
    ),
    Command(
        "app.suspend",
        "ctrl+z",
        "suspend_process",
        N_("To the shell"),
        N_("To the shell, until it says fg"),
        priority=True,
    ),
)

COMMANDS: Final[Mapping[str, Command]] = {action.id: action for action in _COMMANDS}
"""Every action by its ID."""

OLD_IDS: Final[Mapping[str, str]] = {
    **{f"ask.{name}": f"confirm.{name}" for name in ("yes", "no", "left", "right", "help")},
    **{f"line-table.{command.partition('.')[2]}": command for command in COMMANDS if command.startswith("table.")},
    **{f"choose.{command.partition('.')[2]}": command for command in COMMANDS if command.startswith("picker.")},
    "type.no": "typed-confirm.cancel",
    "naming.back": "prompt.back",
    "create.how-much": "create.term",
    "create.again": "create.retry",
    "create.all": "create.show-all",
    "columns.standard": "columns.reset",
    "columns.keep": "columns.apply",
    "history.plots": "history.charts",
}
"""The command IDs of version 0.1 that `[keys]` may still use, with the present ones."""
