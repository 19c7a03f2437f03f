from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hostile import FRAGMENTS, HOSTILE_TEXT
from hypothesis import given
from hypothesis import strategies as st
from made import a_host

from xds_tui import connect
from xds_tui.connect import System, Target, UnreachableError
from xds_tui.preferences import Commands
from xds_tui.settings import Arguments, load

LINUX = a_host(os="Ubuntu Server", account="root", address="gx.example.com", port=54220)
WINDOWS = a_host(os="Windows Server", account="administrator", address="gx.example.com", port=54221)


# Where a host is reached


@pytest.mark.parametrize(
    ("os", "system"),
    [
        ("Ubuntu Server", System.LINUX),
        ("Debian", System.LINUX),
        ("CentOS 7.9", System.LINUX),
        ("麒麟 V10", System.LINUX),
        ("Windows", System.WINDOWS),
        ("Windows Server", System.WINDOWS),
        ("win10 专业版", System.WINDOWS),
        ("Darwin", None),
        ("", None),
        ("渲染", None),
    ],
)
def test_what_kind_of_machine_it_is_is_told_by_its_system(os: str, system: System | None) -> None:
    assert connect.system_of(os) is system


@pytest.mark.parametrize(
    "address",
    ["gx-xds-rdp.songmao-idc.com", "gateway", "10.0.0.1", "::1", "fe80::1", "2001:db8::2", "a", "xn--fiqs8s.cn", "1.a"],
)
def test_an_address_is_an_ip_address_or_a_host_name(address: str) -> None:
    assert connect.is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "-oProxyCommand=id",
        "a b",
        "a\n",
        "\na",
        "a\tb",
        "a;id",
        "$(id)",
        "`id`",
        "a'b",
        'a"b',
        "a\\b",
        "a%h",
        "a/b",
        "../a",
        "a@b",
        "root@a",
        "a:22",
        "[::1]",
        "fe80::1%eth0",
        "fe80::1%;id",
        "a..b",
        ".a",
        "a.",
        "-a",
        "a-",
        "a.-b",
        "a_b",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "1.2.3.4.5",
        "256.1.1.1",
        "渲染.cn",
        "a" * 64,
        ".".join(["a" * 60] * 5),
    ],
)
def test_nothing_else_is_one(address: str) -> None:
    assert not connect.is_address(address)
    with pytest.raises(UnreachableError):
        connect.target(replace(LINUX, address=address, ipv4=None))


@pytest.mark.parametrize("user", ["-oProxyCommand=id", "a b", "a;id", "$(id)", "a\n", "渲染", "", "a" * 65, "a@b", "a\\b"])
def test_an_account_that_ssh_could_stumble_over_is_none(user: str) -> None:
    with pytest.raises(UnreachableError):
        connect.target(replace(LINUX, account=user))


@pytest.mark.parametrize("user", ["administrator", "DOMAIN\\me", "me@domain.example", "J Doe", "a"])
def test_windows_has_names_with_domains_and_spaces(user: str) -> None:
    assert connect.target(replace(WINDOWS, account=user)).user == user


@pytest.mark.parametrize("user", ["-x", "/u:x", "a\r\nb", "a ", " a", "a\\", "", 'a"b', "a%b", "a;b"])
def test_and_still_none_that_ends_a_line_or_an_argument(user: str) -> None:
    with pytest.raises(UnreachableError):
        connect.target(replace(WINDOWS, account=user))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"address": None, "ipv4": None}, "Its address is not known yet"),
        ({"address": ""}, "Its address is not known yet"),
        ({"account": None}, "Its account is not known yet"),
        ({"os": ""}, "Its system is not known"),
        ({"os": "TempleOS"}, "Whether TempleOS is reached"),
        ({"address": "a b"}, "cannot be handed to a program: a b"),
        ({"account": "-x" + "y" * 100}, "cannot be handed to a program: -xy"),
    ],
)
def test_why_nobody_can_connect_is_said(changed: Mapping[str, object], told: str) -> None:
    with pytest.raises(UnreachableError) as caught:
        connect.target(replace(LINUX, **changed))  # type: ignore[arg-type]
    assert told in caught.value.reason.format(word=caught.value.word)
    assert len(caught.value.word) <= connect.SHOWN


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({}, "gx.example.com:54220"),
        ({"port": None}, "gx.example.com:22"),
        ({"address": "::1"}, "[::1]:54220"),
        ({"address": None, "ipv4": "gx.example.com:7"}, "gx.example.com:54220"),
        ({"address": None, "port": None, "ipv4": "gx.example.com:7"}, "gx.example.com:7"),
        ({"address": "", "port": None, "ipv4": "10.0.0.1"}, "10.0.0.1:22"),
    ],
)
def test_where_the_service_leaves_something_out_the_rest_is_used(changed: Mapping[str, object], place: str) -> None:
    assert connect.target(replace(LINUX, **changed)).place == place  # type: ignore[arg-type]


def test_windows_without_a_port_is_reached_where_desktops_are() -> None:
    assert connect.target(replace(WINDOWS, port=None)).port == 3389


# The command


def test_ssh_gets_address_and_name_where_they_can_be_no_option() -> None:
    command = connect.command(connect.target(LINUX), Commands(), None)
    assert command == ("ssh", "-p", "54220", "-l", "root", "--", "gx.example.com")
    assert connect.written(command) == "ssh -p 54220 -l root -- gx.example.com"


NEARLY_GOOD = st.builds(
    lambda good, at, bad: good[: at % (len(good) + 1)] + bad + good[at % (len(good) + 1) :],
    st.sampled_from(["gx.example.com", "10.0.0.1", "2001:db8::1", "root", "administrator", "DOMAIN\\me"]),
    st.integers(0, 20),
    st.text(max_size=1) | st.sampled_from(["", "-", " -o", "\n", "%h", "'", "/", "\0"]),
)
ANY_TEXT = NEARLY_GOOD | HOSTILE_TEXT | st.sampled_from(FRAGMENTS) | st.text(max_size=30) | st.from_regex(r"-[a-zA-Z]{1,3}\S*")


@given(address=ANY_TEXT, account=ANY_TEXT, ipv4=ANY_TEXT, port=st.none() | st.integers(-1, 70_000))
@pytest.mark.parametrize("host", [LINUX, WINDOWS], ids=["linux", "windows"])
def test_no_string_of_the_service_becomes_an_option_another_argument_or_a_word_to_a_shell(
    host: object, address: str, account: str, ipv4: str, port: int | None
) -> None:
    assert isinstance(host, type(LINUX))
    try:
        to = connect.target(replace(host, address=address, account=account, ipv4=ipv4, port=port))
    except UnreachableError:
        return
    template = ("x", "{user}", "{address}", "{place}", "a{user}b{port}", "--", "{address}")
    command = connect.filled(template, to)
    assert len(command) == len(template)
    assert not any(part.startswith(("-", "/", "@", "+")) for part in (to.user, to.address, to.place))
    assert re.fullmatch(r"[A-Za-z0-9.:-]+", to.address)
    assert not set(to.user) & set("\"'`$;&|<>(){}[]*?!#~^%\0\r\n\t")
    assert shlex.split(connect.written(command)) == list(command)


@given(
    user=st.from_regex(connect._USER["windows"], fullmatch=True),
    address=st.sampled_from(["gx.example.com", "10.0.0.1", "a", "xn--fiqs8s.cn"]),
    port=st.integers(1, 65_535),
)
def test_an_rdp_file_has_its_own_lines_and_no_other(user: str, address: str, port: int) -> None:
    to = connect.target(replace(WINDOWS, account=user, address=address, port=port))
    text = connect.rdp_file(to)
    assert text.split("\r\n") == [
        f"full address:s:{address}:{port}",
        f"username:s:{user}",
        "prompt for credentials:i:1",
        "",
    ]
    assert len(text.splitlines()) == 3
    assert text.isascii()


@given(st.text(min_size=1, max_size=128))
def test_the_file_s_name_is_a_name_and_tells_hosts_apart(host_id: str) -> None:
    name = connect.rdp_name(host_id)
    assert re.fullmatch(r"xds-[A-Za-z0-9_-]{1,40}(-[0-9a-f]{8})?\.rdp", name)
    assert Path(name).name == name
    assert name != connect.rdp_name(f"{host_id}/")


def test_a_value_that_looks_like_a_placeholder_fills_none() -> None:
    to = Target("h1", System.LINUX, "a", 22, "{port}")
    assert connect.filled(("x", "{user}", "{address}"), to) == ("x", "{port}", "a")


def test_a_shell_takes_the_command_as_it_was_meant() -> None:
    to = connect.target(replace(WINDOWS, account="DOMAIN\\J Doe"))
    command = connect.filled(("printf", "%s\n", "{user}", "{place}"), to)
    said = subprocess.run(["sh", "-c", connect.written(command)], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["DOMAIN\\J Doe", "gx.example.com:54221"]


# A command of the user's own


def settings_with(tmp_path: Path, written: str) -> tuple[Commands, list[str]]:
    path = tmp_path / "config.toml"
    path.write_text(f"[connect]\n{written}\n")
    settings = load(Arguments(), {}, config_path=path)
    assert not settings.read_only
    return settings.commands, [str(problem) for problem in settings.problems]


def test_a_command_can_be_chosen_for_each_system(tmp_path: Path) -> None:
    commands, problems = settings_with(
        tmp_path,
        'linux = ["mosh", "--ssh=ssh -p {port}", "--", "{user}@{address}"]\nwindows = ["xfreerdp", "{file}", "/f"]',
    )
    assert problems == []
    linux, windows = connect.target(LINUX), connect.target(WINDOWS)
    assert connect.command(linux, commands, None) == ("mosh", "--ssh=ssh -p 54220", "--", "root@gx.example.com")
    assert commands.windows is not None
    assert connect.filled(commands.windows, windows, "/tmp/a.rdp") == ("xfreerdp", "/tmp/a.rdp", "/f")
    # What wants a file cannot be typed by whoever has none.
    assert connect.command(windows, commands, None) == ("mstsc", "/v:gx.example.com:54221")
    by_place = replace(commands, windows=("krdc", "rdp://{place}"))
    assert connect.command(windows, by_place, None) == ("krdc", "rdp://gx.example.com:54221")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('linux = "ssh {address}"', "This must be a list of texts"),
        ('linux = ["ssh", 22, "{address}"]', "This must be a list of texts"),
        ("linux = []", "the program's name first"),
        ('linux = ["", "{address}"]', "the program's name first"),
        ('linux = ["{address}"]', "the program's name first"),
        ('linux = ["ssh", "{address}\\u0000"]', "the program's name first"),
        ('linux = ["ssh", "{host}", "{address}"]', "can stand in braces"),
        ('linux = ["ssh", "{address!r}"]', "can stand in braces"),
        ('linux = ["ssh", "{address.__class__}"]', "can stand in braces"),
        ('linux = ["ssh", "{password}", "{address}"]', "can stand in braces"),
        ('linux = ["ssh", "{}", "{address}"]', "can stand in braces"),
        ('linux = ["ssh", "{file}", "{address}"]', "can stand in braces"),
        ('linux = ["ssh", "-l", "{user}"]', "must be among the arguments"),
        ('windows = ["xfreerdp", "/u:{user}"]', "must be among the arguments"),
        ('macos = ["ssh"]', "Nothing is known by this name"),
    ],
)
def test_a_command_that_cannot_be_filled_is_named_and_the_usual_one_holds(
    tmp_path: Path, written: str, told: str
) -> None:
    commands, (problem,) = settings_with(tmp_path, written)
    assert commands == Commands()
    assert told in problem
    assert "config.toml:2: connect." in problem


# Desktops


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
    found = connect.client(environ, platform, which(*installed))  # type: ignore[arg-type]
    assert (found and found.program) == program


def test_no_client_is_told_the_password_or_anything_unfilled() -> None:
    to = connect.target(WINDOWS)
    for client in (*connect._CLIENTS, connect._MAC):
        command = connect.filled((client.program, *client.opens), to, "/tmp/a.rdp")
        assert not any(re.search(r"[{}]|/p:|--password", part) for part in command), command
        shown = connect.desktop_command(to, client)
        assert any("gx.example.com" in part for part in shown)
    assert connect.desktop_command(to, None) == ("mstsc", "/v:gx.example.com:54221")


def test_what_asks_for_the_password_in_the_terminal_is_known_by_its_name() -> None:
    assert connect.asks_here(("/usr/bin/xfreerdp", "a.rdp"))
    assert not connect.asks_here(("remmina", "-c", "a.rdp"))
