"""A headless Chromium that shows a page of textual-serve: real keys go in, and what the page received is on a screen.

Chromium is controlled by the DevTools protocol through two pipes: JSON messages that end with a zero byte.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import pyte

from .terminal import _UNKNOWN_TO_PYTE, Terminal
from .wait import TIMEOUT

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

OPTIONS: Final = (
    *("--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no font from abroad
)

KEYS: Final = {
    "enter": ("Enter", 13, "\r"),
    "tab": ("Tab", 9, ""),
    "escape": ("Escape", 27, ""),
    "up": ("ArrowUp", 38, ""),
    "down": ("ArrowDown", 40, ""),
}
"""Names of keys: their DOM name, virtual key code, and text."""


def program() -> str | None:
    """Return the path of a Chromium, or None if there is none on this machine."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


class BrowserPage(Terminal):
    """One page in a Chromium of its own."""

    def __init__(self, chromium: str, folder: Path, *, width: int = 1280, height: int = 800) -> None:
        self.raw = bytearray()
        self.screen = pyte.Screen(80, 24)
        self.exit_code = None
        self.errors: list[str] = []
        """Exceptions of the page's scripts."""
        self._stream = pyte.ByteStream(self.screen)
        self._unread = b""
        self._replies: dict[int, Any] = {}
        self._calls = 0
        self._session = ""
        their_in, self._in = os.pipe()
        self._out, their_out = os.pipe()
        size = f"--window-size={width},{height}"
        command = [chromium, *OPTIONS, f"--user-data-dir={folder}", size, "about:blank"]
        # Chromium reads from descriptor 3 and writes to 4.
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{their_in} 4>&{their_out}', "bash", *command],
            pass_fds=(their_in, their_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(their_in)
        os.close(their_out)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._in)  # ends Chromium
        try:
            self._process.wait(TIMEOUT)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            os.close(self._out)

    def open(self, url: str) -> None:
        """Open a page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=url)

    def call(self, method: str, **parameters: object) -> Any:
        """Call a method of the DevTools protocol, and return its result."""
        self._calls += 1
        message: dict[str, object] = {"id": self._calls, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._in, json.dumps(message).encode() + b"\0")
        ends = time.monotonic() + TIMEOUT
        while self._calls not in self._replies:
            assert time.monotonic() < ends, f"no reply to {method}"
            assert self._read(0.05), "Chromium ended"
        reply = self._replies.pop(self._calls)
        assert "error" not in reply, (method, reply)
        return reply["result"]

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait_until(self, expression: str) -> None:
        """Wait until a JavaScript expression is true in the page."""
        ends = time.monotonic() + TIMEOUT
        while not self.evaluate(expression):
            assert time.monotonic() < ends, expression
            self._read(0.05)

    def press(self, *keys: str) -> None:
        """Press and release keys, given by name or as a character."""
        for key in keys:
            name, code, text = KEYS[key] if key in KEYS else (key, ord(key.upper()) if key.isalnum() else 0, key)
            about: dict[str, object] = {"key": name, "windowsVirtualKeyCode": code}
            self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **about)
            self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text: str) -> None:
        """Press the key of each character."""
        self.press(*text)

    def resize(self, width: int, height: int) -> None:
        """Change the size of the window, in pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self) -> bytes:
        """Return what the window shows, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def _read(self, seconds: float) -> bool:
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            if not select.select([self._out], [], [], left)[0]:
                continue
            data = os.read(self._out, 1 << 20)
            if not data:
                return False
            *messages, self._unread = (self._unread + data).split(b"\0")
            for message in messages:
                self._take(json.loads(message))
            if messages:
                return True
        return True

    def _take(self, message: Any) -> None:
        if "id" in message:
            self._replies[message["id"]] = message
            return
        parameters = message["params"]
        match message["method"]:
            case "Runtime.exceptionThrown":
                self.errors.append(json.dumps(parameters["exceptionDetails"]))
            case "Network.webSocketFrameSent":
                self._take_sent(json.loads(parameters["response"]["payloadData"]))
            case "Network.webSocketFrameReceived" if parameters["response"]["opcode"] == 2:
                data = base64.b64decode(parameters["response"]["payloadData"])
                self.raw += data
                self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))

    def _take_sent(self, message: list[Any]) -> None:
        """Give the screen the size that the page tells the app."""
        if message[0] == "resize":
            self.screen.resize(message[1]["height"], message[1]["width"])
