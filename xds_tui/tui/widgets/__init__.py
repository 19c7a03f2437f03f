"""The widgets, one a file; none of them knows a screen or the app."""

from __future__ import annotations
