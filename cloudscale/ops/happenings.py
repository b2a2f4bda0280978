"""What happens to the server processes, the database and the fleet, told as events. Pure.

    processes before, processes now --changes--> Happenings --events.record--> the timeline

Keys are made of what happened and not of who noticed: two that notice tell one event.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from cloudscale.ops.events import EventView, Happening, Source, Tone
from cloudscale.ops.ports import ScalingActivity
from cloudscale.ops.processes import Present
from cloudscale.ops.words import duration

Processes = Mapping[str, Present]
"""By id: everyone who has a row, live or not."""


def of_processes(processes: Iterable[Present]) -> dict[str, Present]:
    """Them by their ids."""
    return {process.id: process for process in processes}


def changes(before: Processes, now: Processes, at: datetime) -> list[Happening]:
    """What happened to the processes between two looks.

    Args:
        before: The last look; empty for a new leader, which tells again what is known, once a key.
        now: This look.
        at: Its time, aware.
    """
    told = []
    for id_, process in now.items():
        known = before.get(id_)
        if process.is_live and known is None:
            told.append(started(process))
        if process.is_live and known is not None and not known.is_live:
            told.append(returned(process, known, at))
        if not process.is_live and (known is None or known.is_live):
            told.append(vanished(process))
    gone = (process for id_, process in before.items() if id_ not in now and process.is_live)
    return [*told, *(stopped(process, at) for process in gone)]


def started(process: Present) -> Happening:
    """A server process is there."""
    return Happening(
        key=f"process:{process.id}:started",
        kind="system",
        tone="good",
        title=f"{process.instance.name} started",
        cause=f"A server process began to serve{_version_of(process)}.",
        subject=process.instance.name,
        started_at=process.started_at,
        is_moment=True,
    )


def _version_of(process: Present) -> str:
    return f", version {process.instance.version}" if process.instance.version else ""


def stopped(process: Present, at: datetime) -> Happening:
    """A server process said goodbye; it may tell so itself as it leaves."""
    lived = duration((at - process.started_at).total_seconds())
    return Happening(
        key=f"process:{process.id}:stopped",
        kind="system",
        tone="info",
        title=f"{process.instance.name} stopped",
        cause="The server process was told to stop, and finished what it had begun.",
        effect=f"It had served for {lived}.",
        subject=process.instance.name,
        started_at=at,
        is_moment=True,
    )


def vanished(process: Present) -> Happening:
    """A server process is not heard of any more."""
    return Happening(
        key=f"process:{process.id}:vanished:{int(process.seen_at.timestamp())}",
        kind="system",
        tone="bad",
        title=f"{process.instance.name} vanished",
        cause="The server process said nothing more, not even goodbye: it was killed, it hangs, or "
        "it cannot reach the database.",
        subject=process.instance.name,
        started_at=process.seen_at,
        is_moment=True,
    )


def returned(process: Present, before: Present, at: datetime) -> Happening:
    """One that had vanished is heard of again."""
    silent = duration((at - before.seen_at).total_seconds())
    return Happening(
        key=f"process:{process.id}:returned:{int(before.seen_at.timestamp())}",
        kind="system",
        tone="info",
        title=f"{process.instance.name} is back",
        cause="The server process was only stalled, or cut off from the database.",
        effect=f"Nothing was heard of it for {silent}.",
        subject=process.instance.name,
        started_at=before.seen_at,
        ended_at=at,
    )


def deployments(processes: Processes, last: EventView | None, at: datetime) -> list[Happening]:
    """A new version on its way through the fleet, until every process runs it.

    Args:
        processes: Everyone who has a row.
        last: The newest deployment that is recorded, if there is any.
        at: Now, aware.

    Returns:
        What to record; nothing while there is nothing to say.
    """
    live = [process for process in processes.values() if process.is_live]
    if not live:
        return []
    newest = max(live, key=lambda one: (one.started_at, one.id))
    if not newest.instance.version:
        return []
    if last is None:
        cause = f"{newest.instance.name} is the first server process of this shop."
        return [_deployment(newest, cause, live, at)]
    if newest.instance.version != last.subject and newest.started_at > last.started_at:
        cause = f"{newest.instance.name} is the first that runs it, in place of {last.subject}."
        return [*_overtaken(last, newest, at), _deployment(newest, cause, live, at)]
    if last.ended_at is None:
        return [_deployment(last, last.cause, live, at)]
    return []


def _overtaken(last: EventView, newest: Present, at: datetime) -> list[Happening]:
    if last.ended_at is not None:
        return []
    effect = f"Version {newest.instance.version} came before every server process ran it."
    told = _deploy(last.key, last.subject, last.cause, last.started_at)
    return [replace(told, tone="warn", effect=effect, ended_at=at)]


def _deployment(
    of: Present | EventView, cause: str, live: list[Present], at: datetime
) -> Happening:
    if isinstance(of, Present):
        told = _deploy(f"deploy:{of.id}", of.instance.version, cause, of.started_at)
    else:
        told = _deploy(of.key, of.subject, cause, of.started_at)
    running = sum(process.instance.version == told.subject for process in live)
    if running < len(live):
        return replace(told, effect=f"{running} of {len(live)} server processes run it.")
    return replace(told, effect="Every server process runs it.", tone="good", ended_at=at)


def _deploy(key: str, version: str, cause: str, started_at: datetime) -> Happening:
    return Happening(
        key=key,
        kind="deploy",
        tone="info",
        title=f"Version {version} deployed",
        cause=cause,
        subject=version,
        started_at=started_at,
    )


def took_the_lead(process: Present, at: datetime, without_seconds: float) -> Happening:
    """A process leads in place of another that is gone.

    Args:
        process: Who leads now.
        at: Since when, aware.
        without_seconds: How long nobody had led.
    """
    name = process.instance.name
    return Happening(
        key=f"leader:{process.id}:{int(at.timestamp())}",
        kind="system",
        tone="info",
        title=f"{name} leads",
        cause="Who merged the fleet's measurements before stopped, was lost, or lost the database.",
        effect=f"Nobody led for {duration(without_seconds)}; what was measured meanwhile was kept.",
        subject=name,
        started_at=at,
        is_moment=True,
    )


def database_was_away(since: datetime, until: datetime) -> Happening:
    """The database did not answer for a while; told by the leader when it is back."""
    return Happening(
        key=f"database:{int(until.timestamp())}",
        kind="alarm",
        tone="bad",
        title="The database was away",
        cause="It answered neither in time nor at all, or took no connections.",
        effect="Pages that needed it failed meanwhile; what was measured was kept and added.",
        subject="database",
        started_at=since,
        ended_at=until,
    )


FAILED = frozenset({"Failed", "Cancelled"})


def scaling(activity: ScalingActivity, source: Source = "aws") -> Happening:
    """A change of the fleet, in its cloud's words; told again while it is in progress."""
    tone: Tone = "info"
    if activity.ended_at is not None:
        tone = "bad" if activity.status in FAILED else "good"
    return Happening(
        key=f"{source}:activity:{activity.id}",
        kind="scaling",
        tone=tone,
        title=activity.description or "The fleet changes",
        cause=activity.cause or "The cloud gives no cause.",
        effect=_progress(activity),
        source=source,
        started_at=activity.started_at,
        ended_at=activity.ended_at,
    )


def _progress(activity: ScalingActivity) -> str:
    if activity.ended_at is None:
        return f"{activity.progress_percent} % done ({activity.status})."
    return "Done." if activity.status not in FAILED else f"It came to nothing ({activity.status})."
