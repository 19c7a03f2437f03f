"""Choosing whose fleet is open."""

from __future__ import annotations

from typing import Any

from textual.app import App

from xds_tui.base_url import DEMO, environment_of
from xds_tui.i18n import _
from xds_tui.settings import SettingsError
from xds_tui.tui import wording
from xds_tui.tui.parts import ProfileConnector, ProfileServices
from xds_tui.tui.place import Profile
from xds_tui.tui.screens.choose import Choice, pick


async def choose_profile(app: App[Any], profiles: ProfileConnector, present: Profile) -> ProfileServices | None:
    """Let the user choose another profile than the present one, and return what was built for it, or None.

    To be awaited in a worker.
    """
    places = await profiles.places()
    choices = [
        Choice(str(index), place.profile, about(place), is_current=_is_same(place, present))
        for index, place in enumerate(places)
    ]
    chosen = await pick(app, _("Profile"), choices)
    if chosen is None or _is_same(places[int(chosen)], present):
        return None
    try:
        return await profiles.open(places[int(chosen)])
    except SettingsError as error:
        app.notify(f"{error.detail}: {_(error.summary)}", severity="error", markup=False)
        return None


def about(place: Profile) -> str:
    """Return what is at a place: its environment, its address, and whether nothing can be changed there."""
    words = [_("where it was signed in to")]
    if place.base_url:
        name, address = environment_of(place.base_url), place.base_url.partition("://")[2]
        words = [address] if address.startswith(name) else [wording.environment(name), address]
    if place.base_url == DEMO:
        words = [_("a simulated service in this program: nothing is bought")]
    return " · ".join([*words, _("read-only")] if place.read_only else words)


def _is_same(one: Profile, other: Profile) -> bool:
    """Whether it is the same profile: a profile of one's own may be called `demo`, too."""
    return one.profile == other.profile and (one.base_url == DEMO) == (other.base_url == DEMO)
