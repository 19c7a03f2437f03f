"""Set-up of every test session: signal handlers, the Hypothesis profile, and the choice of cases."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

SUPPRESSED = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)
"""The first two depend on the speed of the machine; examples may share the fixtures of these tests."""

# Without bytecode each worker rewrites all tests, and each program that a test starts compiles the package.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_LONGEST = (
    *("tests/tui/test_create_screen.py", "tests/pty/test_chromium.py", "tests/pty/test_whole_job.py"),
    *("tests/cli/test_recipes.py", "tests/tui/test_annotate_flow.py", "tests/pty/test_browser.py"),
    *("tests/pty/test_keyring_advice.py", "tests/cli/test_documented_commands.py", "tests/tui/test_themes.py"),
    *("tests/tui/test_cell_diff.py", "tests/pty/", "tests/tui/", "tests/cli/", "tests/soak/", "tests/proof/"),
    *("tests/fuzz/", "tests/fleet/", "tests/api/"),
)
"""The files and folders that take longest, which the workers begin with: all of them have work until the end then."""

settings.register_profile("xds-tui", deadline=None, suppress_health_check=SUPPRESSED)
settings.load_profile("xds-tui")


def pytest_configure() -> None:
    """Give the signals that tests send their default handlers.

    A session that was started in the background of a shell, or by nohup, ignores SIGINT, SIGQUIT or SIGHUP, and
    every program that a test starts would inherit that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGHUP", "SIGQUIT", "SIGTSTP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-cases", action="store_true", help="run every case of the tests marked `sweep`")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Exempt modules and tests, a million objects that stay, from the search for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort the longest files first, and keep the chosen cases of the tests marked `sweep`."""
    items.sort(key=_rank)
    _keep_sample(config, items)


def _rank(item: pytest.Item) -> int:
    return next((rank for rank, path in enumerate(_LONGEST) if item.nodeid.startswith(path)), len(_LONGEST))


def _keep_sample(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep evenly spaced cases of the tests marked `sweep`, as many as the mark says, unless --all-cases is given."""
    if config.getoption("--all-cases"):
        return
    swept: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("sweep"):
            swept[item.nodeid.partition("[")[0]].append(item)
    left_out: set[pytest.Item] = set()
    for cases in swept.values():
        mark = cases[0].get_closest_marker("sweep")
        assert mark is not None
        count = min(mark.args[0], len(cases))
        kept = {cases[index * len(cases) // count] for index in range(count)}
        left_out.update(case for case in cases if case not in kept)
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]
