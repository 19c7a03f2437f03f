"""`xds-tui doctor`: looks at everything that the program needs, and says what to do. It prints no secret, ever."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from xds_tui.cli.doctor import clipboard, keyring, machine, network
from xds_tui.cli.doctor.check import Check, CheckStatus
from xds_tui.cli.output import write
from xds_tui.domain.sanitize import clean
from xds_tui.system.exit_codes import ExitCode

if TYPE_CHECKING:
    from xds_tui.auth.keyring_store import KeyringStore
    from xds_tui.config.settings import Settings


def examine(settings: Settings, vault: KeyringStore, state_dir: Path, *, as_json: bool) -> int:
    """Look at everything, write what was found, and return 1 if anything is bad."""
    findings: list[Check] = []

    def found(more: Iterable[Check]) -> None:
        """Write at once what a person waits for."""
        for finding in more:
            findings.append(finding)
            if not as_json:
                write(_lines(finding))

    asyncio.run(_examine(settings, vault, state_dir, found))
    if as_json:
        write(json.dumps([_row(finding) for finding in findings], ensure_ascii=False, indent=1) + "\n")
    return ExitCode.FAILURE if any(finding.verdict is CheckStatus.BAD for finding in findings) else 0


async def _examine(
    settings: Settings, vault: KeyringStore, state_dir: Path, found: Callable[[Iterable[Check]], None]
) -> None:
    found(machine.versions())
    found(machine.configuration(settings))
    found(await machine.files(state_dir))
    found(machine.terminal(os.environ, lacks_utf8=settings.ascii))
    if machine.is_at_terminal():
        found([await clipboard.examine(os.environ)])
    kept = await keyring.read(vault, settings.profile)
    base_url = settings.base_url
    if not settings.base_url_given and settings.credentials is None and kept.stored is not None:
        base_url = kept.stored.base_url
    found(keyring.examine(kept, base_url, settings.credentials_source))
    found(await network.examine(base_url))


def _lines(finding: Check) -> str:
    took = f" ({finding.seconds * 1000:.0f} ms)" if finding.seconds is not None else ""
    lines = [f"{finding.verdict.value:<5} {finding.subject}: {finding.told}{took}"]
    lines += [f"      {line}" for line in finding.advice]
    return "".join(f"{clean(line)}\n" for line in lines)


def _row(finding: Check) -> dict[str, object]:
    return {
        "check": finding.subject,
        "verdict": finding.verdict.value,
        "told": finding.told,
        "advice": [line.strip() for line in finding.advice],
        "milliseconds": None if finding.seconds is None else round(finding.seconds * 1000),
    }
