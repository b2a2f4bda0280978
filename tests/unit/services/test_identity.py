"""Where a request comes from is believed as far as proxies are trusted, and no further."""

import pytest

from cloudscale.services.identity import Client, client_of


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "hops", "ip"),
    [
        ("10.0.0.1", "", 0, "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6", 0, "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9", 2, "10.0.0.1"),
        ("10.0.0.1", "", 1, "10.0.0.1"),
        ("10.0.0.1", "<script>", 1, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:5555", 1, "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::1]:5555", 1, "2001:db8::1"),
        ("10.0.0.1", "2001:DB8:0::1", 1, "2001:db8::1"),
        ("::ffff:203.0.113.9", "", 0, "203.0.113.9"),
        ("", "", 0, ""),
        ("testclient", "", 0, ""),
    ],
)
def test_exactly_the_trusted_proxies_are_believed(peer, forwarded_for, hops, ip):
    assert client_of(peer, forwarded_for, "", hops).ip == ip


def test_a_user_agent_is_cut_and_cleaned():
    agent = client_of("", "", "Fire\x1b[31mfox\n" + "x" * 1000, 0).user_agent
    assert agent.startswith("Fire[31mfoxxx")
    assert len(agent) == 300


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "facebookexternalhit/1.1",
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        "Baiduspider+(+http://www.baidu.com/search/spider.htm)",
    ],
)
def test_what_calls_itself_a_robot_is_one(agent):
    assert Client(user_agent=agent).is_robot


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140 Safari",
        "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/99 Mobile Safari",
        "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140 Safari/537.36",
        "curl/8.9",
    ],
)
def test_browsers_and_programs_are_not_robots(agent):
    assert not Client(user_agent=agent).is_robot
