"""The words for rules, and for the program that carries them out."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import Final

from xds_tui.domain.guard import GuardRecord, Postponement
from xds_tui.domain.model import Snapshot
from xds_tui.domain.records import Event, OrderAction, RuleStep
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import N_, _
from xds_tui.text import formats

BILLING_NOTE: Final = N_("Whether stopping a host ends its billing is up to Xuandashi.")

_STEPS: Final = {
    (RuleStep.UPCOMING, OrderAction.POWER_OFF): N_("{host} will be stopped at {time} ({rule})"),
    (RuleStep.UPCOMING, OrderAction.POWER_ON): N_("{host} will be started at {time} ({rule})"),
    (RuleStep.DUE, OrderAction.POWER_OFF): N_("{host} should be stopped since {time} ({rule}, which only notifies)"),
    (RuleStep.DUE, OrderAction.POWER_ON): N_("{host} should be started since {time} ({rule}, which only notifies)"),
    (RuleStep.MISSED, OrderAction.POWER_OFF): N_("{host} was not stopped at {time}, and now it is too late ({rule})"),
    (RuleStep.MISSED, OrderAction.POWER_ON): N_("{host} was not started at {time}, and now it is too late ({rule})"),
}


_POSTPONED: Final = N_("{host}: {rule} at {time} is put off until {until}")
_SKIPPED: Final = N_("{host}: {rule} at {time} is skipped once")


def name(rule: str) -> str:
    """Return what a rule is called in a sentence."""
    return _("rule {name}").format(name=rule)


def event(record: Event) -> str:
    """Return the sentence for an event of a rule."""
    host = record.host_name or record.host_id or ""
    sentence = _STEPS.get((record.step or RuleStep.DUE, record.action or OrderAction.POWER_OFF), "{rule}: {host}")
    return _(sentence).format(host=host, time=formats.moment(record.due), rule=name(record.rule))


def advice(record: Event) -> list[str]:
    """Return what the user can do about an event of a rule; empty if there is nothing to do."""
    if record.step is RuleStep.UPCOMING and record.action is OrderAction.POWER_OFF:
        command = f"xds-tui rules delay {shlex.quote(record.rule)} 1h"
        return [_("To put it off, run {command}.").format(command=command), _(BILLING_NOTE)]
    return []


def postponed(postponement: Postponement, snapshot: Snapshot | None) -> str:
    """Return what was put off or skipped, in one line."""
    hosts = snapshot.hosts if snapshot is not None else ()
    host = next((host for host in hosts if host.id == postponement.host_id), None)
    words = {
        "host": clean(host.display_name) if host is not None else postponement.host_id,
        "rule": name(postponement.rule),
        "time": formats.moment(postponement.at),
        "until": formats.moment(postponement.until),
    }
    text = _SKIPPED if postponement.until is None else _POSTPONED
    return _(text).format(**words)


def guard_line(guard: GuardRecord | None, now: datetime) -> str:
    """Return which program carries out the rules, and whether it works."""
    if guard is None:
        return _("rules: no program carries them out")
    if not guard.is_working(now):
        return _("rules: no guard for {time}").format(time=formats.span(abs(now - guard.heartbeat)))
    words = {"program": guard.program, "machine": guard.machine, "time": formats.when(guard.since, now)}
    return _("rules: {program} on {machine} since {time}").format(**words)
