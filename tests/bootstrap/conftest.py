"""Bare machines, an AWS of their own, a database, and the repository that they clone."""

import os
import shutil
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from cloudscale.settings import ROOT
from tests import aws_server, external_store
from tests.aws_server import REGION, Aws
from tests.bootstrap import instance_metadata
from tests.bootstrap.instance_metadata import Metadata
from tests.bootstrap.machine import Machine
from tests.e2e.conftest import allowed_errors, new_page, pytest_runtest_makereport

__all__ = ["allowed_errors", "new_page", "pytest_runtest_makereport"]

TAG = "v9.9.9"
PASSWORD = "hidden"
BUCKET = "shop-releases"
METRICS_TOKEN = "a token that lets Prometheus in"
Make = Callable[..., Machine]


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that other users may pass through, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="cloudscale-machine-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody without a configuration."""
    person = {f"GIT_{role}_{what}": "x@example.com" for role in ("AUTHOR", "COMMITTER")
              for what in ("NAME", "EMAIL")}  # fmt: skip
    environment = {**os.environ, **person, "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@dataclass
class Remote:
    """A repository that machines clone.

    Attributes:
        path: A bare one.
        commit: What the tag `TAG` and the branch `main` name.
        older: The commit before.
    """

    path: Path
    commit: str
    older: str


def _copied(folder: Path) -> None:
    """This project as it is here, whether it is committed or not."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


@contextmanager
def repository() -> Iterator[Remote]:
    """A bare repository with this project in it."""
    with open_folder() as folder:
        work = folder / "work"
        work.mkdir()
        git(work, "init", "--quiet", "--initial-branch=main")
        git(work, "commit", "--quiet", "--allow-empty", "-m", "Begin")
        _copied(work)
        git(work, "add", "--all")
        git(work, "commit", "--quiet", "-m", "Sell")
        git(work, "tag", "--annotate", TAG, "-m", "Released")
        git(folder, "clone", "--quiet", "--bare", str(work), "remote.git")
        commit, older = git(work, "rev-parse", "HEAD", "HEAD~1").split()
        shutil.rmtree(work)
        # Whoever runs the shop reads it, and git reads nothing that is somebody else's.
        (folder / ".gitconfig").write_text("[safe]\n\tdirectory = *\n")
        yield Remote(folder / "remote.git", commit, older)


@dataclass
class Stage:
    """What a machine finds in its account.

    Attributes:
        aws: The AWS.
        told: What machines are told: boot.env, and the settings in SSM.
        secrets: Where their secrets are.
        metadata: What they are told of themselves.
    """

    aws: Aws
    metadata: Metadata
    told: dict[str, str]
    secrets: dict[str, tuple[str, str]]

    @contextmanager
    def lifecycle(self) -> Iterator[list[dict[str, str]]]:
        """Yields how launches and terminations were finished meanwhile, once the block is over."""
        finished: list[dict[str, str]] = []
        self.aws.tell("recorder/reset-recording")
        self.aws.tell("recorder/start-recording")
        try:
            yield finished
            bodies = [b64decode(call["body"] or "").decode() for call in self.aws.calls()]
            asked = [dict(parse_qsl(body)) for body in bodies]
            finished += [one for one in asked if one.get("Action") == "CompleteLifecycleAction"]
        finally:
            self.aws.tell("recorder/stop-recording")

    def told_people(self) -> list[str]:
        """What was published since this was asked last."""
        sqs = self.aws.client("sqs")
        url = sqs.get_queue_url(QueueName="people")["QueueUrl"]
        told = []
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                told.append(message["Body"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return told


def secret(aws: Aws, name: str, value: str) -> str:
    """Keep a secret; returns its ARN."""
    made: dict[str, Any] = aws.client("secretsmanager").create_secret(Name=name, SecretString=value)
    return made["ARN"]


def database_secret(stage: Stage, url: str) -> tuple[str, str]:
    """The password is the secret, and the rest of the address is not."""
    before, after = url.split("hidden")
    return secret(stage.aws, f"database-{len(stage.secrets)}", "hidden"), f"{before}{{}}{after}"


def publish(stage: Stage, built: Machine, remote: Remote) -> None:
    """Make the release of the commit that a machine has built, and put it into the bucket."""
    folder = built.place("/opt/cloudscale/dist")
    command = [sys.executable, "-m", "cloudscale", "release", "--output", str(folder)]
    done = subprocess.run(
        command, cwd=built.application, env=built.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for file in folder.iterdir():
        key = f"releases/{remote.commit[:12]}/{file.name}"
        stage.aws.client("s3").upload_file(str(file), BUCKET, key)


@contextmanager
def account(folder: Path) -> Iterator[Stage]:
    """An AWS with what Terraform makes for servers."""
    with aws_server.running(folder) as aws, instance_metadata.running() as metadata:
        topic = aws.client("sns").create_topic(Name="shop-notices")["TopicArn"]
        sqs = aws.client("sqs")
        queue = sqs.create_queue(QueueName="people")["QueueUrl"]
        names = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        arn = names["Attributes"]["QueueArn"]
        aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        parameter = "/shop/scaling-policy"
        document = (ROOT / "terraform" / "policy.json").read_text()
        aws.client("ssm").put_parameter(
            Name=parameter, Type="String", Tier="Advanced", Value=document
        )
        place = {"LocationConstraint": REGION}
        aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        told = {
            "ENVIRONMENT": "production",
            "HOST": "127.0.0.1",
            "PUBLIC_URL": "https://shop.example.com",
            "CLOUD": "aws",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url,
            "AUTO_SCALING_GROUP": "shop-fleet",
            "LAUNCH_HOOK": "shop-launching",
            "TERMINATION_HOOK": "shop-terminating",
            "SCALING_POLICY_PARAMETER": parameter,
            "TOPIC_ARN": topic,
            "RELEASE_BUCKET": BUCKET,
            "REPOSITORY_REF": TAG,
            "DRAIN_SECONDS": "0",
            "LOG_FORMAT": "json",
        }
        key = "a key of forty characters that nobody knows"
        secrets = {
            "SECRET_KEY": (secret(aws, "secret-key", key), "{}"),
            "METRICS_TOKEN": (secret(aws, "metrics-token", METRICS_TOKEN), "{}"),
        }
        yield Stage(aws, metadata, told, secrets)


def bare(folder: Path, stage: Stage, remote: Remote, told: Mapping[str, str]) -> Machine:
    """A bare machine in a new folder."""
    folder.mkdir()
    given = {**stage.told, "REPOSITORY": str(remote.path), **told}
    made = Machine(folder, stage.aws.client("ssm"), given, stage.secrets)
    made.environment["GIT_CONFIG_GLOBAL"] = str(remote.path.parent / ".gitconfig")
    return made


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An account that the tests of a file share."""
    with account(tmp_path_factory.mktemp("aws")) as made:
        yield made


@pytest.fixture(scope="module")
def remote() -> Iterator[Remote]:
    """A repository that the tests of a file share."""
    with repository() as made:
        yield made


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The URL of a database that is nobody's yet."""
    with external_store.server() as url:
        yield url


@pytest.fixture
def machine(stage: Stage, remote: Remote) -> Iterator[Make]:
    """Makes bare machines, which may be told something else."""
    numbers = count(1)
    stage.told_people()
    with open_folder() as folder:
        yield lambda **told: bare(folder / f"machine-{next(numbers)}", stage, remote, told)
