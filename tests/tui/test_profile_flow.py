"""Several accounts and environments in one run of the app."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from support.app_driver import AppDriver, running_app
from support.wait import until

from xds_tui.config.toml_file import SettingsError
from xds_tui.domain.endpoint import DEMO, PRODUCTION, SANDBOX
from xds_tui.tui.context import Profile, ProfileServices
from xds_tui.tui.flows.session import describe_profile
from xds_tui.tui.screens.fleet import FleetScreen


class Accounts:
    """Two apps: `home` with its own fleet, and the one that it can change to."""

    def __init__(self, *others: Profile) -> None:
        self.home = AppDriver(hosts=3, base_url=PRODUCTION, profiles=self)
        self.away = AppDriver(hosts=5, base_url=SANDBOX)
        self.others = others or (Profile("away", SANDBOX),)
        self.refused = False
        self.is_home_closed = False
        self.is_away_open = False

    async def places(self) -> Sequence[Profile]:
        return [Profile("test", PRODUCTION), *self.others]

    async def open(self, place: Profile) -> ProfileServices:
        if self.refused:
            raise SettingsError("It cannot be used", "[bold]profiles.away")
        driver = self.away if place.profile == "away" else self.home

        async def close() -> None:
            await driver.database.close()

        return ProfileServices(place, driver.monitor, driver.account, close)


async def change(driver: AppDriver, to: str) -> None:
    await driver.press("P")
    await driver.wait_for_text("Profile")
    await driver.type(to)
    await driver.press("enter")


def notifications(driver: AppDriver) -> list[str]:
    return [notification.message for notification in driver.app._notifications]


async def _until_answered(answered: asyncio.Event) -> None:
    await answered.wait()


async def test_changing_the_profile_shows_only_its_own_fleet() -> None:
    accounts = Accounts()
    async with running_app(accounts.home) as driver:
        await driver.wait_for_text("PRODUCTION")
        before = accounts.home.world.hosts
        await change(driver, "away")
        await driver.wait_for_text(r"away · sandbox")
        text = await driver.wait_for_text("Hosts 5")
        assert "PRODUCTION" not in text
        screen = driver.app.screen
        assert isinstance(screen, FleetScreen)
        assert screen.fleet.snapshot is not None
        assert {host.id for host in screen.fleet.snapshot.hosts}.isdisjoint(before)
        assert accounts.home.account._client is None
        await accounts.away.monitor.close(5)


async def test_changing_the_profile_keeps_the_list_options() -> None:
    accounts = Accounts()
    async with running_app(accounts.home) as driver:
        await driver.press("ctrl+g")
        await driver.wait_for_text("Group by")
        await driver.type("area")
        await driver.press("enter")
        await driver.wait_for_text(r"▾|South China")
        await change(driver, "away")
        await driver.wait_for_text("Hosts 5")
        assert isinstance(driver.app.screen, FleetScreen)
        assert driver.app.screen.listing.group == "area"
        await accounts.away.monitor.close(5)


async def test_choosing_the_present_profile_changes_nothing() -> None:
    accounts = Accounts()
    async with running_app(accounts.home) as driver:
        screen = driver.app.screen
        await change(driver, "test")
        await until(lambda: driver.app.screen is screen)
        assert accounts.home.account._client is not None


async def test_a_state_of_the_previous_profile_is_not_shown() -> None:
    accounts = Accounts()
    async with running_app(accounts.home) as driver:
        await change(driver, "away")
        await driver.wait_for_text("Hosts 5")
        accounts.home.monitor.refresh()
        accounts.home.monitor.set_interval(60)
        await driver.pilot.pause()
        await driver.wait_for_text("Hosts 5")
        assert "every 60 s" not in driver.text
        await accounts.away.monitor.close(5)


async def test_the_profile_cannot_be_changed_while_an_order_is_being_sent() -> None:
    accounts = Accounts()
    async with running_app(accounts.home) as driver:
        answered = asyncio.Event()
        accounts.home.monitor.orders._start(_until_answered(answered))
        await change(driver, "away")
        await until(lambda: notifications(driver) == ["Operations are in progress. Try again when they have finished."])
        await driver.wait_for_text("PRODUCTION")
        answered.set()
        await until(lambda: not accounts.home.monitor.orders.is_sending)
        await change(driver, "away")
        await driver.wait_for_text("away · sandbox")
        await accounts.away.monitor.close(5)


async def test_a_profile_that_cannot_be_opened_is_reported() -> None:
    accounts = Accounts()
    accounts.refused = True
    async with running_app(accounts.home) as driver:
        await change(driver, "away")
        await until(lambda: notifications(driver) == ["[bold]profiles.away: It cannot be used"])
        await driver.wait_for_text("Hosts 3")


async def test_the_only_profile_is_reported() -> None:
    async with running_app(AppDriver()) as driver:
        await driver.press("P")
        await until(lambda: notifications(driver) == ["There is no other profile"])


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Profile("a", PRODUCTION), "PRODUCTION · client.xuandashi.com"),
        (Profile("a", SANDBOX, read_only=True), "sandbox · client-sandbox.xuandashi.com · read-only"),
        (Profile("a", "http://127.0.0.1:8765"), "127.0.0.1:8765"),
        (Profile("a"), "the address it last signed in to"),
        (Profile("demo", DEMO), "built-in simulator; nothing is really bought"),
    ],
)
def test_a_profile_is_described_by_environment_address_and_mode(place: Profile, expected: str) -> None:
    assert describe_profile(place) == expected
