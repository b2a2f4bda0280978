"""`doctor --stack` on the stack that Terraform builds: it looks where things are."""

from cloudscale.adapters.aws.healing.assembly import Whereabouts
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.inspection import Inspection
from cloudscale.serving.diagnosis.finding import Verdict, examine
from cloudscale.serving.diagnosis.stack import Stack, in_words
from tests.aws_server import REGION
from tests.terraform.conftest import Built

NAME = "cloudscale-production"
NOT_ON_MOTO = {"refresh", "last run"}
"""moto knows no instance refresh, and runs no function that would have written something."""


def test_all_that_terraform_names_is_found_by_its_name(built: Built):
    tables = built.aws.client("dynamodb").list_tables()["TableNames"]
    assert f"{NAME}-healing" in tables
    where = Whereabouts(NAME, f"{NAME}-healing", region=REGION, endpoint_url=built.aws.url)
    calls = Calls(built.aws.client)  # not where.calls(), which are the healer's
    examinations = Stack(Inspection(calls, NAME), where, calls).examinations()
    found = [examine(title, in_words(ask)) for title, ask in examinations.items()]
    ill = {one.name: one.words for one in found if one.verdict is Verdict.MEND}
    assert ill.keys() <= NOT_ON_MOTO, ill
    secrets = next(one.words for one in found if one.name == "secrets")
    assert {"secret-key", "metrics-token", "database-password"} <= set(secrets.split(", "))
