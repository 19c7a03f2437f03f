"""The wizard that buys hosts."""

from __future__ import annotations
