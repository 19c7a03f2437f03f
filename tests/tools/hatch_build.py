"""Build hooks of Hatchling: the man page, and the long description that a package index can show.

The README links to pictures and pages of the repository by relative paths, which mean nothing on a package index.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE_LINE: Final = re.compile(r"^.*!\[[^\]]*\]\((?!https?://).*\n(?:\n)?", re.MULTILINE)
_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#)([^)]+)\)")


class DescriptionHook(MetadataHookInterface):
    """Sets `readme`, which pyproject.toml declares dynamic."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the long description to the project's metadata."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        source = metadata.get("urls", {}).get("Source", "")
        metadata["readme"] = {"content-type": "text/markdown", "text": index_description(text, source)}


class ManPageHook(BuildHookInterface[Any]):
    """Adds the man page, which is made from the parser, to the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the page, and have it installed below `share`."""
        if self.target_name == "wheel" and version == "standard":
            path = Path(tempfile.mkdtemp()) / "xds-tui.1"
            path.write_text(man_page(self.root), encoding="utf-8")
            build_data["shared_data"][str(path)] = "share/man/man1/xds-tui.1"


def man_page(root: str) -> str:
    """Return the man page in the language of troff: the help of the program and of each command."""
    sys.path.insert(0, root)
    columns = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        from xds_tui import __version__, i18n
        from xds_tui.cli import parser

        i18n.choose("en")
        top = parser.parser().format_help()
        names = re.findall(r"^    ([a-z-]+)", top.partition("Commands:")[2].partition("\nApp:")[0], re.MULTILINE)
        helps = {name: _help(parser.parse, name) for name in names}
    finally:
        sys.path.remove(root)
        if columns is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = columns
    sections = [
        ("SYNOPSIS", top.partition("\n\n")[0].removeprefix("Usage: ")),
        ("DESCRIPTION", top.partition("\n\n")[2]),
    ]
    sections += [(f"xds-tui {name}", text) for name, text in helps.items()]
    head = (
        f'.TH XDS-TUI 1 "" "xds-tui {__version__}" "User Commands"',
        ".SH NAME",
        r"xds-tui \- rent and watch Xuandashi cloud hosts",
    )
    body = (f'.SH "{title}"\n.nf\n{_escaped(text)}\n.fi' for title, text in sections)
    return "\n".join([*head, *body]) + "\n"


def _help(parse: Callable[[list[str]], object], name: str) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        parse([name, "--help"])
    return output.getvalue()


def _escaped(text: str) -> str:
    """Return a text in which nothing is a request or an escape of troff."""
    escaped = text.rstrip().replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", escaped, flags=re.MULTILINE)


def index_description(readme: str, source: str) -> str:
    """Return the README for a package index.

    Args:
        readme: the README of the repository.
        source: the address of the repository, to which relative links are resolved; if empty, pictures are left out
            and other links become plain text.

    """
    if source:
        return _LINK.sub(lambda link: f"{link[1]}[{link[2]}]({_address(source, link[3], link[1])})", readme)
    return _LINK.sub(r"\2", _PICTURE_LINE.sub("", readme))


def _address(source: str, path: str, mark: str) -> str:
    """Return the address of a file of the repository: of the file itself for a picture, else of the page about it."""
    return f"{source}/{'raw' if mark else 'blob'}/main/{path}"
