"""Any argv and environment leads to a documented exit code and a message."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.cli_runner import runner

from xds_tui import i18n
from xds_tui.cli import main, output
from xds_tui.cli.commands import simulate
from xds_tui.tui.runtime import crash_report

CODES = {0, 1, 2, 3, 4, 5, 130}

COMMANDS = ("hosts", "catalog", "events", "orders", "login", "logout", "doctor", "completion", "simulate")
OPTIONS = (
    *("--profile", "--base-url", "--lang", "--insecure-http", "--interval", "--read-only", "--no-mouse"),
    *("--demo", "--demo-hosts", "--demo-seed", "--json", "--csv", "--filter", "--watch", "--images", "--last"),
    *(
        "--clipboard",
        "--port",
        "--dialect",
        "--hosts",
        "--seed",
        "--version",
        "--help",
        "-h",
        "--f",
        "--no",
    ),
)
ODD = (
    *(
        "",
        " ",
        "-",
        "--",
        "---",
        "-x",
        "-windows",
        "--json",
        "--filter",
        "=",
        "--=",
        "\x1b]0;owned\x07",
        "\x1b[2J",
        "\udcff",
    ),
    *(
        "\ud800",
        "\u202e",
        "\u200b",
        "９",
        "0",
        "-1",
        "1",
        "9" * 5000,
        "nan",
        "inf",
        "1e400",
        "0x10",
        "1_0",
        "²",
        "名字",
    ),
    *(
        '"',
        '"open',
        "a:b",
        "cost<",
        "cost<x",
        "gpu:4090",
        "nope:1",
        "http://",
        "http://[",
        "https://a b",
        "en",
        "zh_CN",
        "bash",
    ),
    *("\n", "a\nb", "\r", "\t", "%s", "{}", "{x}", "~", "../..", "x" * 5000),
)
words = st.sampled_from(ODD) | st.text(max_size=8).filter(lambda text: "\0" not in text)
options = st.one_of(
    st.sampled_from(OPTIONS).map(lambda name: [name]),
    st.tuples(st.sampled_from(OPTIONS), words).map(lambda pair: [f"{pair[0]}={pair[1]}"]),
    st.tuples(st.sampled_from(OPTIONS), words).map(list),
    words.map(lambda word: [word]),
)
command_lines = st.tuples(
    st.lists(options, max_size=2), st.sampled_from(COMMANDS) | words, st.lists(options, max_size=4)
).map(lambda parts: [*chain(*parts[0]), parts[1], *chain(*parts[2])])

FUZZED = settings(max_examples=120)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A user without a keyring, with a service that refuses every connection; nothing blocks."""

    def not_caught(error: BaseException, events: Sequence[object] = ()) -> str:
        raise AssertionError from error

    monkeypatch.setattr(crash_report, "crash_message", not_caught)
    monkeypatch.setattr(output, "wait_for_reader", lambda seconds: False)
    monkeypatch.setattr(simulate, "serve", lambda options: 0)
    language = i18n.chosen()
    yield {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "XDS_BASE_URL": "http://127.0.0.1:9",
        "XDS_UUID": "A1",
        "XDS_SECRET": "s",
    }
    i18n.choose(language)


def run(argv: Sequence[str], environ: dict[str, str]) -> tuple[int, str]:
    """Run the program in this process, and return its exit code and its output."""
    out, err = io.BytesIO(), io.BytesIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, environ, clear=True))
        stack.enter_context(patch.object(sys, "stdin", None))
        stack.enter_context(patch.object(sys, "stdout", io.TextIOWrapper(out, "utf-8")))
        stack.enter_context(patch.object(sys, "stderr", io.TextIOWrapper(err, "utf-8", errors="backslashreplace")))
        try:
            code = main.main(argv)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        sys.stdout.flush()
        sys.stderr.flush()
        return code, out.getvalue().decode() + err.getvalue().decode()


def assert_civil(code: int, said: str) -> None:
    assert code in CODES
    assert "Traceback" not in said
    odd = {char for char in said if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in "\n\r\t"}
    assert not odd, f"{odd} in {said!r}"


@FUZZED
@given(command_lines)
@example(["hosts", "--filter=--"])
@example(["hosts", "--profile=--"])
@example(["events", "--last=--"])
@example(["events", "--interval=--"])
@example(["--lang=--", "hosts"])
@example(["completion", "--"])
@example(["simulate", "--port=--"])
@example(["hosts", "--no-such-\x1b[31m"])
@example(["hosts", "--profile", "\x1b]0;x\x07"])
@example(["\udcff"])
@example(["hosts", "--filter", "\udcff"])
@example(["hosts", "--demo", "--demo-hosts", "99999999999"])
@example(["events", "--last", "9" * 5000])
@example([])
def test_any_command_line_fails_cleanly_and_is_escaped(home: dict[str, str], argv: list[str]) -> None:
    assert_civil(*run(argv, home))


@pytest.mark.sweep(8)
@pytest.mark.parametrize("command", ["hosts", "catalog", "events", "orders"])
@pytest.mark.parametrize("option", ["--filter", "--fi", "--filt"])
@pytest.mark.parametrize("words", ["-windows", "-w", "-x", "-office", "-json", "-名字"])
def test_a_filter_can_begin_with_a_minus(home: dict[str, str], command: str, option: str, words: str) -> None:
    source = ["--demo"] if command in ("hosts", "catalog") else []
    for given_as in ([option, words], [f"{option}={words}"]):
        code, said = run([command, *given_as, "--json", *source], home)
        assert (code, "usage" in said) == (0, False), said


def test_a_filter_without_a_value_is_a_usage_error(home: dict[str, str]) -> None:
    for argv in (["hosts", "--filter"], ["hosts", "--filter", "--json"]):
        code, said = run(argv, home)
        assert code == 2
        assert "expected one argument" in said


def test_an_excluded_word_excludes(home: dict[str, str]) -> None:
    names = ["hosts", "--demo", "--csv", "--filter"]
    every, without = run([*names, ""], home)[1], run([*names, "-windows"], home)[1]
    assert "Windows" in every
    assert "Windows" not in without
    assert len(without.splitlines()) > 1


VARIABLES = (
    *("XDS_BASE_URL", "XDS_CONFIG", "XDS_LANG", "XDS_PROFILE", "XDS_SECRET", "XDS_TOKEN", "XDS_UUID"),
    *("TZ", "LANG", "LC_ALL", "LANGUAGE", "COLUMNS", "LINES", "TERM", "XDG_STATE_HOME", "XDG_CONFIG_HOME"),
    *("ALL_PROXY", "NO_PROXY"),
)
values = st.one_of(
    st.sampled_from([odd for odd in ODD if "\ud800" not in odd]),
    st.sampled_from(["Asia/Shanghia", "CST-8", ":", "/etc/passwd", "/dev/null/x", "zh_CN.GBK", "C", "socks5://[", "*"]),
    st.binary(max_size=8).filter(lambda value: b"\0" not in value).map(os.fsdecode),
)


@FUZZED
@given(
    st.dictionaries(st.sampled_from(VARIABLES), values, min_size=1, max_size=3),
    st.sampled_from([["hosts"], ["events", "--json"], ["--help"], ["doctor"], ["logout"], []]),
)
@example({"XDS_UUID": "\x1b[31m"}, ["doctor"])
@example({"XDS_SECRET": "\udcff"}, ["hosts"])
@example({"XDS_CONFIG": "\x1b]0;x\x07"}, ["hosts"])
@example({"XDS_PROFILE": "\udcff"}, ["hosts"])
@example({"COLUMNS": "²"}, ["--help"])
@example({"COLUMNS": "1"}, ["--help"])
def test_any_environment_fails_cleanly_and_is_escaped(
    home: dict[str, str], environ: dict[str, str], argv: list[str]
) -> None:
    if environ.get("XDS_BASE_URL", "").startswith("https"):
        environ = {**environ, "XDS_BASE_URL": "https://127.0.0.1:9"}
    assert_civil(*run(argv, home | environ))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("XDS_BASE_URL", "ftp://x"),
        ("XDS_CONFIG", "/no/such/file"),
        ("XDS_LANG", "fr"),
        ("XDS_PROFILE", "a b"),
        ("XDS_TOKEN", "a b"),
        ("XDS_UUID", "a\x1bb"),
        ("XDS_SECRET", "a\nb"),
        ("XDS_SECRET", "\udcff"),
        ("TZ", "Asia/Shanghia"),
    ],
)
def test_an_invalid_value_is_reported_with_its_variable(home: dict[str, str], variable: str, value: str) -> None:
    _code, said = run(["hosts"], home | {variable: value})
    where = value if variable == "XDS_CONFIG" else variable
    assert f"xds-tui: {where}: " in said
    if variable in ("XDS_SECRET", "XDS_TOKEN"):
        assert value not in said


@pytest.mark.parametrize("zone", ["", "UTC", "UTC0", "CST-8", "<+08>-8", "EST5EDT,M3.2.0,M11.1.0", ":CST-8"])
def test_a_valid_time_zone_is_accepted(home: dict[str, str], zone: str) -> None:
    assert "TZ" not in run(["events"], home | {"TZ": zone})[1]


def test_invalid_utf8_is_reported(bare: dict[str, str]) -> None:
    for argument in (b"--filter=\xff", b"\xff", b"--profile=\xff\x1b[31m"):
        ended = runner(bare)("hosts", os.fsdecode(argument))
        assert ended.returncode in CODES
        assert "\x1b" not in ended.stderr
