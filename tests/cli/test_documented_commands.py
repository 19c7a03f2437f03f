"""The commands that README and manual show are run as they are printed, in a shell, against the simulator.

IDs stand for those of the catalog, and stand-ins for the programs of others: ssh, Ansible, jq.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import command_server
from support.cli_runner import PASSWORD, SECRET, TOKEN
from support.wait import TIMEOUT

from tests.simulator_faults.middleware import Service
from xds_tui import manual

ROOT = Path(__file__).parents[2]

RUN_ELSEWHERE = {
    r"python3 -m venv .*": ".ci/run",  # both first commands; see CONTRIBUTING
    r"(uv tool|pipx) install \.": "tests/pty/test_whole_job.py",  # the same wheel, by pip
    r"pipx install textual-dev": "tests/pty/test_chromium.py",  # is in the environment of the tests
    r"textual serve .*": "tests/pty/test_chromium.py",
    r"ssh -L .*": "tests/pty/test_chromium.py",  # without the tunnel
    r"xds-tui": "tests/pty/test_whole_job.py",
    r"xds-tui --demo": "tests/pty/test_whole_job.py",
    r"xds-tui apply .*": "tests/cli/test_apply_command.py",
    r"xds-tui simulate --port \d+": "tests/cli/test_simulate_command.py",
    r"xds-tui manual( [a-z]+)?": "tests/test_manual.py",
    r"xds-tui doctor": "tests/cli/test_doctor_command.py",
    r"xds-tui doctor --clipboard": "tests/cli/test_doctor_clipboard.py",
    r"xds-tui (notify .*|doctor --notify|hosts --watch)": "tests/cli/test_notify_command.py",
    r"xds-tui caps": "tests/cli/test_caps_command.py",
    r"xds-tui waitlist .*": "tests/cli/test_waitlist_command.py",
    r"xds-tui rules.*": "tests/cli/test_rules_command.py",
    r"xds-tui watch.*": "tests/cli/test_watch_command.py",
    r"xds-tui events --json": "tests/cli/test_history_commands.py",
    r"xds-tui log(in|out)": "tests/cli/test_login_command.py",
    r"xds-tui hosts (--gone|forget ID)": "tests/cli/test_hosts_edit.py",
    r"xds-tui create --template render --yes": "tests/cli/test_templates.py",
    r"xds-tui orders (forget|retry) ID": "tests/cli/test_order_commands.py",
    r"xds-tui --debug xds\.log": "tests/cli/test_debug_option.py",
    r"xds-tui COMMAND --help": "tests/cli/test_help.py",
    r'eval "\$\(xds-tui completion .*': "tests/cli/test_completion.py",
    r"xds-tui completion fish \| source": "tests/cli/test_completion.py",
}
"""Patterns of commands that this module does not run, and the test that does."""

STAND_INS = {
    "ssh": 'echo "ssh $*" >> "$HOME/ssh.log"',
    "ansible-inventory": '"./$2" --list > inventory.json',
    "jq": f"""exec "{sys.executable}" -c '
import json, sys
field, *files = [word for word in sys.argv[1:] if word != "-r"]
print(json.loads((open(*files) if files else sys.stdin).readline())[field.lstrip(".")])
' "$@\"""",
}

Blocks = list[list[str]]


def code_blocks() -> Blocks:
    """Return the lines of every code block that has commands."""
    texts = [(ROOT / "README.md").read_text(encoding="utf-8")]
    texts += [manual.read_page(topic, "en") for topic in manual.TOPICS]
    blocks = [block for text in texts for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
    return [[re.sub(r" {3,}#.*", "", line) for line in block.splitlines()] for block in blocks]


def inline_commands() -> set[str]:
    texts = [manual.read_page(topic, "en") for topic in manual.TOPICS]
    return {command for text in texts for command in re.findall(r"`(xds-tui[^`]*)`", text)}


def runner_of(line: str) -> str | None:
    """Return the test that runs a command, or None if this module does."""
    return next((test for pattern, test in RUN_ELSEWHERE.items() if re.fullmatch(pattern, line)), None)


def prepared(line: str, folder: Path) -> str:
    """Return a command with IDs and writable paths; of a line for cron, what it runs."""
    line = re.sub(r"^0 22 \* \* \* +", "", line).replace(r"\%", "%")
    line = line.replace("--package ID", "--package bl3060a1").replace("--image ID", "--image 4006")
    return line.replace("/var/lib/node_exporter", str(folder)).replace("$JOB", "4711")


@pytest.fixture
def shell(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a shell that finds the stand-ins."""
    programs = tmp_path / "bin"
    programs.mkdir()
    scripts = {name: f"#!/bin/sh\n{line}\n" for name, line in STAND_INS.items()}
    for name, script in (scripts | {"xds-tui": command_server.script()}).items():
        (programs / name).write_text(script, encoding="utf-8")
        (programs / name).chmod(0o755)
    return {**environ, "PATH": f"{programs}:{os.environ['PATH']}"}


def test_each_command_is_run_by_one_test() -> None:
    assert {test for test in RUN_ELSEWHERE.values() if not (ROOT / test).is_file()} == set()
    shown = {line for block in code_blocks() for line in block} | inline_commands()
    assert [pattern for pattern in RUN_ELSEWHERE if not any(re.fullmatch(pattern, line) for line in shown)] == []
    here = {line for block in code_blocks() for line in block if runner_of(line) is None}
    assert {command for command in inline_commands() if runner_of(command) is None} <= {"xds-tui hosts"}
    assert len(here) > 15


def test_the_commands_for_scripts_do_what_the_manual_says(
    shell: dict[str, str], service: Service, tmp_path: Path
) -> None:
    host = next(iter(service.world.hosts.values()))
    host.name = "gpu-node-5"
    for block in code_blocks():
        lines = [prepared(line, tmp_path) for line in block if runner_of(line) is None]
        if not lines:
            continue
        script = "\n".join(["set -euo pipefail", *lines])
        ended = subprocess.run(
            ["bash", "-c", script],
            env=shell, cwd=tmp_path, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL,
            timeout=5 * TIMEOUT, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, (script, ended.stdout[-2000:], ended.stderr[-2000:])
        assert not any(secret in ended.stdout + ended.stderr for secret in (SECRET, TOKEN, PASSWORD))
    assert len(service.world.ledger) == 2  # the purchase of the orders section, and the recipe's
    assert service.world.ledger[1].host_id not in {row["id"] for row in service.world.host_rows()}
    assert "make test" in (tmp_path / "ssh.log").read_text()
    assert '"_meta"' in (tmp_path / "inventory.json").read_text()
    assert (tmp_path / "xds.prom").read_text().startswith("# ")
    assert (tmp_path / "prices.csv").read_text().startswith("seen_at,")
