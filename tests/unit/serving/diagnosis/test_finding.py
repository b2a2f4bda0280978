"""What an examination comes to, for people and for programs."""

import json

from cloudscale.serving.diagnosis.finding import Ailment, Remark, examined, report


def well() -> str:
    return "as it should be"


def odd() -> str:
    raise Remark("It may be meant so.", "Or do this.")


def ill() -> str:
    raise Ailment("It is broken.", "Do that.")


def test_people_are_told_what_is_wrong_and_how_to_mend_it(capsys):
    code = report(examined({"one": well, "two": odd, "three": ill}), is_json=False)
    told = capsys.readouterr()
    assert code == 1
    assert told.out == ""
    assert [line.split() for line in told.err.splitlines()] == [
        ["ok", "one", "as", "it", "should", "be"],
        ["note", "two", *["It", "may", "be", "meant", "so.", "Or", "do", "this."]],
        ["MEND", "three", *["It", "is", "broken.", "Do", "that."]],
        ["1", "to", "mend."],
    ]


def test_what_should_only_be_known_is_no_failure(capsys):
    assert report(examined({"one": well, "two": odd}), is_json=False) == 0
    assert capsys.readouterr().err.endswith("All is well.\n")


def test_programs_are_told_the_same_on_stdout(capsys):
    assert report(examined({"one": well, "three": ill}), is_json=True) == 1
    told = capsys.readouterr()
    assert told.err == ""
    assert json.loads(told.out) == {
        "toMend": 1,
        "findings": [
            {"name": "one", "verdict": "ok", "words": "as it should be", "mend": ""},
            {"name": "three", "verdict": "mend", "words": "It is broken.", "mend": "Do that."},
        ],
    }
