"""terraform/README.md lists what can be set and what is told, as Terraform has it."""

import re

import pytest

from cloudscale.settings import ROOT

FOLDER = ROOT / "terraform"
README = (FOLDER / "README.md").read_text()


def blocks(kind: str, file: str) -> dict[str, str]:
    """The body of each block of a kind, by its name."""
    text = (FOLDER / file).read_text()
    return dict(re.findall(rf'(?ms)^{kind} "(\w+)" \{{\n(.*?)^\}}$', text))


def described(body: str) -> str:
    found = re.search(r'^  description = "(.*)"$', body, re.MULTILINE)
    assert found, body
    return found[1]


def rows(heading: str) -> dict[str, list[str]]:
    """The cells of each row of the table under a heading, by the first one."""
    table = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return {first.strip("`"): others for first, *others in cells}


@pytest.mark.parametrize(
    ("kind", "file", "heading"),
    [("variable", "variables.tf", "Variables"), ("output", "outputs.tf", "Outputs")],
)
def test_the_readme_lists_each_one_in_terraforms_own_words(kind, file, heading):
    declared = {name: described(body) for name, body in blocks(kind, file).items()}

    assert {name: cells[-1] for name, cells in rows(heading).items()} == declared


def test_the_readme_tells_each_default():
    defaults = {
        name: f"`{found[1]}`"
        if (found := re.search(r"(?m)^  default += (.+)$", body))
        else "required"
        for name, body in blocks("variable", "variables.tf").items()
    }

    assert {name: cells[1] for name, cells in rows("Variables").items()} == defaults


def test_each_variable_is_part_of_what_a_change_is():
    text = (FOLDER / "healing.tf").read_text()
    inputs = set(re.findall(r"(?m)^    (\w+) += var\.\1$", text))
    # The file is known by what is in it.
    assert inputs == blocks("variable", "variables.tf").keys() - {"healer_package"}
