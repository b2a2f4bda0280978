"""A release is in S3 as a whole or not at all, and what is there never changes."""

import pytest

from cloudscale.adapters.aws.releases import OtherRelease, Releases
from cloudscale.ops.ports import CloudFault

BUCKET = "shop-releases"


@pytest.fixture
def s3(aws):
    client = aws.client("s3")
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
    )
    return client


def files(folder, content="tarball", digest="abc"):
    folder.mkdir()
    tarball = folder / "cloudscale-v1-x86_64.tar.gz"
    texts = {tarball: content, folder / "cloudscale-v1-x86_64.json": "{}"}
    checksum = folder / f"{tarball.name}.sha256"
    texts[checksum] = f"{digest}  {tarball.name}\n"
    for file, text in texts.items():
        file.write_text(text)
    return list(texts)


def keys(s3):
    return [row["Key"] for row in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_a_release_is_uploaded_once(s3, tmp_path):
    releases = Releases(s3, BUCKET)
    one = files(tmp_path / "one")
    assert releases.upload("v1", one)
    assert keys(s3) == [
        "releases/v1/cloudscale-v1-x86_64.json",
        "releases/v1/cloudscale-v1-x86_64.tar.gz",
        "releases/v1/cloudscale-v1-x86_64.tar.gz.sha256",
    ]
    kept = s3.get_object(Bucket=BUCKET, Key="releases/v1/cloudscale-v1-x86_64.tar.gz")
    assert kept["Body"].read() == b"tarball"
    assert not releases.upload("v1", one)


def test_another_one_under_the_same_version_is_refused_and_changes_nothing(s3, tmp_path):
    releases = Releases(s3, BUCKET)
    releases.upload("v1", files(tmp_path / "one"))
    with pytest.raises(OtherRelease, match="v1 is there already, with another checksum"):
        releases.upload("v1", files(tmp_path / "other", content="changed", digest="def"))
    kept = s3.get_object(Bucket=BUCKET, Key="releases/v1/cloudscale-v1-x86_64.tar.gz")
    assert kept["Body"].read() == b"tarball"


def test_an_upload_that_broke_off_is_finished(s3, tmp_path):
    one = files(tmp_path / "one")
    s3.put_object(Bucket=BUCKET, Key=f"releases/v1/{one[0].name}", Body=b"half")
    assert Releases(s3, BUCKET).upload("v1", one)
    kept = s3.get_object(Bucket=BUCKET, Key=f"releases/v1/{one[0].name}")
    assert kept["Body"].read() == b"tarball"


def test_of_two_that_upload_at_once_the_second_is_refused(s3, tmp_path, monkeypatch):
    releases = Releases(s3, BUCKET)
    one, other = files(tmp_path / "one"), files(tmp_path / "other", digest="def")
    there = releases._there
    looked = []

    def look_too_early(key):
        looked.append(key)
        return None if len(looked) == 1 else there(key)

    Releases(s3, BUCKET).upload("v1", one)
    monkeypatch.setattr(releases, "_there", look_too_early)
    with pytest.raises(OtherRelease):
        releases.upload("v1", other)


def test_a_bucket_that_is_not_there_is_told_in_words(aws, tmp_path):
    with pytest.raises(CloudFault, match="NoSuchBucket"):
        Releases(aws.client("s3"), "no-such-bucket").upload("v1", files(tmp_path / "one"))
