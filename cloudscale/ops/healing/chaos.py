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
        "One instance is at 97 % of its memory while its peers are at 45 %.",
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
BY_SLUG = {one.slug: one for one in CHAOS}
