"""When the programs of one machine renewed the token of an account: names and times, never a token.

Where the service lets one token live at a time and there is no keyring to share it through, two programs end each
other's tokens. Knowing that the other one is running, each can wait instead of renewing at once.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from xds_tui.store.instance_lock import InstanceLock
from xds_tui.system import files


class RenewalTimes:
    """The last renewal of one account's token. A disk that fails costs the knowledge alone."""

    def __init__(self, folder: Path, base_url: str, account_id: str) -> None:
        """Share `folder` with the other programs; what is in it says neither which account nor which service."""
        name = hashlib.sha256(f"{base_url}\n{account_id}".encode()).hexdigest()[:16]
        self._path = folder / f"{name}.json"
        self._instance = InstanceLock(folder)

    def note(self, at: datetime) -> None:
        """Record that this program renewed the token."""
        with suppress(OSError):
            files.make_folder(self._path.parent)
            text = json.dumps({"by": self._instance.claim(), "at": at.isoformat()})
            temporary = self._path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, files.FILE)
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
            temporary.replace(self._path)

    def is_renewed_elsewhere(self, since: datetime) -> bool:
        """Whether another program that still runs renewed the token at `since` or later."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            last = json.loads(self._path.read_bytes())
            is_since = datetime.fromisoformat(last["at"]) >= since
            return is_since and self._instance.is_another_alive(str(last["by"]))
        return False

    def close(self) -> None:
        """Let others know that this program does not renew any more."""
        self._instance.close()
