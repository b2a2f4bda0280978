"""Settings that are examined: of files, or of the environment; each wrong one is told by itself.

files, or .env and the environment --read--> Given --settings_of--> Settings, and what was wrong
"""

import difflib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_settings import PydanticBaseSettingsSource

from cloudscale.serving.diagnosis.finding import Finding, Verdict
from cloudscale.serving.refusal import Refused
from cloudscale.settings import ROOT, Settings

NAMES = {name.upper() for name in Settings.model_fields}
SECRETS = ("SECRET_KEY", "METRICS_TOKEN", "DATABASE_URL", "REDIS_URL", "SMTP_URL")
# No settings of the shop, and still read beside them: by a server's own scripts (what
# terraform/modules/fleet tells them), by compose.yaml and by OpenTelemetry's SDK.
NEIGHBOURS = {
    *("LAUNCH_HOOK", "RELEASE_BUCKET", "REPOSITORY", "REPOSITORY_REF", "TERMINATION_HOOK"),
    *("SETTINGS_PARAMETER", "SETTINGS_SHA256", "TOPIC_ARN", "POSTGRES_PASSWORD", "REDIS_PASSWORD"),
    *("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_RESOURCE_ATTRIBUTES"),
}
OF_ONE_SERVICE = "AWS_ENDPOINT_URL_"
"""The AWS SDK reads it with any service's name behind it, beside AWS_ENDPOINT_URL."""
KITS = ("AWS_", "OTEL_")
"""Many names with these are read by the SDKs; only what looks like one of ours is told."""
ALIKE, NEAR = 0.8, 0.6
"""How much of two names must be the same for a slip of the pen, and to be worth naming."""


@dataclass(frozen=True, slots=True)
class Given:
    """What is set, by its name in capitals.

    Attributes:
        values: The settings.
        files: The files that they were read from; none for the environment.
        strange: Names that are no settings; of the environment, which holds other programs' too,
            only those that look like one.
    """

    values: Mapping[str, str]
    files: Sequence[Path] = ()
    strange: Sequence[str] = field(default=())


class _Only(Settings):
    """Settings made of nothing but what is handed in."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type, init_settings: PydanticBaseSettingsSource, **_others: object
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Neither the environment nor .env."""
        return (init_settings,)


def read(files: Sequence[Path]) -> Given:
    """What files set, the later ones winning; without files, what `serve` would be given here.

    Raises:
        Refused: A file cannot be read.
    """
    if not files:
        return _of_here()
    found: dict[str, str] = {}
    for file in files:
        try:
            with file.open(encoding="utf-8") as opened:
                values = dotenv_values(stream=opened, interpolate=False)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise Refused(f"{file} cannot be read: {reason}.") from None
        found |= {name.upper(): value or "" for name, value in values.items()}
    ours = {name: value for name, value in found.items() if _is_ours(name)}
    return Given(ours, files, sorted(found.keys() - ours.keys()))


def _of_here() -> Given:
    """What .env and the environment set, which wins."""
    own = ROOT / ".env"
    written = dotenv_values(own) if own.exists() else {}
    both = {name.upper(): value or "" for name, value in {**written, **os.environ}.items()}
    ours = {name: value for name, value in both.items() if _is_ours(name)}
    told = {name.upper() for name in written} | {name for name in both if _meant(name)}
    return Given(ours, strange=sorted(told - ours.keys()))


def _is_ours(name: str) -> bool:
    return name.upper() in NAMES


def settings_of(given: Given) -> tuple[Settings, list[Finding]]:
    """The settings that can be used, and a finding for each that cannot."""
    values = {name.lower(): value for name, value in given.values.items()}
    wrong = []
    try:
        return _Only(**values), []  # type: ignore[arg-type]
    except ValidationError as refused:
        for error in refused.errors():
            name = str(error["loc"][0])
            values.pop(name, None)
            mend = f"Set {name.upper()} as .env.example says."
            wrong.append(Finding(name.upper(), Verdict.MEND, f"{error['msg']}.", mend))
    return _Only(**values), wrong  # type: ignore[arg-type]


def misspelt(given: Given) -> Iterator[Finding]:
    """Names that nobody knows: slips are to be mended, others may be another program's."""
    for name in given.strange:
        words = "It is no setting of the shop, and nothing here reads it."
        if meant := _meant(name):
            yield Finding(name, Verdict.MEND, words, f"Is {meant} meant?")
        elif name not in NEIGHBOURS and not name.startswith(KITS):
            near = _nearest(name, NEAR)
            mend = f"The nearest is {near}." if near else "Is it another program's?"
            yield Finding(name, Verdict.NOTE, words, mend)


def _meant(name: str) -> str:
    """The setting that a name is a slip of; empty where it is another's, or like none."""
    is_known = _is_ours(name) or name in NEIGHBOURS or name.startswith(OF_ONE_SERVICE)
    return "" if is_known else _nearest(name, ALIKE)


def _nearest(name: str, likeness: float) -> str:
    """The setting most like a name, from 0 (nothing is) to 1 (all is) alike; empty for none."""
    return next(iter(difflib.get_close_matches(name, NAMES, n=1, cutoff=likeness)), "")


def readable_by_others(given: Given) -> Iterator[Finding]:
    """Files with a secret that others on this machine may read."""
    for file in given.files:
        if not file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            continue
        with file.open(encoding="utf-8") as opened:
            values = dotenv_values(stream=opened, interpolate=False)
        held = [name for name in SECRETS if values.get(name)]
        if held:
            words = f"Others on this machine may read {', '.join(held)} in {file}."
            yield Finding(file.name, Verdict.MEND, words, f"chmod 600 {file}")
