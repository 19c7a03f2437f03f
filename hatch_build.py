"""Build hook of Hatchling: the long description that a package index can show.

The README links to pictures and pages of the repository by relative paths, which mean nothing on a package index.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE_LINE: Final = re.compile(r"^.*!\[[^\]]*\]\((?!https?://).*\n(?:\n)?", re.MULTILINE)
_LINK: Final = re.compile(r"\[([^\]]*)\]\((?!https?://|#)([^)]+)\)")


class DescriptionHook(MetadataHookInterface):
    """Sets `readme`, which pyproject.toml declares dynamic."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the long description to the project's metadata."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        source = metadata.get("urls", {}).get("Source", "")
        metadata["readme"] = {"content-type": "text/markdown", "text": index_description(text, source)}


def index_description(readme: str, source: str) -> str:
    """Return the README for a package index.

    Args:
        readme: the README of the repository.
        source: the address of the repository, to which relative links are resolved; if empty, pictures are left out
            and other links become plain text.

    """
    if source:
        return _LINK.sub(lambda link: f"[{link[1]}]({source}/raw/main/{link[2]})", readme)
    return _LINK.sub(r"\1", _PICTURE_LINE.sub("", readme))
