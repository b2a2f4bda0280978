"""Two builds of the same sources are the same, as far as Reflex's own script goes."""

import pytest
from reflex_base import constants

from cloudscale.same_build import SameBuildPlugin, version_alone

SCRIPT = 'import reflexEnvironment from "$/reflex.json";\nprotocols: [reflexEnvironment.version],\n'


def test_only_the_version_is_taken_along():
    changed = version_alone(SCRIPT)
    assert "import reflexEnvironment" not in changed
    assert changed.startswith('import { version as reflexVersion } from "$/reflex.json";\n')
    assert changed.endswith("protocols: [reflexEnvironment.version],\n")


def test_a_script_that_was_changed_before_stays_as_it_is():
    assert version_alone(version_alone(SCRIPT)) == version_alone(SCRIPT)


@pytest.mark.parametrize(
    "script", ["", SCRIPT.replace('"$', "'$"), SCRIPT + "say(reflexEnvironment.project_hash)\n"]
)
def test_a_script_that_is_not_understood_fails_the_build(script):
    with pytest.raises(RuntimeError, match="in another way"):
        version_alone(script)


def test_reflexes_own_script_is_understood():
    asked = []
    SameBuildPlugin().pre_compile(add_modify_task=lambda *task: asked.append(task))
    [(name, change)] = asked
    script = (constants.Templates.Dirs.WEB_TEMPLATE / name).read_text(encoding="utf-8")
    assert change(script) != script
