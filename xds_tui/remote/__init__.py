"""Connecting to a host: SSH, RDP and custom commands."""

from __future__ import annotations
