"""The app's life in its terminal: suspend, foreground programs, shutdown, crashes."""

from __future__ import annotations
