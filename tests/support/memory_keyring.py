"""A keyring in memory."""

from __future__ import annotations

from keyring.backend import KeyringBackend


class Desktop(KeyringBackend):
    """Stores items in memory."""

    priority = 1
    name = "Desktop keyring"

    def __init__(self) -> None:
        self.items: dict[str, str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.items.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.items[username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.items[username]
