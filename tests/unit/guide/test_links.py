"""No page of ours leads nowhere: files, pictures and headings that are linked are there."""

import re
import subprocess
from pathlib import Path

import pytest

from cloudscale.settings import ROOT

LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def pages() -> list[Path]:
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [ROOT / name for name in told if not name.startswith(".issues")]


def anchors(page: Path) -> set[str]:
    """A page's headings, as GitHub makes addresses of them."""
    plain = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", plain, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_to_is_there(page: Path):
    text = CODE.sub("", page.read_text())
    lost = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (heading and heading not in anchors(target)):
            lost.append(link)
    assert lost == []


def test_a_link_that_leads_nowhere_is_noticed():
    assert LINK.findall("[a](b.md#c) ![d](e.png)") == ["b.md#c", "e.png"]
    assert "restore-a-backup" in anchors(ROOT / "docs" / "deploy.md")
