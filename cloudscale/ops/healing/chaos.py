"""What can be broken on purpose, in words: the trials of the page. `breaking` carries them out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chaos:
    """One trial.

    Attributes:
        slug: Its name.
        title: What its button says.
        does: What is done to the model, in a sentence.
        expects: What should happen then, in a sentence.
    """

    slug: str
    title: str
    does: str
    expects: str


CHAOS = (
    Chaos(
        "kill-instance",
        "Switch an instance off",
        "One instance of the modelled fleet is stopped.",
        "Healing sees its machine stopped in two looks and has the group replace it.",
    ),
    Chaos(
        "freeze-instance",
        "Freeze an instance",
        "One instance runs on, and its application answers no more.",
        "Healing reboots it once, or the group itself replaces it, whoever is faster.",
    ),
    Chaos(
        "fill-memory",
        "Fill an instance's memory",
        "One instance has been at 97 % of its memory for ten minutes, its peers at 45 %.",
        "Healing drains it and has the group replace it.",
    ),
    Chaos(
        "open-port",
        "Open port 22 to the world",
        "A rule is added by hand to the servers' security group.",
        "Healing revokes it, and says how it would be put back.",
    ),
    Chaos(
        "delete-alarm",
        "Delete an alarm",
        "One of the modelled alarms is gone.",
        "Healing makes it again as the policy in force wants it.",
    ),
    Chaos(
        "change-threshold",
        "Change a threshold",
        "One of the modelled alarms gets a threshold of 1,000.",
        "Healing sets it back to that of the policy in force.",
    ),
    Chaos(
        "lose-zone",
        "Take a zone away for a minute",
        "One zone of the modelled fleet goes dark, with all that is in it.",
        "The group launches in the other zone; healing may reboot what no longer answers.",
    ),
)
ON_AWS = {
    "kill-instance": (
        "One server that serves is stopped.",
        "Healing has the group replace it, or the group does so itself, whoever is faster.",
    ),
    "freeze-instance": (
        "The shop's processes on one server are stopped where they are, by Systems Manager.",
        "Healing reboots it once, or the group itself replaces it, whoever is faster.",
    ),
    "fill-memory": (
        "A program fills one server's memory, all but 3 % of it, by Systems Manager.",
        "Healing drains it after five minutes and has the group replace it.",
    ),
    "open-port": (
        "Port 22 of the servers' security group is opened to 192.0.2.0/24, where nobody is.",
        "Healing revokes it, and says how it would be put back.",
    ),
    "delete-alarm": (
        "One alarm is deleted; one that only tells people, where there is one.",
        "Healing makes it again as Terraform wrote it.",
    ),
    "change-threshold": (
        "One alarm's threshold is moved by 1,000, away from where it goes off.",
        "Healing sets it back to what Terraform wrote.",
    ),
    "lose-zone": (
        "One zone's subnet is taken out of the group.",
        "Healing puts it back; meanwhile the group launches in the other zones.",
    ),
}
"""What each does to a stack on AWS, and what should happen then."""

HEALED = "Healed."
BY_GROUP = "The group itself replaced what was lost, before healing had to."
BY_ITSELF = "It was well again before healing had to act."
BY_SLUG = {one.slug: one for one in CHAOS}


def how_it_healed(*, has_acted: bool, is_of_fleet: bool) -> str:
    """Who put a trial right, in words: healing only where it acted."""
    if has_acted:
        return HEALED
    return BY_GROUP if is_of_fleet else BY_ITSELF
