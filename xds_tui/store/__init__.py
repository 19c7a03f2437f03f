"""What is kept on disk: one SQLite file (`db`) and what is written in it (`journal`)."""

from __future__ import annotations
