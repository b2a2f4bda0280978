"""Telling people through SNS, or where there is no topic, through the log."""

import logging

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.ops.healing.ports import Letter

LARGEST_BYTES = 250_000  # SNS takes 256 KiB, attributes included
CUT = "\n(The rest is in the record.)"

logger = logging.getLogger(__name__)


class SnsMessenger:
    """A healing `Messenger` for one topic.

    Args:
        calls: Makes the calls.
        topic: The topic's ARN; empty where there is none.
    """

    def __init__(self, calls: Calls, topic: str) -> None:
        self._calls, self._topic = calls, topic

    def tell(self, letter: Letter) -> None:
        """Publish one letter; its phase is an attribute, so that subscriptions can choose by it.

        Raises:
            CloudFault: It was not told.
        """
        if not self._topic:
            logger.info("%s\n%s", letter.subject, letter.body)
            return
        phase = {"DataType": "String", "StringValue": letter.entry.phase.value}
        self._calls.ask(
            "sns",
            "publish",
            TopicArn=self._topic,
            Subject=letter.subject,
            Message=_fitting(letter.body),
            MessageAttributes={"phase": phase},
        )


def _fitting(body: str) -> str:
    whole = body.encode()
    if len(whole) <= LARGEST_BYTES:
        return body
    return whole[: LARGEST_BYTES - len(CUT)].decode("utf-8", "ignore") + CUT
