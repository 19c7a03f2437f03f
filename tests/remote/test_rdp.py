from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import a_host

from xds_tui.remote import rdp, target, templates

WINDOWS = a_host(os="Windows Server", account="administrator", address="gx.example.com", port=54221)


@given(
    user=st.from_regex(target._USER["windows"], fullmatch=True),
    address=st.sampled_from(["gx.example.com", "10.0.0.1", "a", "xn--fiqs8s.cn"]),
    port=st.integers(1, 65_535),
)
def test_an_rdp_file_has_its_own_lines_and_no_other(user: str, address: str, port: int) -> None:
    to = target.target(replace(WINDOWS, account=user, address=address, port=port))
    text = rdp.file_content(to)
    assert text.split("\r\n") == [
        f"full address:s:{address}:{port}",
        f"username:s:{user}",
        "prompt for credentials:i:1",
        "",
    ]
    assert len(text.splitlines()) == 3
    assert text.isascii()


@given(st.text(min_size=1, max_size=128))
def test_the_file_name_is_valid_and_differs_between_hosts(host_id: str) -> None:
    name = rdp.file_name(host_id)
    assert re.fullmatch(r"xds-[A-Za-z0-9_-]{1,40}(-[0-9a-f]{8})?\.rdp", name)
    assert Path(name).name == name
    assert name != rdp.file_name(f"{host_id}/")


def which(*installed: str) -> object:
    return {name: f"/usr/bin/{name}" for name in installed}.get


@pytest.mark.parametrize(
    ("environ", "platform", "installed", "program"),
    [
        ({"DISPLAY": ":0"}, "linux", ("xfreerdp", "remmina"), "remmina"),
        ({"DISPLAY": ":0"}, "linux", ("xfreerdp", "xfreerdp3"), "xfreerdp3"),
        ({"DISPLAY": ":0"}, "linux", ("wlfreerdp",), None),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", ("wlfreerdp",), "wlfreerdp"),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "x"}, "linux", ("xfreerdp",), "xfreerdp"),
        ({}, "linux", ("xfreerdp", "remmina"), None),
        ({"DISPLAY": ""}, "linux", ("remmina",), None),
        ({"DISPLAY": ":0"}, "linux", (), None),
        ({"DISPLAY": ":0"}, "linux", ("open",), None),
        ({}, "linux", ("mstsc.exe",), "mstsc.exe"),
        ({"SSH_TTY": "/dev/pts/1"}, "linux", ("mstsc.exe",), None),
        ({}, "darwin", ("open",), "open"),
        ({"SSH_CONNECTION": "x"}, "darwin", ("open",), None),
    ],
)
def test_the_client_is_one_that_is_installed_and_can_be_seen(
    environ: Mapping[str, str], platform: str, installed: tuple[str, ...], program: str | None
) -> None:
    found = rdp.client(environ, platform, which(*installed))  # type: ignore[arg-type]
    assert (found and found.program) == program


def test_no_client_gets_the_password_or_an_unfilled_placeholder() -> None:
    to = target.target(WINDOWS)
    for client in (*rdp._CLIENTS, rdp._MAC):
        command = templates.expand((client.program, *client.file_arguments), to, "/home/me/a.rdp")
        assert not any(re.search(r"[{}]|/p:|--password", part) for part in command), command
        shown = rdp.desktop_command(to, client)
        assert any("gx.example.com" in part for part in shown)
    assert rdp.desktop_command(to, None) == ("mstsc", "/v:gx.example.com:54221")


def test_what_asks_for_the_password_in_the_terminal_is_known_by_its_name() -> None:
    assert rdp.prompts_in_terminal(("/usr/bin/xfreerdp", "a.rdp"))
    assert not rdp.prompts_in_terminal(("remmina", "-c", "a.rdp"))
