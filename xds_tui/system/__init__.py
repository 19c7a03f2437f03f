"""Services of the operating system: files, processes, clipboard, terminal."""

from __future__ import annotations
