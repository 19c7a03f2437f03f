"""The fleet over time: watching it, and changing it."""

from __future__ import annotations
