"""The command line: parser, commands and the composition root."""

from __future__ import annotations
