"""The service that runs `xds-tui watch` after the sign-in to this machine: a systemd user unit or a LaunchAgent.

The file names the program and the profile, and contains no secret. It is written and removed here; the user enables it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from xds_tui.structs import dataclass

MARK: Final = "Written by xds-tui watch install"
"""A comment in every file, which distinguishes it from one of the user."""

RESTART_DELAY: Final = 60
"""Seconds until the command is started again after a failure, such as a keyring that is still locked."""

VARIABLES: Final = ("XDS_CONFIG", "XDS_BASE_URL", "XDS_LANG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "TZ", "LANG")
"""The variables that the service gets from the shell that installs it. None of them is a secret."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./:=@,+-]+")


@dataclass(frozen=True, slots=True)
class UserService:
    """The file of the service, and the commands that enable and disable it."""

    path: Path
    text: str
    enable: tuple[str, ...]
    disable: tuple[str, ...]
    link: Path | None = None
    """The symbolic link that enabling it makes; None if there is none."""


def command_of(executable: str, module_runner: str) -> tuple[str, ...]:
    """Return how to start the program: the absolute path of `executable`, or the interpreter with the module."""
    path = Path(executable)
    if path.name == "__main__.py" or not path.is_file():
        return module_runner, "-m", "xds_tui"
    return (str(path.absolute()),)


def systemd_unit(command: Sequence[str], profile: str, environ: Mapping[str, str], home: Path) -> UserService:
    """Return the user unit of systemd for a profile."""
    name = _name(profile)
    folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "systemd" / "user"
    variables = "".join(f"Environment={_quoted(f'{key}={value}')}\n" for key, value in _passed(environ))
    text = f"""# {MARK}
[Unit]
Description=xds-tui watch, profile {_percent(profile)}

[Service]
ExecStart={" ".join(_quoted(word, is_command=True) for word in (*command, "--profile", profile, "watch"))}
{variables}Restart=on-failure
RestartSec={RESTART_DELAY}

[Install]
WantedBy=default.target
"""
    unit = f"{name}.service"
    return UserService(
        path=folder / unit,
        text=text,
        enable=(
            "systemctl --user daemon-reload",
            f"systemctl --user enable --now {unit}",
            "loginctl enable-linger",
        ),
        disable=(f"systemctl --user stop {unit}", "systemctl --user daemon-reload"),
        link=folder / "default.target.wants" / unit,
    )


def launch_agent(command: Sequence[str], profile: str, environ: Mapping[str, str], home: Path) -> UserService:
    """Return the LaunchAgent of macOS for a profile."""
    import plistlib

    label = f"io.github.{_name(profile)}"
    path = home / "Library" / "LaunchAgents" / f"{label}.plist"
    log = str(home / "Library" / "Logs" / f"{_name(profile)}.log")
    content = {
        "Label": label,
        "ProgramArguments": [*command, "--profile", profile, "watch"],
        "EnvironmentVariables": dict(_passed(environ)),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": RESTART_DELAY,
        "StandardOutPath": log,
        "StandardErrorPath": log,
    }
    head, rest = plistlib.dumps(content).decode().split("\n", 1)
    return UserService(
        path=path,
        text=f"{head}\n<!-- {MARK} -->\n{rest}",
        enable=(f"launchctl bootstrap gui/$(id -u) {_shell(str(path))}",),
        disable=(f"launchctl bootout gui/$(id -u)/{label}",),
    )


def _name(profile: str) -> str:
    return "xds-tui-watch" if profile == "default" else f"xds-tui-watch-{profile}"


def _passed(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    values = ((name, environ.get(name, "")) for name in VARIABLES)
    return [(name, value) for name, value in values if value and value.isprintable()]


def _quoted(word: str, *, is_command: bool = False) -> str:
    """Return a word of a unit file; `is_command`: in a command line, in which variables are expanded, too."""
    word = _percent(word)
    if is_command:
        word = word.replace("$", "$$")
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _percent(text: str) -> str:
    """Escape the specifiers of systemd."""
    return text.replace("%", "%%")


def _shell(text: str) -> str:
    import shlex

    return shlex.quote(text)
