from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from xds_tui.system import processes

ENVIRON = {"PATH": os.environ["PATH"], "XDS_TOKEN": "hush", "XDS_SECRET": "hush", "HOME": "/root"}


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_subprocess_gets_the_environment_without_our_variables() -> None:
    assert processes.environment(ENVIRON) == {"PATH": os.environ["PATH"], "HOME": "/root"}


async def test_a_program_is_handed_a_text_and_sees_nothing_of_ours(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    code = f"import os, sys; open({str(heard)!r}, 'w').write(sys.stdin.read() + str(dict(os.environ)))"
    assert await processes.run_with_input(python(code), "渲 it", ENVIRON, 10)
    assert heard.read_text().startswith("渲 it")
    assert "hush" not in heard.read_text()


async def test_one_that_stays_in_the_background_is_not_waited_for() -> None:
    code = "import os, sys, time; sys.stdin.read(); os.fork() or time.sleep(30)"
    assert await processes.run_with_input(python(code), "x", ENVIRON, 20)


@pytest.mark.parametrize(
    "code", ["raise SystemExit(1)", "import time; time.sleep(60)", "import os; os.close(0); os._exit(3)"]
)
async def test_one_that_fails_or_takes_too_long_has_not_taken_it(code: str) -> None:
    assert not await processes.run_with_input(python(code), "x" * 200_000, ENVIRON, 0.5)
    assert await processes.run_capture(python(code), ENVIRON, 0.5) is None


async def test_a_missing_program_has_no_output() -> None:
    assert not await processes.run_with_input(["no-such-program"], "x", ENVIRON, 1)
    assert await processes.run_capture(["no-such-program"], ENVIRON, 1) is None


async def test_the_output_of_a_program_is_returned() -> None:
    assert await processes.run_capture(python("print('渲')"), ENVIRON | {"PYTHONUTF8": "1"}, 10) == "渲\n"


def test_the_end_of_a_detached_program_is_reported(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = f"open({str(seen)!r}, 'w').write(f'{{os.getsid(0) == os.getpid()}} {{dict(os.environ)}}')"
    assert processes.spawn_detached(python(f"import os; {script}; raise SystemExit(4)"), ENVIRON).result(10) == 4
    assert seen.read_text().startswith("True")
    assert "hush" not in seen.read_text()
    with pytest.raises(OSError, match="no-such-program"):
        processes.spawn_detached(["no-such-program"], ENVIRON)
