"""The output of the real program on terminals with limited abilities."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.terminal import Terminal

COMMAND = str(Path(sys.executable).parent / "xds-tui")

SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
OF_THE_PALETTE = {str(number) for number in (*range(30, 38), 39, *range(40, 48), 49, *range(90, 98), *range(100, 108))}
ATTRIBUTES = {"", "0", "1", "2", "3", "4", "7", "9", "21", "22", "23", "24", "27", "29"}


def written(tmp_path: Path, config: str, **environ: str) -> bytes:
    """Return the output of a tour of the demo: fleet, wizard, history, confirmation, help, and exit."""
    (tmp_path / "config.toml").write_text(config)
    home = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDS_CONFIG": str(tmp_path / "config.toml")}
    return walk({"LANG": "C.UTF-8", **home, **environ})


def walk(environ: Mapping[str, str]) -> bytes:
    with Terminal([COMMAND, "--demo"], columns=100, rows=30, environ=environ) as program:
        program.wait_for(r"[●*] live")
        program.press("2", "down", "n")
        program.wait_for("Choose an image|▸2 Image")
        program.press("enter")
        program.wait_for("Press B")
        program.press("m", "escape")
        program.wait_for("Hosts|Catalog")
        program.press("1", "D")
        program.wait_for("Type ")
        program.press("a", "escape")
        program.wait_for("Type ", gone=True)
        program.press("h")
        program.wait_for("3 Charts")
        program.press("3")
        program.wait_for("last hour")
        program.press("escape", "?")
        program.wait_for("Keys")
        program.press("escape")
        program.wait_for("Keys", gone=True)
        program.press("i")
        program.wait_for("Sign in to")
        program.press("escape")
        program.wait_for("Sign in to", gone=True)
        program.press("q")
        assert program.wait_for_end() == 0
        return bytes(program.raw)


def parameters(raw: bytes) -> set[str]:
    return {part for sequence in SGR.findall(raw) for part in sequence.decode().replace(":", ";").split(";")}


@pytest.mark.sweep(1)
@pytest.mark.parametrize("environ", [{"LC_ALL": "C"}, {"LANG": "C"}, {"LANG": "zh_CN.GBK"}], ids=str)
def test_only_ascii_is_written_in_a_locale_without_utf_8(tmp_path: Path, environ: dict[str, str]) -> None:
    raw = written(tmp_path, "", **environ)
    assert raw.isascii()


def test_the_ansi_theme_writes_only_palette_colours(tmp_path: Path) -> None:
    sent = parameters(written(tmp_path, 'theme = "ansi"', COLORTERM="truecolor"))
    assert sent <= OF_THE_PALETTE | ATTRIBUTES
    assert {"32", "36"} <= sent


def test_no_color_writes_only_attributes_with_any_theme(tmp_path: Path) -> None:
    sent = parameters(written(tmp_path, 'theme = "light"', NO_COLOR="1", COLORTERM="truecolor"))
    assert sent <= ATTRIBUTES | {"39", "49"}
    assert {"1", "7"} <= sent
