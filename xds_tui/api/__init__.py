"""The service's wire: what is sent, what comes back, and every way in which that can fail."""

from __future__ import annotations
