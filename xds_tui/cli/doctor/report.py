"""`xds-tui doctor`: looks at everything that the program needs, and says what to do. It prints no secret, ever."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from xds_tui.cli.doctor import Check, CheckStatus, clipboard, keyring, machine, network
from xds_tui.cli.output import write, write_json
from xds_tui.domain.sanitize import clean
from xds_tui.system.exit_codes import ExitCode
from xds_tui.text import export

if TYPE_CHECKING:
    from xds_tui.auth.keyring_store import KeyringStore
    from xds_tui.config.settings import Settings


def examine(settings: Settings, keyring_store: KeyringStore, state_dir: Path, *, as_json: bool) -> int:
    """Run all checks, write their results, and return 1 if any is BAD."""
    checks: list[Check] = []

    def report(results: Iterable[Check]) -> None:
        """Collect results, and write them immediately for a person."""
        for check in results:
            checks.append(check)
            if not as_json:
                write(_format(check))

    asyncio.run(_examine(settings, keyring_store, state_dir, report))
    if as_json:
        objects = ",\n".join(export.to_json_object(_fields(check)) for check in checks)
        write_json(f"[\n{objects}\n]\n")
    return ExitCode.FAILURE if any(check.status is CheckStatus.BAD for check in checks) else 0


async def _examine(
    settings: Settings, keyring_store: KeyringStore, state_dir: Path, report: Callable[[Iterable[Check]], None]
) -> None:
    report(machine.versions())
    report(machine.configuration(settings))
    report(await machine.files(state_dir))
    report(machine.terminal(os.environ, lacks_utf8=settings.ascii))
    if machine.is_at_terminal():
        report([await clipboard.examine(os.environ)])
    items = await keyring.read(keyring_store, settings.profile)
    base_url = settings.base_url
    if not settings.base_url_given and settings.credentials is None and items.stored is not None:
        base_url = items.stored.base_url
    if settings.credential_command and not settings.credentials_source:
        base_url = settings.base_url
        report([await keyring.examine_command(settings.credential_command)])
    else:
        report(keyring.examine(items, base_url, settings.credentials_source))
    report(await network.examine(base_url))


def _format(check: Check) -> str:
    duration = f" ({check.seconds * 1000:.0f} ms)" if check.seconds is not None else ""
    lines = [f"{check.status.value:<5} {check.subject}: {check.message}{duration}"]
    lines += [f"      {line}" for line in check.advice]
    return "".join(f"{clean(line)}\n" for line in lines)


def _fields(check: Check) -> dict[str, object]:
    return {
        "check": check.subject,
        "status": check.status.value,
        "message": check.message,
        "advice": [line.strip() for line in check.advice],
        "milliseconds": None if check.seconds is None else round(check.seconds * 1000),
    }
