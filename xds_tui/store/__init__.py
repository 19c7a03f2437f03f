"""Storage on disk: the SQLite database and its journal."""

from __future__ import annotations
