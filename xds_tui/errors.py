"""The base classes of all errors.

    AppError(summary, detail)
    ├── UserInputError         input that cannot be used: the summary may say {word}, the detail is that word
    │   ├── AnnotationError    domain.annotations     a name, note, tag or owner of a host
    │   ├── WorkHoursError     domain.work_hours      working hours in config.toml
    │   ├── QueryError         domain.filter_query    a filter
    │   └── SettingsError      config.toml_file       an argument, an environment variable or a line of config.toml
    ├── ApiError               api.errors             a call to the service; subclasses by what the caller may do next
    ├── StoreError             store.problems         the history file
    │   └── RequestMismatchError  store.journal       a request ID that was used for something else
    ├── CredentialStoreError   auth.keyring_errors    the keyring
    ├── CredentialCommandError auth.credential_command  a program that prints the credentials
    ├── DeliveryError          api.webhooks           a notification that was not delivered
    ├── ChannelError           fleet.notifications    a channel of notifications that cannot be used
    ├── UnreachableError       remote.target          a host that no program can connect to
    ├── FileWriteError         system.files           an exported file
    ├── CommandError           cli.output             a command that has sent nothing
    └── OutputError            cli.output             standard output

Errors of libraries and of the operating system are translated into one of these in the module that makes the call.
`text.messages.error_message` and `error_lines` show any of them in the selected language.
"""

from __future__ import annotations


class AppError(Exception):
    """A failure, described for the user.

    Attributes:
        summary: what happened: one English sentence without values, marked for translation.
        detail: what was observed: a path, a library's message, a response; cleaned, never a secret; may be empty.

    """

    def __init__(self, summary: str, detail: str = "") -> None:
        super().__init__(summary, detail)
        self.summary = summary
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.summary} ({self.detail})" if self.detail else self.summary

    def __reduce__(self) -> tuple[object, ...]:
        # By default, pickle and copy call the class with `args`, which need not be the parameters of its `__init__`.
        return _without_init, (type(self), *self.args), vars(self).copy()


class UserInputError(AppError):
    """Input that cannot be used.

    Attributes:
        summary: what is wrong with it; may contain `{word}`.
        detail: the word, or the name of the setting.

    """

    def __str__(self) -> str:
        return self.fill(self.summary)

    def fill(self, summary: str) -> str:
        """Return `summary`, which may be translated, with the word in its place or else in front."""
        if "{word}" in summary:
            return summary.replace("{word}", self.detail)
        return f"{self.detail}: {summary}" if self.detail else summary


def _without_init(kind: type[AppError], *args: object) -> AppError:
    return kind.__new__(kind, *args)
