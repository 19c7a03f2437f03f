"""The machinery of `python -m tests.fuzz`: it runs, makes other answers each time, and notices what it looks for."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from fuzz.decoding import ENDPOINTS, originals, run, wrong_outcome
from fuzz.mutations import Answer, Mutator

from xds_tui.api import decode
from xds_tui.api.errors import NotSent, OutcomeUnknown, Rejected, SignedOut
from xds_tui.domain import rejections
from xds_tui.domain.rejections import Call

ROOT = Path(__file__).parents[2]
IMAGES = next(endpoint for endpoint in ENDPOINTS if endpoint.name == "image")


def test_the_command_prints_a_line_for_each_endpoint_and_succeeds() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--per-endpoint", "1", "--screens", "0", "--input", "100"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    for endpoint in ENDPOINTS:
        assert f"\n{endpoint.name} " in ended.stdout
    assert "\ninput (bytes) " in ended.stdout


async def test_responses_depend_on_the_seed_and_are_varied() -> None:
    documents = await originals(IMAGES)
    first, second, other = (Mutator(documents, seed) for seed in ("1", "1", "2"))
    answers = [first.answer().body for _ in range(200)]
    assert answers == [second.answer().body for _ in range(200)]
    assert answers != [other.answer().body for _ in range(200)]
    assert len(set(answers)) > 150


async def test_an_unexpected_exception_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    lot = random.Random(1)

    def sometimes(response: httpx.Response) -> object:
        if lot.random() < 0.1:
            raise KeyError("not ours")
        return ()

    assert (await run(IMAGES, 50, seed=1)).is_kept
    monkeypatch.setattr(decode, "decode_images", sometimes)
    outcome = await run(IMAGES, 50, seed=1)
    assert not outcome.is_kept
    assert "KeyError" in outcome.complaints[0]
    assert outcome.ends["!"] > 0


async def test_an_unsafe_text_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "decode_images", lambda _envelope: "\x1b[2J")
    assert "unsafe" in (await run(IMAGES, 50, seed=1)).complaints[0]


@pytest.mark.parametrize(
    ("end", "status", "body", "is_wrong"),
    [
        (Rejected(9001, ""), 200, b'{"code":9001}', False),
        (Rejected(9001, ""), 200, b'{"code":"9001"}', False),
        (Rejected(9001, ""), 504, b'{"code":9001}', True),
        (Rejected(9001, ""), 200, b'{"code":6005}', True),
        (Rejected(1003, ""), 200, b'{"code":1003}', True),
        (Rejected(404, ""), 504, b'{"code":404}', True),
        (Rejected(0, ""), 200, b'{"code":0,"data":false}', True),
        (Rejected(9001, ""), 200, b"<html>", True),
        (SignedOut("", 401, ""), 401, b"", False),
        (SignedOut("", 401, ""), 200, b'{"code":2001}', False),
        (SignedOut("", 401, ""), 200, b'{"code":1003}', True),
        (NotSent("unreachable"), 200, b"", True),
        (OutcomeUnknown("no sense"), 200, b'{"code":9001}', False),
        ("h1", 200, b'{"code":0,"data":"h1"}', False),
        (None, 200, b'{"code":0,"data":true}', False),
        (None, 200, b'{"code":0,"data":null}', True),
        (None, 200, b'{"code":1,"data":true}', True),
        (None, 500, b'{"code":0,"data":true}', True),
    ],
)
def test_an_unproven_outcome_fails_the_run(end: object, status: int, body: bytes, *, is_wrong: bool) -> None:
    assert bool(wrong_outcome(Call.CREATE_RENT, end, Answer(body, status))) == is_wrong


async def test_an_unproven_rejection_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    create = next(endpoint for endpoint in ENDPOINTS if endpoint.changes is Call.CREATE_ON_DEMAND)
    assert (await run(create, 200, seed=1)).is_kept
    monkeypatch.setattr(rejections, "is_rejection", lambda call, status, code: True)
    found = await run(create, 200, seed=1)
    assert "refused by HTTP" in found.complaints[0]
