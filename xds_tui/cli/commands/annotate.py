"""`xds-tui hosts edit`, `xds-tui hosts forget` and `xds-tui hosts --gone`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from xds_tui.cli import output
from xds_tui.cli.commands.operations import NO_MATCH
from xds_tui.cli.engine import Engine
from xds_tui.cli.order_input import AMBIGUOUS_NAME, HostWords
from xds_tui.cli.output import CommandError, OutputFormat, RowWriter, TextColumn, print_error
from xds_tui.domain.annotations import Annotation, AnnotationChange, Annotations
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import N_, _
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import export, messages, terms
from xds_tui.text.export import ExportTable
from xds_tui.text.labels import HEADERS, NO_VALUE

EDITING: Final = N_("editing the names and tags")
"""Subject of the progress line."""


def edit(engine: Engine, words: HostWords, change: AnnotationChange) -> int:
    """Change the annotations of the hosts that are meant, and return the exit code.

    Raises:
        ApiError, StoreError, CommandError: if the hosts cannot be read.
        AnnotationError, SettingsError: if a change cannot be stored; nothing is changed then.
        OutputError: if standard output cannot be written.

    """
    if change.is_empty:
        raise CommandError(N_("Nothing to change; see xds-tui hosts --help"), code=ExitCode.USAGE)
    engine.read_hosts()
    hosts = words.select(engine.state)
    if not hosts:
        print_error([_(NO_MATCH)])
        return ExitCode.OK
    if change.alias and len(hosts) > 1:
        raise CommandError(N_("A name is for one host only"), code=ExitCode.USAGE)
    book = engine.monitor.annotations
    engine.run(book.edit(dict.fromkeys((host.id for host in hosts), change)), _(EDITING))
    lines = (_line(host.id, host.name, book.find(host.id)) for host in hosts)
    output.write("".join(f"{clean(line)}\n" for line in lines))
    return ExitCode.OK


def forget(engine: Engine, words: Sequence[str]) -> int:
    """Remove what is stored about these hosts, by ID or name, also if they are gone; return the exit code.

    Raises:
        CommandError: if nothing is stored about one of them.
        SettingsError: if the hosts file cannot be changed.

    """
    book = engine.monitor.annotations
    engine.run(book.refresh(), _(EDITING))
    if book.problem is not None and not book.is_known:
        raise book.problem
    engine.run(book.forget([_entry(book.annotations, word) for word in words]), _(EDITING))
    return ExitCode.OK


def gone(engine: Engine, output_format: OutputFormat) -> int:
    """List what is stored about hosts that no longer exist; return the exit code.

    Raises:
        ApiError, StoreError: if the hosts cannot be read.
        OutputError: if standard output cannot be written.

    """
    present = {host.id for host in engine.read_hosts().hosts}
    if engine.state.annotations_problem is not None:
        print_error([messages.error_message(engine.state.annotations_problem)])
    rows = {host_id: annotation for host_id, annotation in engine.state.annotations.items() if host_id not in present}
    writer = RowWriter(output_format, _COLUMNS, is_followed=False, is_repeated=False)
    writer.write(_table(rows))
    return ExitCode.OK


def _table(rows: Mapping[str, Annotation]) -> ExportTable:
    fields = ("id", "alias", "tags", "owner", "note", "protected")
    return ExportTable(
        fields,
        tuple(
            (clean(host_id), found.alias or None, found.tags, found.owner or None, found.note or None, found.is_marked)
            for host_id, found in rows.items()
        ),
    )


def _entry(annotations: Annotations, word: str) -> str:
    """Return the ID of the entry with this ID, or else with this name.

    Raises:
        CommandError: if there is none, or several have the name.

    """
    if word in annotations:
        return word
    named = [host_id for host_id, annotation in annotations.items() if annotation.alias == word]
    if not named:
        raise CommandError(N_("Nothing is stored about this host"), word)
    if len(named) > 1:
        raise CommandError(AMBIGUOUS_NAME, f"{word}: {', '.join(named)}", ExitCode.USAGE)
    return named[0]


def _line(host_id: str, name: str, annotation: Annotation) -> str:
    tags = " ".join(annotation.tags)
    protected = _(terms.PROTECTED) if annotation.is_protected else ""
    facts = filter(None, (tags, annotation.owner, annotation.note, protected))
    return f"{annotation.alias or name or host_id} ({host_id}): {' · '.join(facts) or NO_VALUE}"


def _text(value: export.Value) -> str:
    return (" ".join(value) if isinstance(value, tuple) else str(value or "")) or NO_VALUE


def _column(header: str, field: str) -> TextColumn:
    return TextColumn(HEADERS[header], lambda row: _text(row[field]), name=field)


_COLUMNS: Final = (
    _column("id", "id"),
    _column("name", "alias"),
    _column("tags", "tags"),
    _column("owner", "owner"),
    _column("note", "note"),
)
