"""Accounts and where their credentials are kept."""

from __future__ import annotations
