"""A table that draws only the lines that are visible."""

from __future__ import annotations
