"""The user manual: one Markdown page per topic and language, shown by the app and by `xds-tui manual`."""

from __future__ import annotations

from typing import Final

TOPICS: Final = (
    "getting-started",
    "keys",
    "filters",
    "hosts",
    "configuration",
    "pricing",
    "orders",
    "ssh",
    "browser",
    "scripts",
    "notifications",
    "rules",
    "caps",
    "waitlist",
    "watch",
    "security",
    "troubleshooting",
    "performance",
    "simulator",
)
"""The pages, in reading order."""


def read_page(topic: str, language: str) -> str:
    """Return the Markdown of a page; `topic` is one of `TOPICS`, `language` one of `i18n.LANGUAGES`."""
    from pathlib import Path

    text = (Path(__file__).parent / language / f"{topic}.md").read_text(encoding="utf-8")
    return "\n".join(line for line in text.split("\n") if not line.startswith("<!-- "))


def page_title(page: str) -> str:
    """Return the heading of a page."""
    return page.partition("\n")[0].removeprefix("# ")


def contents(language: str) -> str:
    """Return a page that lists all topics with their titles."""
    titles = {topic: page_title(read_page(topic, language)) for topic in TOPICS}
    width = max(map(len, TOPICS))
    return "".join(f"  {topic:{width}}  {title}\n" for topic, title in titles.items())
