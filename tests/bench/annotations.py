"""`python -m tests.bench.annotations`: 10,000 hosts with a name, tags, an owner and a note, and the same without.

Two programs watch the same fleet, one with a hosts file that has an entry for every host. Memory is compared after some
refreshes, then the response to the keys of a filter and to a refresh.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.keys import FILTER, FILTER_PAUSE, responses
from tests.bench.memory import megabytes
from tests.bench.screen import XDS, Screen
from tests.bench.service import LIVE, serving
from tests.bench.table import Line, compared, run

HOSTS: Final = 10_000
ROUNDS: Final = 6
REFRESHES: Final = 5
REFRESH_PAUSE: Final = 1.0
AIM: Final = 1.1


def annotate(home: Path, host_ids: Iterable[str]) -> None:
    """Write a hosts file with an entry for each host."""
    path = home / ".config" / "xds-tui" / "hosts.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join(
            f'[hosts.{host_id}]\nalias = "render-{number}"\nnote = "until friday"\n'
            f'tags = ["farm-{number % 40}", "render"]\nowner = "user-{number % 25}"\n\n'
            for number, host_id in enumerate(host_ids)
        ),
        encoding="utf-8",
    )


def measure(quick: bool) -> list[Line]:
    """Measure the memory and the response to keys."""
    rounds, refreshes = (1, 2) if quick else (ROUNDS, REFRESHES)
    with ExitStack() as stack:
        service = stack.enter_context(serving(HOSTS))
        homes = [Path(stack.enter_context(TemporaryDirectory())) for _ in range(2)]
        annotate(homes[0], service.hosts())
        screens = [stack.enter_context(Screen([XDS, "--interval", "3600"], service.environ(home))) for home in homes]
        for screen in screens:
            screen.wait_for(LIVE)
            screen.be_quiet(2)
        refreshed = responses(screens, ["r"] * refreshes, REFRESH_PAUSE)
        sizes = [[float(screen.memory())] for screen in screens]
        for screen in screens:
            screen.burst("/", pause=FILTER_PAUSE)
        typed = responses(screens, [*FILTER, *["\x7f"] * len(FILTER)] * rounds, FILTER_PAUSE)
    return [
        compared("a key of the filter, with and without annotations", *typed, aim=AIM),
        compared("a refresh, with and without annotations", *refreshed, aim=AIM),
        compared("memory, with and without annotations", *sizes, aim=AIM, shown=megabytes),
    ]


if __name__ == "__main__":
    run(measure)
