"""Counts the function calls of a start: `counted_start.py REPORT TEXT PROGRAM [ARGUMENT...]`.

The program is `xds-tui` or the path of a script. Calls of the main thread are counted, those in C included, until the
first frame with TEXT was drawn. The process ends then, and the file REPORT has the number of calls and of frames.

`cProfile` would not do: since Python 3.12 it counts the calls of all threads.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Any

calls = frames = 0


def count(_frame: object, event: str, _argument: object) -> None:
    """Count a call; it is set as the profile function of the main thread."""
    global calls
    if event in ("call", "c_call"):
        calls += 1


def main() -> None:
    """Run the program until it has drawn the frame."""
    sys.setprofile(count)
    from textual.app import App

    report, text = Path(sys.argv[1]), sys.argv[2]
    display = App._display

    def display_and_count(app: App[Any], screen: Any, frame: Any) -> None:
        global frames
        display(app, screen, frame)
        if frame is None:
            return
        sys.setprofile(None)
        frames += 1
        if any(text in strip.text for strip in screen._compositor.render_strips()):
            report.write_text(f"{calls} {frames}")
            os._exit(0)
        sys.setprofile(count)

    App._display = display_and_count  # type: ignore[method-assign,assignment]
    sys.argv = sys.argv[3:]
    if sys.argv[0] == "xds-tui":
        from xds_tui.cli.main import main as run_program

        run_program()
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
