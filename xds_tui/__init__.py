"""xds-tui: rent and watch Xuandashi (渲大师) cloud hosts from a terminal."""

from __future__ import annotations

__version__ = "0.2.0"
