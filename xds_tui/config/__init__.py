"""Settings: the table of keys, config.toml and its precedence."""

from __future__ import annotations
