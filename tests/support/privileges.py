"""File modes mean nothing to root. Here root does without what makes it so, and is bound by them as anybody is."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

POWERLESS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"] if IS_ROOT else []
"""What a command is run by."""

_DAC = (1 << 1) | (1 << 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (capabilities(7))."""
_VERSION = 0x20080522
_WORDS = 3
"""Of each half of the answer: what is in effect, what is permitted, what is inherited."""


@contextmanager
def powerless() -> Iterator[None]:
    """Do without in this thread, and in those that it starts."""
    if not IS_ROOT:
        yield
        return
    if sys.platform != "linux":
        pytest.skip("nothing is read-only to root")
    system = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    held = (ctypes.c_uint32 * (2 * _WORDS))()
    assert system.capget(header, held) == 0
    without = type(held)(*held)
    without[0] &= ~_DAC
    assert system.capset(header, without) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        assert system.capset(header, held) == 0
