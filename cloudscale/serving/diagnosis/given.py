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
# Names of others that look like settings of ours: OpenTelemetry's own, and what servers on AWS are
# told beside them (terraform/modules/fleet/user_data.tf).
NEIGHBOURS = {"OTEL_EXPORTER_OTLP_HEADERS", "RELEASE_BUCKET", "REPOSITORY", "REPOSITORY_REF"}
ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class Given:
    """What is set, by its name in capitals.

    Attributes:
        values: The settings.
        files: The files that they were read from; none for the environment.
        strange: Names in the files that are no settings.
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
        own = ROOT / ".env"
        both = {**(dotenv_values(own) if own.exists() else {}), **os.environ}
        return Given({name.upper(): value or "" for name, value in both.items() if _is_ours(name)})
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
    """Names that are no settings, and look like one."""
    for name in given.strange:
        alike = difflib.get_close_matches(name, NAMES, n=1, cutoff=ALIKE)
        if alike and name not in NEIGHBOURS:
            words = f"{name} is no setting, and nothing reads it."
            yield Finding(name, Verdict.MEND, words, f"Is {alike[0]} meant?")


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
