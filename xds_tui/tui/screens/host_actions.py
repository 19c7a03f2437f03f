"""The base class of screens on which the annotations of hosts are edited.

Dialogs are imported when they are opened, because the first paint does not wait for them.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import work
from textual.screen import ScreenResultType

from xds_tui.domain.annotations import AnnotationChange
from xds_tui.domain.model import Host
from xds_tui.errors import AppError
from xds_tui.fleet.monitor import Monitor
from xds_tui.i18n import _
from xds_tui.text import messages
from xds_tui.tui.runtime.key_queue import FLOW
from xds_tui.tui.screens.base import LiveScreen
from xds_tui.tui.theme import glyphs


class HostActionsScreen(LiveScreen[ScreenResultType]):
    """Edits the annotations of the hosts that are selected on it."""

    _monitor: Monitor

    def selected_hosts(self) -> Sequence[Host]:
        """Return the hosts that the next command applies to."""
        return ()

    def finish_edit(self) -> None:
        """Do what follows an edit that was stored."""

    @work(group=FLOW)
    async def action_annotate(self, field: str) -> None:
        """Edit the annotations, beginning in `field`, one of `annotation_form.FIELDS`."""
        from xds_tui.domain.annotation_form import known_tags
        from xds_tui.tui.screens.annotation_editor import AnnotationScreen

        hosts, book = self.selected_hosts(), self._monitor.annotations
        if not hosts:
            return

        async def save(change: AnnotationChange) -> None:
            await book.edit({host.id: change for host in hosts})

        known = known_tags(self._monitor.state.annotations)
        if await self.app.push_screen_wait(AnnotationScreen(hosts, known, save, field=field)):
            self.finish_edit()

    @work(group=FLOW)
    async def action_protect(self) -> None:
        """Protect the hosts; if all are marked, confirm and unmark them."""
        from xds_tui.text import prompts
        from xds_tui.tui.screens.confirm import ask_confirmation

        hosts = self.selected_hosts()
        is_marked = all(host.annotation.is_marked for host in hosts)
        if not hosts or (is_marked and not await ask_confirmation(self.app, prompts.unprotection(hosts))):
            return
        try:
            await self._monitor.annotations.edit({host.id: AnnotationChange(is_marked=not is_marked) for host in hosts})
        except AppError as error:
            self.show_notice([messages.error_message(error)])
            return
        names = ", ".join(glyphs.host_name(self.app, host) for host in hosts)
        text = _("No longer protected: {hosts}") if is_marked else _("Protected from stop, reboot and delete: {hosts}")
        lines = [text.format(hosts=names)]
        if is_marked and any(host.annotation.rule for host in hosts):
            lines.append(_("A rule in config.toml still protects some of them."))
        self.show_notice(lines, mild=True)
