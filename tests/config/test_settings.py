from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from xds_tui.cli import parser
from xds_tui.config.schema import CONFIG_KEYS, AlertSettings, NotificationMode
from xds_tui.config.settings import (
    Arguments,
    Settings,
    SettingsError,
    default_config_path,
    for_profile,
    load,
    profile_names,
    state_dir,
)
from xds_tui.domain.credentials import AccountKey, BareToken, Secret
from xds_tui.domain.endpoint import PRODUCTION, SANDBOX

Load = Callable[..., Settings]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


@pytest.fixture
def loaded(config: Path) -> Load:
    """Load from the text of a config.toml, the environment as keywords, and arguments."""

    def load_it(text: str | None = None, arguments: Arguments | None = None, /, **environ: str) -> Settings:
        if text is not None:
            config.write_text(text)
        return load(arguments or Arguments(), environ, config_path=config)

    return load_it


def problems(settings: Settings) -> list[str]:
    return [str(problem).rpartition("/")[2] for problem in settings.problems]


def test_without_anything_there_are_defaults(loaded: Load, config: Path) -> None:
    assert loaded(None, LANG="en_US.UTF-8") == Settings(config_path=config)


def test_the_config_is_applied(loaded: Load) -> None:
    settings = loaded(
        """
        profile = "render"
        base_url = "https://client-sandbox.xuandashi.com/"
        interval = 30
        read_only = true
        language = "zh_CN"
        mouse = false
        insecure_http = true
        ascii = true
        [keys]
        refresh = "r,f5"
        quit = ["q", "ctrl+q"]
        """
    )
    assert settings.problems == ()
    assert (settings.profile, settings.base_url, settings.interval) == ("render", SANDBOX, 30.0)
    assert settings.base_url_given
    assert (settings.read_only, settings.language, settings.mouse) == (True, "zh_CN", False)
    assert (settings.insecure_http, settings.ascii) == (True, True)
    assert settings.keymap == {"refresh": "r,f5", "quit": "q,ctrl+q"}


LAYERS = """
interval = 20
[profiles.slow]
interval = 40
"""


def test_the_profiles_table_beats_the_rest_of_the_config(loaded: Load) -> None:
    assert loaded(LAYERS).interval == 20
    assert loaded(LAYERS, XDS_PROFILE="slow").interval == 40
    assert loaded(LAYERS, XDS_PROFILE="other").interval == 20


def test_arguments_beat_the_environment_which_beats_the_config(loaded: Load) -> None:
    text = 'base_url = "https://config.example"\nlanguage = "zh_CN"\nprofile = "of-config"'
    environ = {"XDS_BASE_URL": "https://environ.example", "XDS_LANG": "en", "XDS_PROFILE": "of-environ"}
    arguments = Arguments(base_url="https://argument.example", language="zh_CN", profile="of-argument", interval=7)
    of_config, of_environ, of_arguments = loaded(text), loaded(text, **environ), loaded(text, arguments, **environ)
    assert (of_config.base_url, of_config.language, of_config.profile) == (
        "https://config.example",
        "zh_CN",
        "of-config",
    )
    assert (of_environ.base_url, of_environ.language, of_environ.profile) == (
        "https://environ.example",
        "en",
        "of-environ",
    )
    assert (of_arguments.base_url, of_arguments.language, of_arguments.profile, of_arguments.interval) == (
        "https://argument.example",
        "zh_CN",
        "of-argument",
        7,
    )


def test_switches_are_applied(loaded: Load) -> None:
    settings = loaded("read_only = false", Arguments(read_only=True, mouse=False, insecure_http=True))
    assert (settings.read_only, settings.mouse, settings.insecure_http) == (True, False, True)


def test_a_single_profile_can_be_read_only(loaded: Load) -> None:
    text = "[profiles.prod]\nread_only = true"
    assert loaded(text, XDS_PROFILE="prod").read_only
    assert not loaded(text).read_only


def test_the_file_can_be_named_in_the_environment(loaded: Load, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text("interval = 99")
    settings = loaded("interval = 20", XDS_CONFIG=str(elsewhere))
    assert (settings.interval, settings.config_path) == (99, elsewhere)


@pytest.mark.parametrize(
    ("environ", "credentials", "source"),
    [
        ({}, None, ""),
        ({"XDS_TOKEN": "t0ken\n"}, BareToken(Secret("t0ken")), "XDS_TOKEN"),
        ({"XDS_UUID": "A1", "XDS_SECRET": "s"}, AccountKey("A1", Secret("s")), "XDS_UUID, XDS_SECRET"),
        ({"XDS_TOKEN": "t", "XDS_UUID": "A1", "XDS_SECRET": "s"}, BareToken(Secret("t")), "XDS_TOKEN"),
        ({"XDS_TOKEN": " ", "XDS_UUID": ""}, None, ""),
    ],
)
def test_credentials_of_the_environment_come_with_their_source(
    loaded: Load, environ: dict[str, str], credentials: object, source: str
) -> None:
    settings = loaded(None, **environ)
    assert (settings.credentials, settings.credentials_source) == (credentials, source)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"XDS_UUID": "A1"}, "XDS_SECRET"),
        ({"XDS_SECRET": "hush-hush"}, "XDS_UUID"),
        ({"XDS_TOKEN": "hush hush"}, "XDS_TOKEN"),
        ({"XDS_TOKEN": "hush\r\nhush"}, "XDS_TOKEN"),
        ({"XDS_BASE_URL": "client.xuandashi.com"}, "XDS_BASE_URL"),
        ({"XDS_BASE_URL": "http://client.xuandashi.com"}, "XDS_BASE_URL"),
        ({"XDS_BASE_URL": "https://[half"}, "XDS_BASE_URL"),
        ({"XDS_PROFILE": "a/b"}, "XDS_PROFILE"),
        ({"XDS_PROFILE": "x" * 41}, "XDS_PROFILE"),
        ({"XDS_LANG": "fr"}, "XDS_LANG"),
    ],
)
def test_invalid_variables_are_rejected_by_name(loaded: Load, environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(None, **environ)
    assert caught.value.detail == named
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (Arguments(interval=4.9), "--interval"),
        (Arguments(interval=3601), "--interval"),
        (Arguments(interval=float("nan")), "--interval"),
        (Arguments(interval=0), "--interval"),
        (Arguments(base_url=""), "--base-url"),
        (Arguments(profile=""), "--profile"),
        (Arguments(language="klingon"), "--lang"),
    ],
)
def test_invalid_arguments_are_rejected_by_name(loaded: Load, arguments: Arguments, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(None, arguments)
    assert caught.value.detail == named


def test_plain_http_is_for_this_machine_only_unless_enabled(loaded: Load) -> None:
    assert loaded(None, XDS_BASE_URL="http://localhost:1").base_url == "http://localhost:1"
    wanted = loaded(None, Arguments(insecure_http=True), XDS_BASE_URL="http://example.com")
    assert wanted.base_url == "http://example.com"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('interval = "often"', "config.toml:1: interval: This must be 5 to 3600 seconds"),
        ("interval = true", "config.toml:1: interval: This must be 5 to 3600 seconds"),
        ("interval = nan", "config.toml:1: interval: This must be 5 to 3600 seconds"),
        ("\n\nmouse = 1", "config.toml:3: mouse: This must be true or false"),
        ("language = []", "config.toml:1: language: This must be one of: en, zh_CN"),
        ("colour = 3", "config.toml:1: colour: There is no such setting"),
        ("keys = 3", "config.toml:1: keys: This must be a table"),
        ("mouse = true\n[keys]\nquit = 3", "config.toml:3: keys.quit: Keys must be a string or a list of strings"),
        ("[profiles.a]\nmouse = true", "config.toml:2: profiles.a.mouse: There is no such setting"),
        (
            "[profiles.'ä']",
            (
                "config.toml:1: profiles.ä: The name of a profile must be 1 to 40 letters, digits, dots, hyphens"
                " and underscores"
            ),
        ),
        ("profiles = {a = {mouse = true}}", "config.toml: profiles.a.mouse: There is no such setting"),
    ],
)
def test_invalid_settings_are_reported_with_their_line_and_ignored(loaded: Load, text: str, said: str) -> None:
    settings = loaded(text, LANG="C.UTF-8")
    assert problems(settings) == [said]
    assert settings == Settings(config_path=settings.config_path, problems=settings.problems)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('read_only = "yes"', "config.toml:1: read_only: This must be true or false"),
        ("profile = 3", "config.toml:1: profile: The name of a profile must be"),
        ('base_url = "http://example.com"', "config.toml:1: base_url: Without https"),
        ("base_url = 3", "config.toml:1: base_url: This must be a string"),
        ('hosts_file = "~no-such-user/hosts.toml"', "config.toml:1: hosts_file: This must be the path of a file"),
        ("profiles = 3", "config.toml:1: profiles: This must be a table"),
        ('[profiles]\ndefault = "https://example.com"', "config.toml:2: profiles.default: This must be a table"),
        ("mouse = false\nread only = true", "at line 2"),
        ("x = " + "[" * 100_000, "config.toml"),
    ],
)
def test_a_typo_of_read_only_or_base_url_makes_read_only(loaded: Load, text: str, said: str) -> None:
    settings = loaded(text)
    assert settings.read_only
    assert said in problems(settings)[0]


def test_a_service_named_on_the_command_line_leaves_no_doubt(loaded: Load) -> None:
    settings = loaded("base_url = 3", Arguments(base_url=SANDBOX))
    assert (settings.base_url, settings.read_only) == (SANDBOX, False)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"mouse = \x00"])
def test_a_binary_file_is_not_fatal(loaded: Load, config: Path, content: bytes) -> None:
    config.write_bytes(content)
    assert len(loaded(None).problems) == 1


def test_a_file_that_cannot_be_read_is_not_fatal(loaded: Load, config: Path) -> None:
    config.mkdir()
    settings = loaded(None)
    assert len(settings.problems) == 1
    assert settings.read_only


def test_a_missing_given_file_is_reported(loaded: Load, tmp_path: Path) -> None:
    settings = loaded(None, XDS_CONFIG=str(tmp_path / "nowhere.toml"))
    assert problems(settings) == ["nowhere.toml: The file does not exist"]


@pytest.mark.skipif(sys.platform == "win32", reason="has no such variables")
@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [
        ({}, True),
        ({"LANG": "C"}, True),
        ({"LANG": "zh_CN.GB18030"}, True),
        ({"LANG": "de_DE.utf8"}, False),
        ({"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "POSIX"}, True),
    ],
)
def test_the_locale_determines_utf_8_support(loaded: Load, environ: dict[str, str], ascii_only: bool) -> None:
    assert loaded(None, **environ).ascii is ascii_only
    assert loaded("ascii = false", **environ).ascii is False


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other customs")
def test_animations_are_off_over_ssh_unless_enabled(loaded: Load) -> None:
    assert loaded("").animations
    assert not loaded("", SSH_CONNECTION="10.0.0.1 5 10.0.0.2 22").animations
    assert not loaded("", SSH_TTY="/dev/pts/3").animations
    assert loaded("animations = true", SSH_TTY="/dev/pts/3").animations
    assert not loaded("animations = false").animations


def test_each_alert_can_be_configured(loaded: Load) -> None:
    assert loaded("").alerts == AlertSettings(bell=True, notification=NotificationMode.NONE, title=False)
    chosen = loaded('[alerts]\nbell = false\nnotification = "osc777"\ntitle = true\n')
    assert chosen.alerts == AlertSettings(bell=False, notification=NotificationMode.OSC777, title=True)
    assert problems(chosen) == []


def test_invalid_alerts_are_reported_and_ignored(loaded: Load) -> None:
    settings = loaded('[alerts]\nbell = "yes"\nnotification = "smoke"\nsiren = true\n')
    assert settings.alerts == AlertSettings()
    assert problems(settings) == [
        "config.toml:2: alerts.bell: This must be true or false",
        "config.toml:3: alerts.notification: This must be one of: none, osc9, osc777",
        "config.toml:4: alerts.siren: There is no such setting",
    ]
    assert problems(loaded("alerts = 3\n")) == ["config.toml:1: alerts: This must be a table"]


def test_files_follow_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert default_config_path() == tmp_path / "c" / "xds-tui" / "config.toml"
    assert state_dir() == tmp_path / "s" / "xds-tui"


def test_loaded_settings_show_no_secret(loaded: Load) -> None:
    assert "hush" not in repr(loaded(None, XDS_UUID="A1", XDS_SECRET="hush"))


def test_importing_settings_loads_no_large_library() -> None:
    heavy = "{'platformdirs', 'textual', 'httpx', 'keyring', 'sqlite3', 'asyncio'}"
    code = f"import sys, xds_tui.config.settings; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


SEVERAL = """
    base_url = "https://client-sandbox.xuandashi.com"
    [profiles.office]
    base_url = "https://client.xuandashi.com"
    read_only = true
    interval = 60
    [profiles.farm]
    color = "green"
    [profiles."a/b"]
"""


def test_another_profile_gets_nothing_from_the_command_line_of_this_one(config: Path) -> None:
    config.write_text(SEVERAL)
    started = Arguments(profile="farm", base_url="https://example.com", insecure_http=True)
    environ = {
        "XDS_BASE_URL": "https://example.org",
        "XDS_PROFILE": "elsewhere",
        "XDS_UUID": "A1",
        "XDS_SECRET": "hush",
        "XDS_TOKEN": "hush",
    }
    assert load(started, environ, config_path=config).credentials is not None
    office = for_profile("office", started, environ, config_path=config)
    assert (office.profile, office.base_url, office.credentials, office.insecure_http) == (
        "office",
        PRODUCTION,
        None,
        False,
    )
    assert (office.read_only, office.interval) == (True, 60)


def test_read_only_and_interval_of_the_command_line_apply_to_every_profile(config: Path) -> None:
    config.write_text(SEVERAL)
    farm = for_profile("farm", Arguments(read_only=True, interval=30), {}, config_path=config)
    assert (farm.read_only, farm.interval, farm.color, farm.base_url) == (True, 30, "green", SANDBOX)


def test_the_profiles_are_those_with_a_table_and_the_default(config: Path) -> None:
    assert profile_names({}, config_path=config) == ("default",)
    config.write_text(SEVERAL)
    assert profile_names({}, config_path=config) == ("default", "office", "farm")
    config.write_text("profiles = 3")
    assert profile_names({}, config_path=config) == ("default",)


def test_the_former_name_of_a_key_is_accepted_with_a_hint(loaded: Load) -> None:
    settings = loaded('band = "red"\n[profiles.farm]\nband = "green"\n', XDS_PROFILE="farm")
    assert (settings.color, settings.read_only) == ("green", False)
    hint = "This setting is now called color. Rename it: the next release ignores the old name."
    assert problems(settings) == [f"config.toml:1: band: {hint}", f"config.toml:3: profiles.farm.band: {hint}"]


def test_a_key_overrides_its_former_name(loaded: Load) -> None:
    settings = loaded('color = "red"\nband = "green"\n')
    assert settings.color == "red"
    assert len(settings.problems) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("interval = 1", "interval: This must be 5 to 3600 seconds"),
        ('color = "pink"', "color: This must be one of: red, yellow, green, cyan, blue, magenta, none"),
        ('language = "fr"', "language: This must be one of: en, zh_CN"),
    ],
)
def test_an_error_lists_the_accepted_values(loaded: Load, text: str, message: str) -> None:
    assert problems(loaded(text)) == [f"config.toml:1: {message}"]


def test_every_option_of_a_key_is_an_option_of_the_parser() -> None:
    options = {option for action in parser.parser()._actions for option in action.option_strings}
    keys = [key for key in CONFIG_KEYS if key.option]
    assert {key.option for key in keys} <= options
    assert {key.name for key in keys} == {field.name for field in fields(Arguments)}
