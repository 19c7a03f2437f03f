"""The machinery of `python -m tests.fuzz`: it runs, makes other answers each time, and notices what it looks for."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from fuzz.decoding import ENDPOINTS, originals, run
from fuzz.mutations import Mutator

from xds_tui.api import wire

ROOT = Path(__file__).parents[1]
IMAGES = next(endpoint for endpoint in ENDPOINTS if endpoint.name == "image")


def test_the_command_prints_a_line_for_each_endpoint_and_ends_well() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--per-endpoint", "3", "--screens", "0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    for endpoint in ENDPOINTS:
        assert f"\n{endpoint.name} " in ended.stdout


async def test_answers_are_the_same_for_the_same_seed_and_mostly_differ_from_each_other() -> None:
    documents = await originals(IMAGES)
    first, second, other = (Mutator(documents, seed) for seed in ("1", "1", "2"))
    answers = [first.answer().body for _ in range(200)]
    assert answers == [second.answer().body for _ in range(200)]
    assert answers != [other.answer().body for _ in range(200)]
    assert len(set(answers)) > 150


async def test_an_exception_that_is_not_ours_breaks_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    lot = random.Random(1)

    def sometimes(response: httpx.Response) -> object:
        if lot.random() < 0.1:
            raise KeyError("not ours")
        return ()

    assert (await run(IMAGES, 50, seed=1)).is_kept
    monkeypatch.setattr(wire, "decode_images", sometimes)
    outcome = await run(IMAGES, 50, seed=1)
    assert not outcome.is_kept
    assert "KeyError" in outcome.complaints[0]
    assert outcome.ends["!"] > 0


async def test_an_unsafe_text_breaks_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "decode_images", lambda _envelope: "\x1b[2J")
    assert "unsafe" in (await run(IMAGES, 50, seed=1)).complaints[0]
