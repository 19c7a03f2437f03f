"""The text of the file with the annotations of hosts: parse it, and change some keys in it. Pure; see `hosts_file`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from copy import deepcopy
from dataclasses import field, replace
from itertools import pairwise
from typing import Any, Final

from xds_tui.config.toml_file import BYTE_ORDER_MARK, SettingsError
from xds_tui.domain.annotations import Annotation, AnnotationChange, safe_annotation
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

NOT_TOML: Final = N_("The file with the names and tags of your hosts is not valid TOML: it is neither used nor changed")
IRREGULAR: Final = N_("The file with the names and tags of your hosts has a form that is edited only by hand")
NOT_TABLE: Final = N_("The file with the names and tags of your hosts must have a table for each host")
BAD_VALUE: Final = N_("This must be a string; for tags, a list of strings; for protected, true or false")

MAX_PROBLEMS: Final = 20
"""Values of a file that are reported at most."""
_PART: Final = 100
"""Hosts that are parsed together."""

_HEADER: Final = r"[ \t]*\["
_HOST_HEADER: Final = (
    r"""(?a)[ \t]*\[[ \t]*hosts[ \t]*\.[ \t]*(?:"(?P<quoted>[^"\\]*)"|'(?P<literal>[^']*)'|(?P<bare>[\w-]+))[ \t]*\]"""
)
_HEADING: Final = "# Names, notes, tags, owners and protection of your hosts: xds-tui manual hosts\n"


@dataclass(frozen=True, slots=True)
class HostsFileContent:
    """The valid content of the file."""

    annotations: Mapping[str, Annotation] = field(default_factory=dict)
    """By host ID; entries without any value included."""
    problems: tuple[SettingsError, ...] = ()
    """Values that are not used, each with its line."""


def decode(content: bytes, name: str) -> str:
    """Return the text of the file called `name`.

    Raises:
        SettingsError: if it is not UTF-8.

    """
    try:
        return content.decode("utf-8")
    except ValueError as error:
        raise SettingsError(NOT_TOML, f"{name}: {error}") from None


def _load(text: str, name: str) -> dict[str, Any]:
    """Return the tables of the file.

    Raises:
        SettingsError: if `text` is not TOML.

    """
    if not text:
        return {}  # most users have no such file, and need not import a parser
    import tomllib

    try:
        return tomllib.loads(text.removeprefix(BYTE_ORDER_MARK))
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        raise SettingsError(NOT_TOML, f"{name}:{line[1]}: {error}" if line else f"{name}: {error}") from None


def parse(content: bytes, name: str) -> HostsFileContent:
    """Return the annotations in the file called `name`.

    Raises:
        SettingsError: if it is not TOML, or `hosts` is not a table.

    """
    annotations, problems = _parsed(decode(content, name), name)
    return HostsFileContent(annotations, problems)


def _parsed(text: str, name: str) -> tuple[dict[str, Annotation], tuple[SettingsError, ...]]:
    try:
        return _annotations(_tables_by_part(text), text, name)
    except (ValueError, RecursionError):  # the parts depend on each other, or there is an error, which needs its line
        tables = _load(text, name).get("hosts", {})
    if not isinstance(tables, dict):
        raise SettingsError(NOT_TABLE, f"{name}: hosts")
    return _annotations(tables.items(), text, name)


def _tables_by_part(text: str) -> Iterator[tuple[str, object]]:
    """Yield the tables of hosts by their IDs, parsing some of them at a time.

    The parser needs twenty times the memory of its text, which later remains scattered over the heap of the process.

    Raises:
        ValueError, RecursionError: if a part is not a document of hosts only. The whole may be one.

    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    host_header = re.compile(_HOST_HEADER)
    headers = [match.start() for match in re.finditer(rf"(?m)^{_HEADER}", text)]
    if not headers or not all(host_header.match(text, start) for start in headers):
        raise ValueError("something else than tables of hosts")
    import tomllib

    seen: set[str] = set()
    for start, end in pairwise((0, *headers[_PART::_PART], len(text))):
        document = tomllib.loads(text[start:end])
        tables = document.pop("hosts", {})
        if document or not isinstance(tables, dict) or not seen.isdisjoint(tables):
            raise ValueError("something else, or a host that occurs twice")
        seen.update(tables)
        yield from tables.items()


def _annotations(
    tables: Iterable[tuple[str, object]], text: str, name: str
) -> tuple[dict[str, Annotation], tuple[SettingsError, ...]]:
    """Return the annotations in the tables of hosts, and the values that are not used."""
    problems: list[SettingsError] = []
    annotations: dict[str, Annotation] = {}
    shared: dict[Any, Any] = {}  # one object for each value: thousands of hosts have the same few
    for host_id, table in tables:
        values = table if isinstance(table, dict) else {}
        usable = {key: value for key, value in values.items() if key in _KEYS and _is_usable(key, value)}
        invalid = [key for key in values if key in _KEYS and key not in usable]
        for key in (invalid if isinstance(table, dict) else [""])[: MAX_PROBLEMS - len(problems)]:
            path = ".".join(filter(None, ("hosts", host_id, key)))
            problems.append(SettingsError(BAD_VALUE, f"{name}:{_line(text, host_id, key)}: {path}"))
        # What an invalid value means for the protection of the host is not known, so it is protected.
        is_doubtful = not isinstance(table, dict) or not {"protected", "tags", "owner"}.isdisjoint(invalid)
        found = _annotation(usable, is_marked=is_doubtful)
        annotations[host_id] = replace(
            found,
            note=shared.setdefault(found.note, found.note),
            tags=shared.setdefault(found.tags, found.tags),
            owner=shared.setdefault(found.owner, found.owner),
        )
    return annotations, tuple(problems)


_KEYS: Final = ("alias", "note", "tags", "owner", "protected")


def _is_usable(key: str, value: object) -> bool:
    if key == "protected":
        return isinstance(value, bool)
    if key == "tags":
        return isinstance(value, list) and all(isinstance(tag, str) for tag in value)
    return isinstance(value, str)


def _annotation(values: Mapping[str, Any], *, is_marked: bool = False) -> Annotation:
    """Return the annotation; a host without a valid `protected` is marked if `is_marked`."""
    return safe_annotation(
        alias=values.get("alias", ""),
        note=values.get("note", ""),
        tags=values.get("tags", ()),
        owner=values.get("owner", ""),
        is_marked=values.get("protected", is_marked),
    )


def _line(text: str, host_id: str, key: str) -> int:
    """Return the line of a key, or else of the table of its host, or else of the first table."""
    found, is_inside = 1, False
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(_HEADER, line):
            is_inside = _header_id(line) == host_id
            found = number if is_inside else found
        elif is_inside and key and re.match(rf"""[ \t]*["']?{re.escape(key)}["']?[ \t]*=""", line):
            return number
    return found


def _header_id(line: str) -> str | None:
    match = re.match(_HOST_HEADER, line)
    return next((part for part in match.groups() if part is not None), None) if match else None


# Editing


def change(text: str, changes: Mapping[str, AnnotationChange], name: str) -> str:
    """Return `text` with `changes`.

    Raises:
        SettingsError: if it is not TOML, or in a form that cannot be edited.
        AnnotationError: if a host would have too many tags.

    """
    before = _load(text, name)
    wanted = _expected(before, changes, name)
    if wanted == before:
        return text
    # The whole file takes tomlkit seconds if it has 10,000 hosts, so only the sections that change are parsed.
    for edit in (_edit_sections, _edit_document):
        edited = edit(text, changes)
        if edited is not None and _has(edited, wanted):
            return edited
    raise SettingsError(IRREGULAR, name)


def _expected(before: Mapping[str, Any], changes: Mapping[str, AnnotationChange], name: str) -> dict[str, Any]:
    present = before.get("hosts", {})
    if not isinstance(present, dict) or not all(isinstance(table, dict) for table in present.values()):
        raise SettingsError(IRREGULAR, name)
    hosts = dict(present)
    for host_id, change in changes.items():
        table = deepcopy(hosts.get(host_id, {}))
        _apply(table, change)
        if table:
            hosts[host_id] = table
        else:
            hosts.pop(host_id, None)
    return {**before, "hosts": hosts} if hosts or "hosts" in before else dict(before)


def _has(text: str, wanted: Mapping[str, Any]) -> bool:
    """Return whether a text has the wanted values, apart from empty tables."""
    import tomllib

    try:
        found = tomllib.loads(text.removeprefix(BYTE_ORDER_MARK))
    except ValueError:
        return False
    return _filled(found) == _filled(wanted)


def _filled(tables: Mapping[str, Any]) -> dict[str, Any]:
    hosts = {host_id: table for host_id, table in tables.get("hosts", {}).items() if table}
    return {**tables, "hosts": hosts}


def _apply(table: MutableMapping[str, Any], change: AnnotationChange) -> None:
    """Change the values of one host, and nothing that is as wanted already."""
    if change.is_default:
        change = _missing_part(table, change)
    for key, value in (("alias", change.alias), ("note", change.note)):
        _set(table, key, value)
    if change.added_tags or change.removed_tags:
        _set_tags(table, change)
    _set(table, "owner", change.owner)
    _set(table, "protected", change.is_marked)


def _missing_part(table: Mapping[str, Any], change: AnnotationChange) -> AnnotationChange:
    """Return the part of `change` for which the table has no value."""
    return AnnotationChange(
        alias=None if "alias" in table else change.alias,
        note=None if "note" in table else change.note,
        owner=None if "owner" in table else change.owner,
        added_tags=() if "tags" in table else change.added_tags,
        is_marked=None if "protected" in table else change.is_marked,
    )


def _set(table: MutableMapping[str, Any], key: str, value: str | bool | None) -> None:
    if value is None:
        return
    if not value:
        table.pop(key, None)
    elif key not in table or table[key] != value:
        table[key] = value


def _set_tags(table: MutableMapping[str, Any], change: AnnotationChange) -> None:
    present = table.get("tags", [])
    tags = [tag for tag in present if isinstance(tag, str)] if isinstance(present, list) else []
    wanted = change.change_tags(tags)
    if list(wanted) == list(present):
        return
    if not wanted:
        table.pop("tags", None)
    elif not isinstance(present, list) or "tags" not in table:
        table["tags"] = list(wanted)
    else:
        for index in reversed(range(len(present))):
            if present[index] not in wanted:
                del present[index]
        present.extend(tag for tag in wanted if tag not in present)


@dataclass(frozen=True, slots=True)
class _Section:
    """Consecutive lines of the file, beginning with a header."""

    host_id: str | None
    """The host of `[hosts.ID]`."""
    text: str


def _sections(text: str) -> list[_Section]:
    """Split a text at its headers, so that all sections together are the text."""
    sections: list[_Section] = []
    lines: list[str] = []
    host_id: str | None = None
    for line in text.splitlines(keepends=True):
        if re.match(_HEADER, line):
            sections.append(_Section(host_id, "".join(lines)))
            lines, host_id = [], _header_id(line)
        lines.append(line)
    return [*sections, _Section(host_id, "".join(lines))]


def _edit_sections(text: str, changes: Mapping[str, AnnotationChange]) -> str | None:
    """Return the changed text; None if the sections of these hosts cannot be edited apart from the others."""
    newline = "\r\n" if "\r\n" in text else "\n"
    edited, missing = [], dict(changes)
    for section in _sections(text):
        change = missing.pop(section.host_id, None) if section.host_id is not None else None
        part = section.text if change is None else _edit_document(section.text, {str(section.host_id): change})
        if part is None:
            return None
        edited.append(part)
    new = "".join(edited) or _HEADING
    for host_id, change in missing.items():
        table: dict[str, Any] = {}
        _apply(table, change)
        if table:
            gap = "" if not new or new.endswith(newline * 2) else newline if new.endswith("\n") else newline * 2
            new += gap + _new_section(host_id, table).replace("\n", newline)
    return new


def _new_section(host_id: str, table: Mapping[str, Any]) -> str:
    import tomlkit  # slow to import

    document = tomlkit.document()
    hosts = tomlkit.table(is_super_table=True)
    hosts[host_id] = {key: table[key] for key in _KEYS if key in table}
    document["hosts"] = hosts
    return tomlkit.dumps(document)


def _edit_document(text: str, changes: Mapping[str, AnnotationChange]) -> str | None:
    """Return the changed text; None if it cannot be edited."""
    import tomlkit  # slow to import
    from tomlkit.exceptions import TOMLKitError

    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    try:
        document = tomlkit.parse(text.removeprefix(mark))
        hosts = document.setdefault("hosts", tomlkit.table(is_super_table=True))
        for host_id, change in changes.items():
            if host_id not in hosts:
                hosts[host_id] = tomlkit.table()
            _apply(hosts[host_id], change)
            if not hosts[host_id] and "#" not in hosts[host_id].as_string():
                del hosts[host_id]
        return mark + tomlkit.dumps(document)
    except (TOMLKitError, AttributeError, TypeError, ValueError, LookupError):
        return None  # a form that the library cannot edit


def remove(text: str, host_ids: Iterable[str], name: str) -> str:
    """Return `text` without the sections of these hosts.

    Raises:
        SettingsError: if it is not TOML, or in a form that cannot be edited.

    """
    before = _load(text, name)
    present = before.get("hosts", {})
    removed = {host_id for host_id in host_ids if host_id in present}
    if not removed:
        return text
    wanted = {**before, "hosts": {host_id: table for host_id, table in present.items() if host_id not in removed}}
    kept = "".join(section.text for section in _sections(text) if section.host_id not in removed)
    if not _has(kept, wanted):
        raise SettingsError(IRREGULAR, name)
    return kept
