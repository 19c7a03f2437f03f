"""The parts of a table that have a style of their own, and the styles that they have in every theme."""

from __future__ import annotations

from typing import Final

PARTS: Final = (
    *("header", "heading", "cursor", "cursor-blurred", "marked", "changed", "placeholder"),
    *("dim", "good", "warn", "bad", "busy", "muted", "accent"),
)
"""Each is a component class `line-table--PART`; those of the second line are for cells."""

CSS: Final = """
LineTable {
    width: 1fr;
    height: 1fr;
    overflow-x: hidden;
    overflow-y: auto;
    scrollbar-size-vertical: 1;
    .line-table--header { color: $text-muted; text-style: bold; }
    .line-table--heading { text-style: bold; }
    .line-table--cursor {
        background: $block-cursor-background;
        color: $block-cursor-foreground;
        text-style: $block-cursor-text-style;
    }
    .line-table--cursor-blurred { background: $block-cursor-blurred-background; }
    .line-table--marked { text-style: bold; }
    .line-table--changed { text-style: bold underline; }
    .line-table--placeholder { color: $text-muted; }
    .line-table--dim { color: $text-disabled; }
    .line-table--good { color: $text-success; }
    .line-table--warn { color: $text-warning; }
    .line-table--bad { color: $text-error; }
    .line-table--busy { color: $text-accent; }
    .line-table--muted { color: $text-muted; }
    .line-table--accent { color: $text-primary; }
    &:ansi {
        .line-table--placeholder, .line-table--dim, .line-table--muted { text-style: dim; }
    }
}
"""
