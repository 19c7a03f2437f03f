"""Themes, colours and ASCII stand-ins."""

from __future__ import annotations
