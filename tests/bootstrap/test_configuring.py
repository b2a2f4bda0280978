"""A server is set as its launch template says, by what it reads from SSM and Secrets Manager."""

from concurrent.futures import ThreadPoolExecutor

from tests.bootstrap.machine import Machine

NO_PROGRAM = "Stage configure failed: the schema"  # which comes after settings and secrets


def settings_of(machine: Machine) -> str:
    return machine.place("/etc/cloudscale/settings.env").read_text()


def test_settings_come_from_the_parameter_that_user_data_names(machine):
    new = machine(MAIL_FROM="The shop <shop@example.com>")
    assert NO_PROGRAM in new.fail("configure")
    assert "MAIL_FROM='The shop <shop@example.com>'\n" in settings_of(new)
    assert "MAIL_FROM" not in new.place("/etc/cloudscale/boot.env").read_text()


def test_what_somebody_wrote_there_since_is_passed_over(machine):
    new = machine()
    new.keep("ENVIRONMENT='development'")
    new.keep("TRUSTED_PROXY_HOPS='9'")
    assert NO_PROGRAM in new.fail("configure")
    assert "ENVIRONMENT='production'\n" in settings_of(new)
    assert "TRUSTED_PROXY_HOPS" not in settings_of(new)
    assert "version 3 of /shop/settings-" in new.log
    assert "version 2 of /shop/settings-" in new.log
    assert "IS NOT WHAT THIS SERVER WAS MADE WITH" in new.log


def test_a_server_of_the_version_before_is_set_as_it_was_then(machine):
    """So a fleet that is rolled back has its settings back, too."""
    new = machine(SESSION_HOURS="1")
    before = new.told["SETTINGS_SHA256"]
    new.told["SESSION_HOURS"] = "2"
    new.tell()
    assert NO_PROGRAM in new.fail("configure")
    assert "SESSION_HOURS='2'\n" in settings_of(new)
    boot = new.place("/etc/cloudscale/boot.env")
    boot.write_text(boot.read_text().replace(new.told["SETTINGS_SHA256"], before))
    new.fail("configure")
    assert "SESSION_HOURS='1'\n" in settings_of(new)


def test_settings_that_are_gone_are_named(machine, stage):
    new = machine()
    stage.aws.client("ssm").delete_parameter(Name=new.told["SETTINGS_PARAMETER"])
    told = new.fail("configure")
    assert f"the settings {new.told['SETTINGS_PARAMETER']} cannot be read" in told
    assert "put them back: terraform apply" in told
    assert "attempt" not in new.log


def test_settings_of_which_no_version_fits_are_refused(machine, stage):
    new = machine()
    stage.aws.client("ssm").delete_parameter(Name=new.told["SETTINGS_PARAMETER"])
    new.keep("ENVIRONMENT='development'")
    told = new.fail("configure")
    assert (
        f"no version of {new.told['SETTINGS_PARAMETER']} is what this server was made with" in told
    )
    assert not list(new.place("/etc/cloudscale").glob("settings.env*"))


def test_two_runs_at_once_wait_for_each_other(machine):
    new = machine()
    with ThreadPoolExecutor() as both:
        ran = list(both.map(lambda _: new.run("configure"), range(2)))
    assert all(NO_PROGRAM in one.stdout for one in ran), ran
    begun = [line for line in new.log.splitlines() if "configure: begins" in line]
    ended = [line for line in new.log.splitlines() if "FAILED" in line]
    order = [line for line in new.log.splitlines() if line in (*begun, *ended)]
    assert ["begins" in line for line in order] == [True, False, True, False]
    assert [file.name for file in new.place("/run/cloudscale").glob("said*")] == []


def test_what_is_tried_again_and_again_is_told_to_people_once(machine, stage):
    new = machine()
    new.secrets["SMTP_URL"] = ("arn:aws:secretsmanager:ap-south-1:123456789012:secret:gone", "{}")
    new.tell()
    for _ in range(2):  # as systemd does after a restart of the machine
        assert "the secret of SMTP_URL cannot be read" in new.fail("secrets")
    assert len(stage.told_people()) == 1
    assert list(new.place("/run/cloudscale").glob("secrets*")) == []
