"""A running fleet by its stack's name, as AWS sees it: only reading calls are made.

HEALING_STACK, credentials --Inspection, healing's own record--> findings
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from cloudscale.adapters.aws.healing.assembly import Whereabouts, ledger_of
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.source import AwsSource
from cloudscale.adapters.aws.inspection import SECRETS, TOPIC, Group, Inspection
from cloudscale.ops.healing.desired import DesiredFault
from cloudscale.ops.ports import CloudFault
from cloudscale.serving.diagnosis.finding import (
    Ailment,
    Examination,
    Finding,
    Remark,
    Verdict,
    examine,
)
from cloudscale.serving.refusal import Refused
from cloudscale.settings import STACK_NAME, Settings

SILENT = timedelta(minutes=5)
"""The healer runs each minute; its own alarm waits as long."""
OWN_SECRETS = SECRETS[:2]
WAITING = {"initial", "draining", "unused"}
APPLY = "terraform apply puts it back."
DAILY = "docs/operate.md says what it means and what to do."


def findings(settings: Settings, name: str) -> Iterator[Finding]:
    """Examine one stack; stops at once where nothing could be asked.

    Args:
        settings: The region, and where to call instead of AWS.
        name: The stack's name, such as `cloudscale-production`.

    Raises:
        Refused: No stack could have that name.
    """
    if not re.fullmatch(STACK_NAME, name):
        raise Refused(
            f"{name!r} is no stack's name: that is Terraform's project_name and environment, such "
            "as cloudscale-production."
        )
    where = Whereabouts(
        stack=name,
        table=settings.healing_table or f"{name}-healing",
        region=settings.aws_region,
        endpoint_url=settings.aws_endpoint_url,
    )
    calls = where.calls()
    stack = Stack(Inspection(calls, name), where, calls)
    for title, ask in stack.examinations().items():
        finding = examine(title, in_words(ask))
        yield finding
        if title == "AWS" and finding.verdict is Verdict.MEND:
            return


def in_words(ask: Examination) -> Examination:
    """The same, telling what AWS refuses as something to mend."""

    def asked() -> str:
        try:
            return ask()
        except CloudFault as fault:
            raise Ailment(fault.reason) from fault
        except DesiredFault as fault:
            raise Ailment(str(fault)) from fault

    return asked


class Stack:
    """The examinations of one stack.

    Args:
        inspection: Asks about it.
        where: Where its healing is written down.
        calls: Makes the calls.
        now: The time, aware UTC.
    """

    def __init__(
        self,
        inspection: Inspection,
        where: Whereabouts,
        calls: Calls,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._inspection, self._now = inspection, now
        self._source = AwsSource(calls, where.stack, where.region)
        self._ledger = ledger_of(where, calls)
        self._group: Group | None = None

    def examinations(self) -> dict[str, Examination]:
        """Each by its title, in the order in which they are made."""
        return {
            "AWS": self.account,
            "fleet": self.fleet,
            "targets": self.targets,
            "version": self.version,
            "refresh": self.refresh,
            "alarms": self.alarms,
            "healer": self.healer,
            "last run": self.last_run,
            "secrets": self.secrets,
            "policy": self.policy,
            "people": self.people,
            "database": self.database,
        }

    def account(self) -> str:
        """Whether AWS answers at all."""
        return f"account …{self._inspection.account()}"

    def group(self) -> Group:
        """The fleet, asked for once."""
        if self._group is None:
            self._group = self._inspection.group()
        return self._group

    def fleet(self) -> str:
        """Bounds against what serves."""
        group = self.group()
        serving = len(group.in_service())
        words = f"{serving} in service of {group.desired} ({group.smallest} to {group.largest})"
        if group.suspended:
            raise Ailment(
                f"{words}; somebody stopped: {', '.join(sorted(group.suspended))}.",
                f"aws autoscaling resume-processes --auto-scaling-group-name {group.name}",
            )
        if serving < group.smallest:
            mend = "Look at the group's activities, and at bootstrap.log of the newest server."
            raise Ailment(f"{words}: fewer than the least.", mend)
        if serving != group.desired:
            raise Remark(f"{words}.", "Servers come or go; ask again in some minutes.")
        if group.desired == group.largest > group.smallest:
            raise Remark(f"{words}: as large as it may be.", "Raise max_instances, and apply.")
        return words

    def targets(self) -> str:
        """Who passes the load balancer's checks, and why the others do not."""
        found = self._inspection.targets(self.group())
        well = sum(target.state == "healthy" for target in found)
        sick = [t for t in found if t.state not in {"healthy", *WAITING}]
        if sick:
            told = "; ".join(f"{t.id} {t.state}: {t.reason or 'no reason told'}" for t in sick)
            mend = "Look at that server: aws ssm start-session, then journalctl -u cloudscale."
            raise Ailment(f"{told}.", mend)
        if not well:
            raise Ailment("No server is healthy: the shop is down.", DAILY)
        return f"{well} of {len(found)} healthy"

    def version(self) -> str:
        """Whether servers are made of the newest launch template."""
        group, newest = self.group(), self._inspection.newest_template()
        if group.version is not None and group.version != newest:
            words = f"The group makes servers of version {group.version}, not of {newest}."
            raise Ailment(words, f"python -m cloudscale rollout --group {group.name}")
        behind = [one.id for one in group.members if one.version not in {None, newest}]
        if behind:
            words = f"{len(behind)} of {len(group.members)} servers are of an older version."
            raise Remark(words, f"python -m cloudscale rollout --group {group.name}")
        return f"all servers are of version {newest}"

    def refresh(self) -> str:
        """How the newest instance refresh stands."""
        found = self._inspection.refreshes()
        if not found:
            return "there was none"
        status, done = found[0]["Status"], found[0].get("PercentageComplete", 0)
        reason = found[0].get("StatusReason", "")
        if status in {"Failed", "RollbackFailed"}:
            raise Ailment(f"{status}: {reason}", "Mend what it names, and deploy again.")
        if status == "RollbackSuccessful":
            words = f"The newest version was taken back: {reason}"
            raise Ailment(words, "Look at that version's logs before you deploy another.")
        if status not in {"Successful", "Cancelled"}:
            raise Remark(
                f"{status}, {done} %.", "Wait for it, or aws autoscaling rollback-instance-refresh."
            )
        return status

    def alarms(self) -> str:
        """Which fire; those that scale the fleet do so every day."""
        rows = self._inspection.alarms()
        if not rows:
            raise Ailment("The stack has no alarm.", APPLY)
        prefix = f"{self._inspection.stack}-"
        firing = sorted(
            row["AlarmName"].removeprefix(prefix)
            for row in rows
            if row["StateValue"] == "ALARM" and not _scales(row["AlarmActions"])
        )
        if firing:
            raise Ailment(f"{', '.join(firing)}.", DAILY)
        return f"none of {len(rows)} calls for somebody"

    def healer(self) -> str:
        """The kill switch, and whether somebody holds it."""
        switches = self._source.switches()
        if not switches.is_on:
            raise Remark("The kill switch is off.", "python -m cloudscale heal --switch on")
        if switches.hold and switches.hold.is_on(switches.pointer, self._now()):
            words = f"It only looks until {switches.hold.until:%H:%M:%S} UTC."
            raise Remark(words, "An apply is under way, or: python -m cloudscale heal --release")
        return "on, and nothing holds it"

    def last_run(self) -> str:
        """When it looked last, and what it came to."""
        board = self._ledger.board()
        if board is None:
            raise Ailment("It has never run.", "Look at the healer's log, and at its alarms.")
        ago = self._now() - datetime.fromisoformat(board["at"])
        words = f"{ago.total_seconds():.0f} s ago: {board['outcome']}"
        if ago > SILENT:
            raise Ailment(f"{words}.", "Look at the healer's log, and at its alarms.")
        if board["outcome"] == "trouble":
            raise Ailment(f"{words}: {board['words']}", "docs/healing.md says what to do.")
        return words

    def secrets(self) -> str:
        """Whether each has a value; none is read."""
        there = self._inspection.secrets()
        lacking = [name for name in OWN_SECRETS if name not in there]
        if lacking:
            words = f"{', '.join(lacking)}: missing, or about to be deleted."
            mend = "aws secretsmanager restore-secret brings one back that is not deleted yet."
            raise Ailment(words, mend)
        return ", ".join(sorted(there))

    def policy(self) -> str:
        """Whether the scaling policy is where servers read it."""
        if not self._inspection.has_policy():
            raise Ailment("The parameter with the scaling policy is missing.", APPLY)
        return "in its parameter"

    def people(self) -> str:
        """Whether somebody is told."""
        rows = self._inspection.subscribers()
        waiting = [row["Endpoint"] for row in rows if not row["SubscriptionArn"].startswith("arn:")]
        if waiting:
            words = f"{len(waiting)} of {len(rows)} did not confirm, and are told nothing."
            raise Ailment(words, f"They click the link in AWS's mail about {TOPIC}.")
        if not rows:
            raise Ailment("Nobody is told of anything.", "Set notification_email, and apply.")
        return f"{len(rows)} confirmed"

    def database(self) -> str:
        """Its status, and how far back it can be restored."""
        row = self._inspection.database()
        if row is None:
            return "somebody else's (database_url_secret_arn)"
        status, days = row["DBInstanceStatus"], row.get("BackupRetentionPeriod", 0)
        if status != "available":
            raise Remark(
                f"{status}.", "It should be available again in minutes; else look at its events."
            )
        if not days:
            raise Ailment("available, without backups.", "Set backup_retention_days, and apply.")
        words = f"available, PostgreSQL {row.get('EngineVersion', '?')}, backups of {days} days"
        until = row.get("LatestRestorableTime")
        return f"{words} up to {until:%H:%M UTC}" if until else words


def _scales(actions: Sequence[str]) -> bool:
    return any(":scalingPolicy:" in action for action in actions)
