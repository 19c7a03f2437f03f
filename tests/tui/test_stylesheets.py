"""Style sheets name widgets by their class names: a renamed class would silently lose its styles."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.dom import DOMNode

import xds_tui.tui

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TYPE = re.compile(r"(?<![\w#.$:-])_?[A-Z]\w*")


def style_sheets() -> Iterator[tuple[str, str]]:
    for path in Path(next(iter(xds_tui.tui.__path__))).rglob("*.tcss"):
        yield path.name, path.read_text(encoding="utf-8")
    for module in pkgutil.walk_packages(xds_tui.tui.__path__, "xds_tui.tui."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, type) and value.__module__ == module.name:
                css = vars(value).get("DEFAULT_CSS") or vars(value).get("CSS")
                if isinstance(css, str):
                    yield f"{module.name}.{name}", css


def widget_names(root: type[object]) -> Iterator[str]:
    yield root.__name__
    for child in root.__subclasses__():
        yield from widget_names(child)


def selected_types(css: str) -> set[str]:
    """Return the widget types that the selectors of a style sheet name."""
    selectors = re.findall(r"([^{};]+)\{", _COMMENT.sub("", css))
    return {name for selector in selectors for name in _TYPE.findall(selector)}


SHEETS = dict(style_sheets())


@pytest.mark.parametrize("name", SHEETS)
def test_a_style_sheet_names_widgets_that_exist(name: str) -> None:
    assert selected_types(SHEETS[name]) <= set(widget_names(DOMNode))


def test_the_default_style_of_a_widget_names_the_widget() -> None:
    for name, css in SHEETS.items():
        if name.startswith("xds_tui."):
            assert name.rpartition(".")[2] in selected_types(css), name
