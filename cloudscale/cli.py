"""The command line: `python -m cloudscale …`. Messages go to stderr, data to stdout.

What a command needs is imported by that command, so that `--help` and refusals are quick.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cloudscale.serving import chaos_commands, healing_commands, release_commands
from cloudscale.serving.diagnosis import command as diagnosis
from cloudscale.serving.running import migrated_database, refusals_in_words
from cloudscale.serving.terminal import say, step
from cloudscale.settings import get_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """CloudScale Commerce: an online store that watches itself."""
    # This environment's programs (bun, reflex) come first for every child.
    programs = str(Path(sys.executable).parent)
    os.environ["PATH"] = programs + os.pathsep + os.environ.get("PATH", "")


@app.command()
def build() -> None:
    """Build the front end, unless a current build is there."""
    from cloudscale.serving import frontend

    if frontend.why_not():
        with refusals_in_words():
            say("Building the front end (about 15 s)")
            frontend.build()


@app.command()
def serve() -> None:
    """Serve the store: page, websocket and API on one port."""
    with refusals_in_words():
        with step("Loading the program"):
            from cloudscale.serving import store

        raise typer.Exit(store.serve(get_settings()))


@app.command()
def dev() -> None:
    """Serve for people who change the code: hot reload, pages on PORT and the API one above."""
    with refusals_in_words():
        from cloudscale.serving import development

        raise typer.Exit(development.serve(get_settings()))


@app.command()
def migrate(
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for a database that is not up yet.")
    ] = 0,
) -> None:
    """Bring the database's schema up to date."""
    with migrated_database(wait):
        say("The schema is up to date.")


@app.command()
def revision(message: str) -> None:
    """Write the migration that the models need, named by MESSAGE."""
    with migrated_database():
        from cloudscale import db, schema

        wanted = schema.differences(db.get_engine())
        number = schema.make_revision(db.get_engine(), message)
        if not wanted:
            say(f"Wrote revision {number}; the models need none, so it is for you to fill in.")
            return
        say(f"Wrote revision {number}. Read it through: it must see to the following, but Alembic")
        say("writes no CHECK constraint, generated column, trigger or storage by itself.")
        for difference in wanted:
            say(f"  {difference}")


@app.command()
def seed(
    products: Annotated[
        int | None,
        typer.Option(min=0, max=1_000_000, help="Make a synthetic catalogue of this size instead."),
    ] = None,
) -> None:
    """Fill an empty store with the demo catalogue, or make a synthetic one of any size."""
    with migrated_database():
        from cloudscale import db
        from cloudscale.data import seed as seeding

        if products is None:
            with db.unit_of_work() as session:
                added = seeding.seed_demo(session)
            say(f"{added} products added." if added else "The store has products; none was added.")
            return
        with step(f"Making {products:,} products"):
            report = seeding.seed_synthetic(db.get_engine(), products)
        say(f"{report.products:,} products in {report.seconds:.1f} s.")


@app.command()
def createadmin(
    email: Annotated[str, typer.Option(prompt="Email", help="What the owner signs in with.")],
    username: Annotated[str, typer.Option(prompt="Username", help="The name others see.")],
) -> None:
    """Make an account that may do everything; asks for its password, or reads it from stdin."""
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    with migrated_database():
        from cloudscale import db
        from cloudscale.services import accounts

        with db.unit_of_work() as session:
            owner = accounts.create_owner(session, email, username, password)
        say(f"{owner.email} may do everything now.")


@app.command()
def setrole(
    email: Annotated[str, typer.Argument(help="What the account signs in with.")],
    role: Annotated[str, typer.Argument(help="member, ops, staff or owner.")],
) -> None:
    """Give an account another role, from its next click on; the audit log keeps it."""
    with migrated_database():
        from cloudscale import db
        from cloudscale.services import roles
        from cloudscale.services.audit import COMMAND_LINE

        with db.unit_of_work() as session:
            user = roles.set_role(session, COMMAND_LINE, email, role)
        say(f"{user.email} is {user.role} now.")


@app.command()
def simulate(
    trace: Annotated[Path | None, typer.Argument(help="A CSV of time and requests.")] = None,
    scenario: Annotated[
        str | None, typer.Option(help="steady, flash-sale, noisy, step or retry-storm.")
    ] = None,
    policy: Annotated[
        list[str] | None, typer.Option(help="A policy file, or a name; more than once to compare.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of all chance.")] = None,
    boot_seconds: Annotated[
        int | None, typer.Option(min=5, max=1800, help="From launch to first answer, median.")
    ] = None,
    peak: Annotated[
        float | None, typer.Option(help="Scale a trace to so many requests a second.")
    ] = None,
    fill_gaps: Annotated[
        bool, typer.Option(help="Draw lines over gaps of a trace, up to 15 minutes.")
    ] = False,
    question: Annotated[
        str | None, typer.Option(help="A whole question as JSON, from a file or - for stdin.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The answer as JSON.")] = False,
) -> None:
    """Compare scaling policies on a trace or a scenario. The same input gives the same output."""
    if question is None and (trace is None) == (scenario is None):
        raise typer.BadParameter(
            "Name a trace (a CSV of time and requests) or a scenario; not both."
        )
    with refusals_in_words():
        from cloudscale.serving import simulating

        if question is not None:
            asked = simulating.asked_by_program(question)
        else:
            asked = simulating.question_of(
                trace,
                scenario,
                policy or (),
                seed=seed,
                boot_seconds=boot_seconds,
                peak_requests_per_second=peak,
                fill_gaps=fill_gaps,
            )
        simulating.run(asked, is_json=json)


@app.command()
def policy(
    name: Annotated[
        str | None, typer.Argument(help="A policy file, or a name; the shop's own if left out.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write it to terraform/policy.json.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail if terraform/policy.json says anything else.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the document itself.")] = False,
    variables: Annotated[
        Path | None, typer.Option(help="Write it as Terraform's variables to this file.")
    ] = None,
) -> None:
    """Show a scaling policy, or write it for Terraform."""
    with refusals_in_words():
        from cloudscale.serving import policy_file

        chosen = policy_file.named(name)
        if write or check:
            policy_file.require_own(name)
        if write:
            did = "Wrote" if policy_file.write() else "Nothing to change in"
            say(f"{did} {policy_file.FILE}")
        if check:
            policy_file.check()
            say("terraform/policy.json is current.")
        if variables:
            policy_file.write_variables(chosen, variables)
            say(f"Wrote {variables}")
        if as_json or not (write or check or variables):
            sys.stdout.write(policy_file.shown(chosen, is_json=as_json))


app.command()(diagnosis.doctor)
healing_commands.add(app)
chaos_commands.add(app)
release_commands.add(app)
