"""The commands without a screen: the same data for people, scripts and pipes. Texts are plain, nothing is coloured."""

from __future__ import annotations
