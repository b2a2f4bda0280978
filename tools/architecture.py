"""Draws docs/images/architecture.svg from the names in Terraform and in the code.

    python -m tools.architecture            writes the picture
    python -m tools.architecture --check    fails while it says anything else

What is drawn is read; only where it stands is written here. So a resource that is renamed makes the
picture stale, which tests/unit/guide/test_deploy.py notices.
"""

import json
import re
import sys
from pathlib import Path

from tools.drawing import Box, picture, way

ROOT = Path(__file__).resolve().parents[1]
TERRAFORM = ROOT / "terraform"
PICTURE = ROOT / "docs" / "images" / "architecture.svg"


class NotFound(Exception):
    """A name that the picture is drawn from is not where it was; the message says which."""


def _found(pattern: str, path: Path) -> str:
    """The first group of a pattern in a file, without the stack's name in front.

    Raises:
        NotFound: It is not there.
    """
    match = re.search(pattern, path.read_text(), re.MULTILINE | re.DOTALL)
    if match is None:
        raise NotFound(f"{pattern} is not in {path.relative_to(ROOT)}")
    return match[1]


def _named(module: str, kind: str, attribute: str, file: str = "main.tf") -> str:
    """What a resource is called after its stack: `-alb` of `${var.name}-alb`."""
    pattern = rf'resource "{kind}" "\w+" {{[^}}]*?{attribute}\s+= "\$\{{var\.name\}}-([\w-]+)"'
    return _found(pattern, TERRAFORM / "modules" / module / file)


def _alarms() -> int:
    """How many alarms for people modules declare; those by zone and node count once."""
    files = [TERRAFORM / "modules" / name / "alarms.tf" for name in ("monitoring", "healing")]
    return 1 + sum(file.read_text().count(" about ") for file in files)  # `untold` stands alone


def facts() -> dict[str, str]:
    """Every name in the picture, by what it is of."""
    policy = json.loads((TERRAFORM / "policy.json").read_text())
    variables, application = TERRAFORM / "variables.tf", TERRAFORM / "application.tf"
    modules, healing = TERRAFORM / "modules", modules_of("healing")
    return {
        "alb": _named("alb", "aws_lb", "name"),
        "targets": _named("alb", "aws_lb_target_group", "name"),
        "port": _found(r"application_port\s+= (\d+)", TERRAFORM / "locals.tf"),
        "group": _found(r'group_name\s+= "\$\{local\.name\}-(\w+)"', TERRAFORM / "locals.tf"),
        "least": str(policy["bounds"]["min_instances"]),
        "most": str(policy["bounds"]["max_instances"]),
        "rules": ", ".join(rule["name"] for rule in policy["rules"]),
        "template": _named("fleet", "aws_launch_template", "name"),
        "instance": _found(r'variable "instance_type" {.*?default\s+= "([\w.]+)"', variables),
        "database": _named("database", "aws_db_instance", "identifier"),
        "postgres": _found(
            r'variable "database_engine_version" {.*?default\s+= "(\w+)"', variables
        ),
        "cache": _named("cache", "aws_elasticache_replication_group", "replication_group_id"),
        "engine": _found(r'engine\s+= "(\w+)"', modules / "cache" / "main.tf"),
        "healer": _found(r'function_name = "\$\{var\.name\}-([\w-]+)"', healing / "main.tf"),
        "record": _found(r'record_table = "\$\{local\.name\}-(\w+)"', TERRAFORM / "healing.tf"),
        "topic": _found(
            r'topic_name = "\$\{var\.name\}-(\w+)"', modules / "monitoring" / "topic.tf"
        ),
        "alarms": str(_alarms()),
        "parameters": ", ".join(
            _found(rf'{which}_parameter\s+= "/\$\{{module\.hold\.name\}}/([\w-]+)"', application)
            for which in ("settings", "policy")
        ),
        "secrets": ", ".join(
            re.findall(
                r'name\s+= "\$\{module\.hold\.name\}/([\w-]+)"', (TERRAFORM / "main.tf").read_text()
            )
        ),
        "parts": " · ".join(_layers()),
        "releases": _found(r'bucket = "\$\{var\.name\}-(\w+)-', modules / "release" / "main.tf"),
        "workflows": ", ".join(_workflows()),
    }


def modules_of(name: str) -> Path:
    """A module's folder."""
    return TERRAFORM / "modules" / name


def _layers() -> list[str]:
    """The packages of a server process, as they call one another."""
    wanted = ("pages", "state", "api", "services", "live", "ops", "models")
    there = {path.parent.name for path in (ROOT / "cloudscale").glob("*/__init__.py")}
    if lost := set(wanted) - there:
        raise NotFound(f"cloudscale/ has no {', '.join(sorted(lost))}")
    return list(wanted)


def _workflows() -> list[str]:
    """What GitHub runs, by name."""
    files = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    return [_found(r"^name: ([\w-]+)$", file) for file in files]


def boxes(it: dict[str, str]) -> list[Box]:
    """What stands where, the outer ones first."""
    return [*_network(it), *_beside(it)]


def _network(it: dict[str, str]) -> list[Box]:
    """What browsers reach, and what stands behind it in the VPC."""
    server = (f"cloudscale serve, {it['instance']}", f"port {it['port']}, no SSH")
    return [
        Box((20, 62, 660, 558), "VPC, two zones", kind="zone"),
        Box((240, 12, 220, 36), "browsers, programs"),
        Box(
            (190, 92, 320, 58),
            f"Application Load Balancer  -{it['alb']}",
            (f"443 to -{it['targets']}, /health every 10 s",),
        ),
        Box(
            (40, 190, 620, 220),
            f"Auto Scaling group  -{it['group']}, {it['least']} to {it['most']} servers",
            (),
            "zone",
        ),
        Box((60, 226, 280, 62), "server, zone a", server),
        Box((360, 226, 280, 62), "server, zone b", server),
        Box(
            (60, 306, 580, 86),
            "each server process",
            (
                it["parts"],
                "one leader (a lock in PostgreSQL): samples, alarms, decides",
                f"scaling: {it['rules']}",
            ),
        ),
        Box(
            (40, 470, 300, 76),
            f"RDS PostgreSQL {it['postgres']}  -{it['database']}",
            ("all that must last", "standby in the other zone"),
        ),
        Box(
            (360, 470, 300, 76),
            f"ElastiCache {it['engine'].title()}  -{it['cache']}",
            ("pages' live state, counts, news", "a node a zone"),
        ),
        Box((40, 560, 620, 46), "NAT gateway a zone, S3 endpoint, flow logs", ()),
    ]


def _beside(it: dict[str, str]) -> list[Box]:
    """What makes servers, tells them, watches them and heals."""
    return [
        Box(
            (710, 62, 270, 92),
            "a push to main",
            (
                f"GitHub: {it['workflows']}",
                f"release in S3  -{it['releases']}",
                "apply by an OIDC role, no stored key",
            ),
        ),
        Box(
            (710, 176, 270, 76),
            f"launch template  -{it['template']}",
            ("rollout brings a new version:", "half, alarms, all; or back by itself"),
        ),
        Box(
            (710, 274, 270, 76),
            "what servers are told",
            (f"SSM: {it['parameters']}", f"Secrets: {it['secrets']}"),
        ),
        Box(
            (710, 372, 270, 76),
            f"CloudWatch, {it['alarms']} kinds of alarms",
            ("figures, logs, dashboard", f"SNS -{it['topic']} tells people"),
        ),
        Box(
            (710, 470, 270, 92),
            f"Lambda  -{it['healer']}",
            (
                "each minute, and when something",
                "happens: puts back what differs",
                f"its record: DynamoDB -{it['record']}",
            ),
        ),
    ]


def drawn() -> str:
    """The picture."""
    ways = [
        way((350, 48), (350, 90), said="HTTPS, websockets", at=(360, 84)),
        way((325, 150), (325, 224)),
        way((400, 150), (400, 224)),
        way((190, 410), (190, 468), said="5432, TLS", at=(200, 444)),
        way((510, 410), (510, 468), said="6379, TLS", at=(520, 444)),
        way((845, 154), (845, 174)),
        way((710, 214), (662, 214)),
        way((710, 312), (662, 312)),
        way((662, 392), (708, 392)),
        way((710, 520), (682, 520)),
    ]
    return picture("The stack on AWS", boxes(facts()), ways)


def main(arguments: list[str]) -> int:
    """Write the picture, or say whether it is current; the exit code."""
    if arguments == ["--check"]:
        return 0 if PICTURE.exists() and PICTURE.read_text() == drawn() else 1
    PICTURE.write_text(drawn())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
