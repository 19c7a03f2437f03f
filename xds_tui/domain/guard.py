"""The decisions of the program that carries out the rules of an account: notices, orders, and what is put off.

Of all programs that watch an account one is the guard. `rule_planner` says what the rules want; `decide` says what the
guard does about it now. Nothing is done here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from xds_tui.domain.records import OrderAction, RuleStep
from xds_tui.domain.rule_planner import Obstacle, PlannedAction
from xds_tui.structs import dataclass

NOTICE_MINUTES: Final = (30, 10, 1)
"""How many minutes before a stop it is announced, the earliest first."""

DELAYS: Final[Mapping[str, timedelta]] = {
    "1h": timedelta(hours=1),
    "2h": timedelta(hours=2),
    "tomorrow": timedelta(days=1),
}
"""How long an action can be put off, as it is written on the command line."""

SAME_ACTION: Final = timedelta(minutes=10)
"""How far the time of an action moves when its price changes, or when another program observed the start."""

MIN_TAKEOVER: Final = timedelta(seconds=20)
"""Age of a heartbeat up to which the guard counts as working, however short the interval is."""

MAX_ORDER_AGE: Final = timedelta(minutes=1)
"""Time from the decision of a rule after which its order is not sent any more, because the program was suspended."""

QUICK_ATTEMPTS: Final = 3
"""Orders of a rule for one purpose that follow each other without delay, if nothing was done by those before."""

MIN_RETRY_DELAY: Final = timedelta(minutes=1)
"""Time from the last quick attempt to the next one; doubled with each further one."""
MAX_RETRY_DELAY: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Postponement:
    """An action of a rule that the user has put off or skipped once."""

    rule: str
    host_id: str
    at: datetime
    """When the rule wanted to act."""
    until: datetime | None
    """When it acts instead; None if it does not act this time."""

    def applies_to(self, planned: PlannedAction) -> bool:
        """Return whether it is about this action."""
        last = self.at + SAME_ACTION
        if self.until is not None:
            last = max(last, self.until)
        return (planned.rule, planned.host.id) == (self.rule, self.host_id) and planned.at <= last


@dataclass(frozen=True, slots=True)
class GuardRecord:
    """The program that carries out the rules of an account."""

    instance: str
    """Its name among the programs of this machine (`store/instance_lock.py`)."""
    program: str
    """`watch` or `app`."""
    machine: str
    since: datetime
    heartbeat: datetime
    """When the service last answered it."""
    interval: float
    """Seconds between two of its refreshes."""

    @property
    def max_silence(self) -> timedelta:
        """The age of the heartbeat from which on it does not work."""
        return max(MIN_TAKEOVER, timedelta(seconds=2 * self.interval))

    def is_working(self, now: datetime) -> bool:
        """Return whether the service answered it lately; a clock that was set back does not make it work."""
        return abs(now - self.heartbeat) <= self.max_silence


@dataclass(frozen=True, slots=True)
class RuleNotice:
    """News for the user about an action of a rule."""

    planned: PlannedAction
    due: datetime
    """When the action is to be done."""
    step: RuleStep
    keys: tuple[str, ...]
    """Marks that it was sent, the first for this notice and the others for those that it makes superfluous."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The notices and orders of the guard at one moment."""

    notices: tuple[RuleNotice, ...]
    actions: tuple[PlannedAction, ...]
    """Those to send an order for: at most one for each host."""


def decide(now: datetime, planned: Iterable[PlannedAction], postponements: Collection[Postponement]) -> Decision:
    """Return what to do now.

    Args:
        now: the time.
        planned: what the rules want, from a listing that is as recent as `now`.
        postponements: what the user has put off or skipped.

    """
    notices: list[RuleNotice] = []
    actions: dict[str, PlannedAction] = {}
    for action, due in effective(planned, postponements):
        if action.obstacle is Obstacle.PROTECTED:
            continue
        if is_missed(action, due, now):
            if action.acts:
                notices.append(_notice(action, due, RuleStep.MISSED))
        elif due > now:
            notices += _announcement(action, due, now)
        elif action.acts:
            actions.setdefault(action.host.id, action)
        else:
            notices.append(_notice(action, due, RuleStep.DUE))
    return Decision(tuple(notices), tuple(actions.values()))


def effective(
    planned: Iterable[PlannedAction], postponements: Collection[Postponement]
) -> Iterator[tuple[PlannedAction, datetime]]:
    """Yield the actions that are not skipped, and when each is to be done."""
    for action in planned:
        about = [postponement for postponement in postponements if postponement.applies_to(action)]
        if all(postponement.until is not None for postponement in about):
            yield action, max([action.at, *(each.until for each in about if each.until is not None)])


def postpone(
    now: datetime,
    planned: Iterable[PlannedAction],
    postponements: Collection[Postponement],
    target: str,
    delay: timedelta | None,
) -> tuple[Postponement, ...]:
    """Return what puts off the next actions of a rule or of a host by `delay`, or skips them once if it is None.

    These are the next action, and that of the same kind of each other host. They are put off from now on if they are
    due already.

    Args:
        now: the time.
        planned: what the rules want.
        postponements: what has been put off or skipped already.
        target: the name of a rule, or the ID or a name of a host.
        delay: how long.

    """
    coming: dict[tuple[str, str], tuple[datetime, PlannedAction]] = {}
    for action, due in effective(planned, postponements):
        names = (action.rule, action.host.id, action.host.name, action.host.display_name)
        is_possible = action.obstacle is not Obstacle.PROTECTED and not is_missed(action, due, now)
        key = (action.rule, action.host.id)
        if target in names and is_possible and (key not in coming or due < coming[key][0]):
            coming[key] = due, action
    if not coming:
        return ()
    kind = min(coming.values(), key=lambda entry: entry[0])[1].action
    return tuple(
        Postponement(action.rule, action.host.id, action.at, None if delay is None else max(due, now) + delay)
        for due, action in coming.values()
        if action.action is kind
    )


def is_missed(action: PlannedAction, due: datetime, now: datetime) -> bool:
    """Return whether it is too late for an action that was put off until `due`."""
    return action.latest is not None and now > due + (action.latest - action.at)


def retry_at(failed: Collection[datetime]) -> datetime | None:
    """Return when another order may be placed after those of these times, which did nothing; None for at once."""
    if len(failed) < QUICK_ATTEMPTS:
        return None
    delay = MIN_RETRY_DELAY * (1 << min(len(failed) - QUICK_ATTEMPTS, 10))
    return max(failed) + min(delay, MAX_RETRY_DELAY)


def _announcement(action: PlannedAction, due: datetime, now: datetime) -> Iterator[RuleNotice]:
    """Yield the notice of a stop that is to be sent soon; starts are not announced."""
    if not action.acts or action.action is not OrderAction.POWER_OFF:
        return
    passed = [minutes for minutes in NOTICE_MINUTES if due - now <= timedelta(minutes=minutes)]
    if passed:
        keys = tuple(_key(action, due, f"{minutes} min") for minutes in reversed(passed))
        yield RuleNotice(action, due, RuleStep.UPCOMING, keys)


def _notice(action: PlannedAction, due: datetime, step: RuleStep) -> RuleNotice:
    return RuleNotice(action, due, step, (_key(action, due, step.value),))


def _key(action: PlannedAction, due: datetime, word: str) -> str:
    return f"rule {action.rule} {action.host.id} {action.action.value} {due:%Y-%m-%d %H:%M} {word}"
