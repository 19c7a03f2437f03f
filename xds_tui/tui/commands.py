"""The registry of all commands.

The bindings of screens and panes are made from it, and so are the key bar, the help and the palette. `[keys]` in
config.toml names its IDs, so an ID that has been published stays. Texts are marked here and translated when they are
shown, because the language can change while the app runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from textual.binding import BindingType

from xds_tui.i18n import N_
from xds_tui.text import terms
from xds_tui.tui.command import Command, KeyGroup
from xds_tui.tui.fleet_commands import FLEET_COMMANDS
from xds_tui.tui.textual_compat import key_from_character


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
    """Return the actions of these screens and widgets, in the order of the registry."""
    wanted = set(places)
    return [action for action in COMMANDS.values() if action.place in wanted]


_COMMANDS: Final = (
    *FLEET_COMMANDS,
    # A field with a filter
    Command("filter.keep", "enter", "submit", N_("Apply"), N_("Apply the filter"), in_footer=True),
    Command("filter.clear", "escape", "clear", N_("Clear"), N_("Clear the filter"), in_footer=True),
    # The history
    Command("history.back", "escape,q", "leave", terms.BACK, N_("Back to the hosts"), in_footer=True),
    Command("history.events", "1", "tab(0)", terms.EVENTS, N_("Show all events")),
    Command("history.orders", "2", "tab(1)", N_("Operations"), N_("Show all operations")),
    Command("history.charts", "3", "tab(2)", N_("Charts"), N_("Show hosts and costs over time")),
    Command(
        "history.next", "right,tab", "next", N_("Next tab"), N_("Show the next tab"), in_footer=True, priority=True
    ),
    Command("history.previous", "left", "previous", N_("Previous tab"), N_("Show the previous tab"), priority=True),
    Command("history.filter", "slash", "filter", terms.FILTER, N_("Filter events and operations"), in_footer=True),
    Command("history.span", "s", "span", N_("Time range"), N_("Cycle the time range: hour, day, week"), in_footer=True),
    Command(
        "history.mine",
        "m",
        "decide(True)",
        N_("Mine"),
        N_("Assign the host to this order"),
        in_footer=True,
    ),
    Command(
        "history.not-mine",
        "n",
        "decide(False)",
        N_("Not mine"),
        N_("Never suggest the host for this order"),
        in_footer=True,
    ),
    Command(
        "history.rent-again",
        "N",
        "rent_again",
        N_("Order again"),
        N_("Rent another host as in this order"),
        in_footer=True,
    ),
    Command("history.trace", "t", "copy", N_("Copy traceId"), N_("Copy the traceId of this row"), in_footer=True),
    Command("history.export", "e", "export", N_("Export"), N_("Export the list (CSV and JSON)"), in_footer=True),
    # The report on costs
    Command("report.back", "escape,q", "leave", terms.BACK, N_("Close the report"), in_footer=True),
    Command("report.host", "1", "part('host')", terms.HOSTS, N_("Show the cost of each host")),
    Command("report.tag", "2", "part('tag')", terms.TAGS, N_("Show the cost of each tag")),
    Command("report.owner", "3", "part('owner')", N_("Owners"), N_("Show the cost of each owner")),
    Command("report.next", "right,tab", "next", N_("Next tab"), N_("Show the next tab"), in_footer=True, priority=True),
    # The wizard
    Command("create.next", "tab", "field(1)", N_("Next"), N_("Next field; your input is kept"), in_footer=True),
    Command("create.back", "shift+tab", "field(-1)", terms.BACK, N_("Previous field; your input is kept")),
    Command("create.billing", "m", "billing", terms.BILLING, N_("Switch to the other billing mode"), in_footer=True),
    Command("create.filter", "slash", "filter", terms.FILTER, N_("Filter the packages"), in_footer=True),
    Command("create.more", "plus", "hosts(1)", N_("More hosts"), N_("Order one more host")),
    Command("create.fewer", "minus", "hosts(-1)", N_("Fewer hosts"), N_("Order one host fewer")),
    Command(
        "create.show-all", "backspace", "show_all", terms.SHOW_ALL, N_("Clear the filter and the type restriction")
    ),
    Command("create.template", "t", "template", N_("Template"), N_("Fill in a template from config.toml")),
    Command("create.refresh", "r", "refresh", N_("Refresh prices"), N_("Reload packages, images and prices")),
    Command("create.buy", "B", "buy", N_("Rent"), N_("Place this order"), in_footer=True),
    Command("create.retry", "a", "retry", N_("Retry failed"), N_("Order again the hosts that failed"), in_footer=True),
    Command(
        "create.retry-unknown",
        "u",
        "retry_unknown",
        N_("Retry unknown"),
        N_("Order again the hosts of unknown outcome"),
        in_footer=True,
    ),
    Command("create.finish", "enter", "finish", N_("Close"), N_("Back to the hosts"), in_footer=True, priority=True),
    Command("create.close", "escape,q", "close", N_("Close"), N_("Close and keep the draft"), in_footer=True),
    Command("create.package", "f5", "step(0)", terms.PACKAGE, N_("Go to the packages")),
    Command("create.image", "f6", "step(1)", terms.IMAGE, N_("Go to the images")),
    Command("create.term", "f7", "step(2)", terms.ORDER, N_("Go to period and number of hosts")),
    Command("create.review", "f8", "step(3)", terms.REVIEW, N_("Review the order")),
    Command("billing-field.other", "left,right,space,enter", "other", N_("Switch"), N_("Switch to the other mode")),
    Command("number-field.more", "up", "add(1)", N_("More"), N_("Increase by one")),
    Command("number-field.fewer", "down", "add(-1)", N_("Fewer"), N_("Decrease by one")),
    # Dialogs
    Command("confirm.yes", "y", "yes", N_("Yes"), N_("Confirm")),
    Command("confirm.no", "n,escape,q", "no", N_("No"), N_("Cancel")),
    Command("confirm.left", "left", "app.focus_previous", N_("Left"), N_("Previous button")),
    Command("confirm.right", "right", "app.focus_next", N_("Right"), N_("Next button")),
    Command("confirm.help", "question_mark", "app.help", N_("Help"), N_("Show these keys")),
    Command("typed-confirm.cancel", "escape", "no", N_("Cancel"), N_("Cancel")),
    Command("columns.apply", "enter", "screen.keep", N_("Apply"), N_("Use these columns"), in_footer=True),
    Command(
        "columns.up",
        "shift+up,left_square_bracket,K",
        "shift(-1)",
        N_("Move up"),
        N_("Move this column to the left"),
        in_footer=True,
    ),
    Command(
        "columns.down",
        "shift+down,right_square_bracket,J",
        "shift(1)",
        N_("Move down"),
        N_("Move this column to the right"),
        in_footer=True,
    ),
    Command("columns.mark", "space", "mark", N_("Show"), N_("Show or hide this column"), in_footer=True),
    Command("columns.reset", "backspace", "standard", N_("Reset"), N_("Restore the default columns")),
    Command("columns.back", "escape", "screen.leave", terms.BACK, N_("Discard the changes"), in_footer=True),
    Command("columns.help", "question_mark", "app.help", N_("Help"), N_("Show these keys"), in_footer=True),
    Command("prompt.back", "escape", "leave", terms.BACK, N_("Close without a name")),
    Command("annotation.leave", "escape", "leave", N_("Cancel"), N_("Close without a change")),
    Command("annotation.down", "down", "app.focus_next", terms.DOWN, N_("Next field")),
    Command("annotation.up", "up", "app.focus_previous", terms.UP, N_("Previous field")),
    Command("annotation.save", "enter", "save", N_("Save"), N_("Save the changes"), priority=True),
    Command("sign-in.leave", "escape", "leave", N_("Not now"), N_("Close without signing in")),
    Command("sign-in.down", "down", "app.focus_next", terms.DOWN, N_("Next field")),
    Command("sign-in.up", "up", "app.focus_previous", terms.UP, N_("Previous field")),
    Command("sign-in.enter", "enter", "enter", N_("Enter"), N_("Next empty field, or sign in"), priority=True),
    Command("help.back", "escape,question_mark,q,enter", "leave", terms.BACK, N_("Close the help")),
    Command("help.manual", "m", "manual", N_("Open manual"), N_("Show the manual page about this screen")),
    Command("manual.back", "escape,q", "leave", terms.BACK, N_("Close the manual")),
    Command("manual.search", "slash", "search", N_("Search"), N_("Search the manual")),
    Command("manual.next", "right,n", "turn(1)", N_("Next page"), N_("Show the next page of the manual")),
    Command("manual.previous", "left,p", "turn(-1)", N_("Previous page"), N_("Show the previous page of the manual")),
    # Everywhere
    Command("app.sign-in", "i,f2", "sign_in", N_("Sign in"), N_("Sign in again or with another account")),
    Command("app.profile", "P", "choose_profile", terms.PROFILE, N_("Switch profile (account/environment)")),
    Command("app.theme", "T", "choose_theme", terms.THEME, N_("Change theme")),
    Command("app.language", "L", "choose_language", terms.LANGUAGE, N_("Change language (English/中文)")),
    Command(
        "app.palette",
        "ctrl+p,colon",
        "palette",
        terms.COMMANDS,
        N_("Run a command or jump to a host"),
        in_footer=True,
        group=KeyGroup.APP,
        rank=11,
    ),
    Command(
        "app.help",
        "question_mark",
        "help",
        N_("Help"),
        N_("Show keyboard shortcuts"),
        in_footer=True,
        group=KeyGroup.APP,
    ),
    Command(
        "app.help-anywhere", "f1", "help", N_("Help"), N_("Show keyboard shortcuts, also while typing"), priority=True
    ),
    Command(
        "app.manual", "f3", "manual", N_("Open manual"), N_("Show the manual page about this screen"), priority=True
    ),
    Command("app.quit", "ctrl+q", "quit", terms.QUIT, N_("Quit from anywhere"), priority=True),
    # Before the focused widget: a dialog would not pass the key on.
    Command(
        "app.interrupt", "ctrl+c", "interrupt", terms.QUIT, N_("Copy the selection; press twice to quit"), priority=True
    ),
    Command(
        "app.suspend",
        "ctrl+z",
        "suspend_process",
        N_("Suspend"),
        N_("Suspend to the shell; fg resumes"),
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
    "create.mode": "create.billing",
    "create.again": "create.retry",
    "create.all": "create.show-all",
    "columns.standard": "columns.reset",
    "columns.keep": "columns.apply",
    "history.plots": "history.charts",
}
"""The command IDs of version 0.1 that `[keys]` may still use, with the present ones."""
