"""The base classes of all errors, so that screens and commands can show any of them alike."""

from __future__ import annotations


class AppError(Exception):
    """Something that failed, in words for the user.

    Attributes:
        summary: what happened, one sentence in English, marked for translation, without values.
        detail: what was seen: a path, a library's own words, cleaned; never a secret; may be empty.

    """

    def __init__(self, summary: str, detail: str = "") -> None:
        super().__init__(summary, detail)
        self.summary = summary
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.summary} ({self.detail})" if self.detail else self.summary
