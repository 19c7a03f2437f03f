"""The number of the first page of the host list.

The documentation counts pages from 1. A service that counts from 0 returns its second page for number 1, and the hosts
of its first page are missing.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet


class PageNumbers:
    """The number of the first page of a service, learned once and kept as long as the client.

    Attributes:
        first: the number of the first page, 1 or 0.
        is_known: whether `first` was found out; otherwise it is what the documentation says.

    """

    def __init__(self, *, is_known: bool = False) -> None:
        self.first = 1
        self.is_known = is_known

    def set_first(self, number: int) -> None:
        """Remember the number of the first page."""
        self.first = number
        self.is_known = True

    def learn(self, page_zero: AbstractSet[str], listed: AbstractSet[str]) -> None:
        """Remember whether the list begins with page 0, as it does if that page shows only hosts not listed otherwise.

        If it shows some that are listed and some that are not, the list changed in between, and nothing is concluded.
        """
        new = page_zero - listed
        if not new:
            self.set_first(1)
        elif new == page_zero:
            self.set_first(0)

    def reset(self) -> None:
        """Forget what was found out, because the list contradicts it."""
        self.first = 1
        self.is_known = False
