"""One look at the stack: the same question is asked once, and some for all at once.

observer, observer, … --ask, pages--> Look --each question once--> Calls
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Any

from cloudscale.adapters.aws.healing.calls import Calls


class Look(Calls):
    """Makes the calls of one look, and remembers the answers. Any thread may use it.

    Args:
        calls: Makes them.
        batches: What the look wants to know alike of several things, by the name of the question.
    """

    def __init__(self, calls: Calls, batches: Mapping[str, Sequence[str]]) -> None:
        self._calls, self._batches = calls, batches
        self._answers: dict[str, Future[Any]] = {}
        self._gate = Lock()

    @property
    def made(self) -> int:
        """How many calls were made so far."""
        return self._calls.made

    def client(self, service: str) -> Any:
        """The client of a service."""
        return self._calls.client(service)

    def count(self) -> None:
        """One more call was made."""
        self._calls.count()

    def batch(self, question: str, names: Sequence[str]) -> Sequence[str]:
        """All that this look wants to know alike, if these are among it."""
        all_of_it = self._batches.get(question, ())
        return all_of_it if set(names) <= set(all_of_it) else names

    def ask(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """An answer; the one that somebody else got already, where there is one.

        Raises:
            CloudFault: It was refused, or AWS did not answer.
        """
        key = _key("ask", service, operation, arguments)
        return self._once(key, lambda: self._calls.ask(service, operation, **arguments))

    def pages(self, service: str, operation: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """The pages of an answer; those that somebody else got already are not asked for again.

        Raises:
            CloudFault: One was refused, or AWS did not answer.
        """
        key = _key("pages", service, operation, arguments)
        pages = self._once(key, lambda: _Pages(self._calls.pages(service, operation, **arguments)))
        yield from pages

    def _once(self, key: str, answer: Callable[[], Any]) -> Any:
        with self._gate:
            is_first = key not in self._answers
            told = self._answers.setdefault(key, Future())
        if is_first:
            try:
                told.set_result(answer())
            except BaseException as fault:
                told.set_exception(fault)
        return told.result()


class _Pages:
    """Pages that several may read, each asked for when the first one wants it."""

    def __init__(self, pages: Iterator[dict[str, Any]]) -> None:
        self._pages, self._read = pages, list[dict[str, Any]]()
        self._fault: BaseException | None = None
        self._gate = Lock()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        number = 0
        while (page := self._page(number)) is not None:
            yield page
            number += 1

    def _page(self, number: int) -> dict[str, Any] | None:
        with self._gate:
            if number < len(self._read):
                return self._read[number]
            if self._fault:
                raise self._fault
            try:
                page = next(self._pages, None)
            except BaseException as fault:
                self._fault = fault
                raise
            if page is not None:
                self._read.append(page)
            return page


def _key(way: str, service: str, operation: str, arguments: Mapping[str, Any]) -> str:
    return json.dumps([way, service, operation, arguments], sort_keys=True, default=str)
