"""Which inline scripts and styles a policy lets in."""

from cloudscale.api.content_policy import digest, inline, page_policy

WRITTEN = (
    '<head><script>\nboot("a")\n</script><script src="/js/x.js"></script>'
    '<script type="application/ld+json">{"a":1}</script>'
    '<script type="module">import "/a.js"</script>'
    "<style data-x>.a{color:red}</style></head>"
)


def directives(policy: str) -> dict[str, list[str]]:
    """What each directive of a policy lists."""
    return {name: sources for name, *sources in (part.split() for part in policy.split("; "))}


def test_a_digest_is_the_one_of_the_standard():
    # The example of the specification: https://www.w3.org/TR/CSP3/#external-hash
    assert digest("alert('Hello, world.');") == (
        "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
    )


def test_only_what_runs_inline_is_named():
    assert inline(WRITTEN, "script") == ['\nboot("a")\n', 'import "/a.js"']
    assert inline(WRITTEN, "style") == [".a{color:red}"]
    assert page_policy(WRITTEN).count("sha256-") == 4  # the empty style too


def test_each_is_named_once_however_often_it_is_met():
    assert page_policy(WRITTEN, WRITTEN, "<style>.a{color:red}</style>") == page_policy(WRITTEN)


def test_nothing_else_is_let_in():
    found = directives(page_policy(WRITTEN))
    assert found["default-src"] == ["'none'"]
    assert found["frame-ancestors"] == ["'none'"]
    assert found["connect-src"] == found["base-uri"] == found["form-action"] == ["'self'"]
    for open_door in ("'unsafe-inline'", "http", "*"):
        assert open_door not in page_policy(WRITTEN)


def test_only_a_page_that_reflex_draws_may_evaluate():
    assert "'unsafe-eval'" in page_policy(WRITTEN)
    assert "'unsafe-eval'" not in page_policy(WRITTEN, is_app=False)
