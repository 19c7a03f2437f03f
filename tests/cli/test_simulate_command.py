from __future__ import annotations

import sys

import pytest

from xds_tui.cli import main


def test_without_the_extra_the_command_that_installs_it_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "xds_tui.simulator.http_server", raising=False)
    assert main.main(["--lang", "en", "simulate"]) == 1
    assert "pip install 'xds-tui[simulate]'" in capsys.readouterr().err
