"""Releases in S3: `releases/VERSION/…`, written once.

tarball, description --> checksum last: what has no checksum is not finished, and nobody takes it
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cloudscale.adapters.aws.faults import asking

PREFIX = "releases"
TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}


class OtherRelease(Exception):
    """Something else is there under this version, and a version never changes."""


class Releases:
    """The releases in one bucket.

    Args:
        s3: The boto3 client.
        bucket: The bucket's name.
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def upload(self, version: str, files: Sequence[Path]) -> bool:
        """Upload a release, unless the same one is there.

        Args:
            version: What it is called.
            files: Its files; the last one is the checksum, which makes it one.

        Returns:
            Whether it was uploaded; False when it was there.

        Raises:
            OtherRelease: Another one is there.
            CloudFault: S3 could not be asked, or refused.
        """
        *contents, checksum = files
        text = checksum.read_text(encoding="ascii")
        there = self._there(key_of(version, checksum))
        if there is not None:
            self._require_same(there, text, version)
            return False
        with asking("s3:PutObject"):
            for file in contents:
                kept = {"ChecksumAlgorithm": "SHA256"}
                self._s3.upload_file(str(file), self._bucket, key_of(version, file), ExtraArgs=kept)
        return self._finish(version, checksum, text)

    def _finish(self, version: str, checksum: Path, text: str) -> bool:
        """Write the checksum, unless somebody else did meanwhile."""
        from botocore.exceptions import ClientError

        key = key_of(version, checksum)
        try:
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=text.encode(), IfNoneMatch="*")
        except ClientError as refusal:
            if refusal.response["Error"]["Code"] in TAKEN:
                self._require_same(self._there(key), text, version)
                return False
            with asking("s3:PutObject"):
                raise
        return True

    def _there(self, key: str) -> str | None:
        with asking("s3:GetObject"):
            try:
                answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            except self._s3.exceptions.NoSuchKey:
                return None
            return answer["Body"].read().decode()

    @staticmethod
    def _require_same(there: str | None, ours: str, version: str) -> None:
        if there != ours:
            raise OtherRelease(
                f"{version} is there already, with another checksum, and a version never changes: "
                "take the one that is there, or commit and release again."
            )


def key_of(version: str, file: Path) -> str:
    """Where a file of a release is."""
    return f"{PREFIX}/{version}/{file.name}"
