"""The live engine: reads the fleet, keeps its state, and sends orders."""

from __future__ import annotations
