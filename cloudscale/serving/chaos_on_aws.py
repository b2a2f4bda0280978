"""`python -m cloudscale chaos` against a stack on AWS, with the credentials of whoever runs it.

target and undo told --> the stack's name typed --> broken, watched --> healed, or put back
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from cloudscale.adapters.aws.healing.assembly import parts_of
from cloudscale.adapters.aws.healing.chaos import AwsHands
from cloudscale.adapters.aws.healing.trial_book import DynamoBook
from cloudscale.ops.healing.desired import DesiredFault
from cloudscale.ops.healing.score import Score
from cloudscale.ops.healing.staging import Staged
from cloudscale.ops.healing.trial_ports import Means, NotNow, Terms
from cloudscale.ops.healing.trying import Trying
from cloudscale.ops.healing.words import typed
from cloudscale.ops.ports import CloudFault
from cloudscale.serving.healing import whereabouts
from cloudscale.serving.refusal import Refused
from cloudscale.serving.signals import stop_on_signals
from cloudscale.serving.terminal import say
from cloudscale.settings import Settings


class AwsChaos:
    """Breaking one stack on AWS on purpose.

    Args:
        settings: Which stack.

    Raises:
        Refused: The settings name none.
    """

    def __init__(self, settings: Settings) -> None:
        self._where = whereabouts(settings)
        self._calls = self._where.calls()
        self._book = DynamoBook(self._calls, self._where.table)
        self.stack = self._where.stack

    def run(
        self, slug: str, terms: Terms, confirm: Callable[[], bool]
    ) -> tuple[Score | None, bool]:
        """Break something and watch it heal; what does not heal is put back.

        Args:
            slug: Which trial.
            terms: How long, and until what.
            confirm: Asks for the stack's name, once it has been told what would be done.

        Returns:
            How it went, `None` where somebody stopped it; and whether it was confirmed.

        Raises:
            Refused: Nothing was broken.
        """
        parts = parts_of(self._where, self._calls)
        trying = Trying(Means(parts, AwsHands(self._calls), self._book, say, terms))
        score = None
        with refused_in_words():
            staged = trying.prepare(slug)
            _tell(staged, self.stack, terms)
            if not confirm():
                return None, False
            with stop_on_signals():
                score = trying.run(staged)
        return score, True

    def scorecard(self) -> tuple[Sequence[str], Sequence[Score]]:
        """The trial that is under way or was left behind, in lines; and those that are over.

        Raises:
            Refused: The record's table cannot be reached.
        """
        with refused_in_words():
            marker, scores = self._book.open(), self._book.done()
        if marker is None:
            return (), scores
        return (marker.words(datetime.now(UTC)), *(f"  undo: {one}" for one in marker.undo)), scores


def _tell(staged: Staged, stack: str, terms: Terms) -> None:
    """Say what would be done and how a person takes it back, should this program die."""
    say(f"On the stack {stack}: {staged.words}")
    for command in staged.commands:
        say(f"  do:   {typed(command)}")
    for command in staged.undo:
        say(f"  undo: {typed(command)}")
    until = f"after {terms.minutes:g} minutes, when too few servers serve, when the healer gives up"
    alarms = "".join(f", when {name} goes off" for name in terms.stop_at)
    say(f"It is put back by itself {until}{alarms}, and by Ctrl-C.")


@contextmanager
def refused_in_words() -> Iterator[None]:
    """Say why nothing was done.

    Raises:
        Refused: It was refused.
    """
    try:
        yield
    except (NotNow, DesiredFault, CloudFault) as refusal:
        raise Refused(refusal.reason) from refusal
