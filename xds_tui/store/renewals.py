"""The time of the last token renewal of an account, shared by the programs of one machine; it never stores a token.

If the service allows one valid token per account and there is no keyring to share it, two programs invalidate each
other's tokens. A program that knows of the other can wait instead of renewing at once.
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
    """The last renewal of one account's token. Disk errors are ignored; the renewal is then unknown to others."""

    def __init__(self, folder: Path, base_url: str, account_id: str) -> None:
        """Use `folder`, shared with other programs; file names are hashed and do not reveal account or service."""
        name = hashlib.sha256(f"{base_url}\n{account_id}".encode()).hexdigest()[:16]
        self._path = folder / f"{name}.json"
        self._instance = InstanceLock(folder)

    def note(self, at: datetime) -> None:
        """Record that this program renewed the token at `at`."""
        with suppress(OSError):
            files.make_folder(self._path.parent)
            text = json.dumps({"by": self._instance.acquire(), "at": at.isoformat()})
            temporary = self._path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, files.FILE)
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
            temporary.replace(self._path)

    def is_renewed_elsewhere(self, since: datetime) -> bool:
        """Return whether another running program renewed the token at `since` or later."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            last = json.loads(self._path.read_bytes())
            is_since = datetime.fromisoformat(last["at"]) >= since
            return is_since and self._instance.is_another_alive(str(last["by"]))
        return False

    def close(self) -> None:
        """Release the lock, so that other programs no longer wait for this one."""
        self._instance.close()
