"""`python -m tests.proof.annotations [EDITS [SEED]]`: programs and an editor change one hosts file at the same time.

Two programs edit a host each time and are killed with SIGKILL at random moments, while an editor, which knows nothing
of locks, adds comments and hosts of its own by saving the whole file. A reader looks at the file all the time. What
counts is what a program or the editor reported as saved. Each edit sets a key of its own, so that a lost one shows.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from xds_tui.config.hosts_file import HostsFile
from xds_tui.domain.annotations import AnnotationChange

WORKERS: Final = 2
HEADING: Final = "# The hosts of the team; do not sort.\n"
EDITOR_PAUSES: Final = (0.05, 0.8)
"""Seconds between two saves of the editor, at least and at most."""
KILL_AFTER: Final = 4.0
"""Seconds after which a program is killed at the latest."""


@dataclass
class Verdict:
    """The result of a proof."""

    edits: int = 0
    """Edits that a program reported as saved."""
    saves: int = 0
    """Saves of the editor."""
    kills: int = 0
    readings: int = 0
    errors: list[str] = field(default_factory=list)


def prove(edits: int, seed: int, folder: Path) -> Verdict:
    """Make `edits` edits in total, and return what was lost."""
    path = folder / "hosts.toml"
    path.write_text(HEADING)
    verdict, rng, over = Verdict(), random.Random(seed), threading.Event()
    saved: list[str] = []
    watchers = [
        threading.Thread(target=_save, args=(path, over, saved, verdict)),
        threading.Thread(target=_read, args=(path, over, verdict)),
    ]
    acknowledged: list[list[int]] = [[] for _ in range(WORKERS)]
    workers = [
        threading.Thread(target=_work, args=(path, name, edits // WORKERS, acknowledged[name], rng.random(), verdict))
        for name in range(WORKERS)
    ]
    for thread in (*watchers, *workers):
        thread.start()
    for thread in workers:
        thread.join()
    over.set()
    for thread in watchers:
        thread.join()
    verdict.edits, verdict.saves = sum(map(len, acknowledged)), len(saved)
    verdict.errors += _lost(path, acknowledged, saved)
    return verdict


def _work(path: Path, name: int, edits: int, acknowledged: list[int], seed: float, verdict: Verdict) -> None:
    """Run a program again and again until it has made its edits; kill it at random moments."""
    rng = random.Random(seed)
    while len(acknowledged) < edits:
        start = acknowledged[-1] + 1 if acknowledged else 0
        command = [sys.executable, "-m", "tests.proof.annotations", "edit", str(path), str(name), str(start)]
        with subprocess.Popen([*command, str(edits)], stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout is not None
            # The time runs from the first edit: the imports take longer than many edits.
            first = program.stdout.readline()
            timer = threading.Timer(rng.uniform(0, KILL_AFTER), program.kill)
            timer.start()
            numbers = [line.strip() for line in (first, *program.stdout)]
            timer.cancel()
        verdict.kills += program.returncode < 0
        if program.returncode > 0:
            verdict.errors.append(f"program {name} ended with {program.returncode}")
            return
        acknowledged += [int(number) for number in numbers if number.isdigit()]


def _edit(path: Path, name: str, start: int, end: int) -> None:
    """Give one host after another an annotation, and print the number of each that was saved."""
    file = HostsFile(path)
    print("ready", flush=True)
    for number in range(start, end):
        file.edit({f"w{name}-{number}": AnnotationChange(alias=f"{name}-{number}", added_tags=("farm",))})
        print(number, flush=True)


def _save(path: Path, over: threading.Event, saved: list[str], verdict: Verdict) -> None:
    """Edit the file as an editor does: read it, check that it is the same still, and replace it."""
    number, rng = 0, random.Random(path.name)
    while not over.wait(rng.uniform(*EDITOR_PAUSES)):
        before = path.read_text()
        name = f"e-{number}"
        after = f'{before}\n# note {number}\n[hosts.{name}]\nnote = "by hand"\n'
        new = path.with_name("hosts.toml~")
        new.write_text(after)
        if path.read_text() != before:
            continue  # the editor says that the file has changed, and is reloaded
        new.replace(path)
        saved.append(name)
        number += 1
        if not before.startswith(HEADING):
            verdict.errors.append(f"the heading was lost before save {number}")


def _read(path: Path, over: threading.Event, verdict: Verdict) -> None:
    """Look at the file again and again: it is never empty or cut off."""
    while not over.is_set():
        text = path.read_text()
        verdict.readings += 1
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            verdict.errors.append(f"a partial file: {error}")
        if not text.startswith(HEADING):
            verdict.errors.append("a file without its beginning")
        time.sleep(0.002)


def _lost(path: Path, acknowledged: list[list[int]], saved: list[str]) -> list[str]:
    text = path.read_text()
    hosts = tomllib.loads(text)["hosts"]
    lost = [
        f"edit {number} of program {name}"
        for name, numbers in enumerate(acknowledged)
        for number in numbers
        if hosts.get(f"w{name}-{number}") != {"alias": f"{name}-{number}", "tags": ["farm"]}
    ]
    lost += [f"save {name} of the editor" for name in saved if name not in hosts]
    lost += [f"comment {number}" for number in range(len(saved)) if f"# note {number}\n" not in text]
    leftovers = [file.name for file in path.parent.iterdir() if file.name.startswith(".hosts.toml.")]
    return lost + [name for name in leftovers if name != ".hosts.toml.lock"]


def main() -> None:
    """Run the proof, or one of its programs."""
    words = sys.argv[1:]
    if words[:1] == ["edit"]:
        _edit(Path(words[1]), words[2], int(words[3]), int(words[4]))
        return
    edits, seed = int(words[0]) if words else 1000, int(words[1]) if words[1:] else 1
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        verdict = prove(edits, seed, Path(folder))
    print(
        f"{verdict.edits} edits by {WORKERS} programs, {verdict.kills} times killed; {verdict.saves} saves of an"
        f" editor; {verdict.readings} readings; {time.monotonic() - began:.0f} s"
    )
    print("\n".join(verdict.errors[:20]) or "nothing was lost")
    sys.exit(bool(verdict.errors))


if __name__ == "__main__":
    main()
