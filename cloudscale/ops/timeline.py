"""The timeline as one viewer sees it, and what of it is new. Pure.

rows read every second --News.fresh--> what changed --Timeline.with_changes--> what is shown
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cloudscale.ops.events import EventView
from cloudscale.ops.events.views import search_words

LOOK_BACK_SECONDS = 5.0
"""A transaction tells what it did only when it commits, and may have begun so long before."""
PAGE_SIZE = 20
MOST_SHOWN = 300


class News:
    """Tells of rows that are read again and again which are new or changed."""

    def __init__(self) -> None:
        self._seen: dict[int, EventView] = {}

    def fresh(self, read: Sequence[EventView]) -> tuple[EventView, ...]:
        """What of the changes of the last seconds was not told yet."""
        fresh = tuple(event for event in read if self._seen.get(event.id) != event)
        self._seen = {event.id: event for event in read}
        return fresh


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a viewer wants to see.

    Attributes:
        kind: Only events of this kind; empty for all.
        text: Words that must all be in it.
    """

    kind: str = ""
    text: str = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """As `events.listed` takes it."""
        return (self.kind,) if self.kind else ()

    def is_met_by(self, event: EventView) -> bool:
        """Whether the database would find it too."""
        told = "\n".join((event.title, event.cause, event.effect, event.subject)).lower()
        is_kind = not self.kind or event.kind == self.kind
        return is_kind and all(word in told for word in search_words(self.text))


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a viewer sees.

    Attributes:
        wanted: What is looked for.
        events: In progress first, then newest first.
        has_older: Whether there are more.
        linked: The event that the address names, wherever it stands.
        asked_next: What is asked for instead, while it is read.
    """

    wanted: Wanted = field(default_factory=Wanted)
    events: tuple[EventView, ...] = ()
    has_older: bool = False
    linked: EventView | None = None
    asked_next: Wanted | None = None

    @property
    def asked(self) -> Wanted:
        """What was asked for last, shown already or not yet."""
        return self.asked_next or self.wanted

    def asking(self, wanted: Wanted) -> "Timeline":
        """Show what is shown until something else has been read."""
        return replace(self, asked_next=wanted)

    def answered(self, wanted: Wanted, page: Sequence[EventView]) -> "Timeline":
        """Show what was asked for, unless something else has been asked for meanwhile."""
        if self.asked != wanted:
            return self
        return replace(self, wanted=wanted, asked_next=None).first_page(page)

    @property
    def shown(self) -> tuple[EventView, ...]:
        """The events, and before them the linked one if it is not among them."""
        if self.linked is None or any(one.id == self.linked.id for one in self.events):
            return self.events
        return (self.linked, *self.events)

    def first_page(self, page: Sequence[EventView]) -> "Timeline":
        """Begin with a page, which was read with one event more than `PAGE_SIZE`."""
        return replace(self, events=tuple(page[:PAGE_SIZE]), has_older=len(page) > PAGE_SIZE)

    def refreshed(self, page: Sequence[EventView]) -> "Timeline":
        """Take in a first page of what is asked for; what was paged back to stays if it joins."""
        if self.asked_next is not None:
            return self.answered(self.asked_next, page)
        known = {event.id for event in self.events}
        is_joined = any(event.id in known for event in page)
        return self.with_changes(page[:PAGE_SIZE]) if is_joined else self.first_page(page)

    def with_older(self, page: Sequence[EventView], wanted: Wanted | None = None) -> "Timeline":
        """Add the page that follows, which was read in the same way.

        Args:
            page: What follows.
            wanted: Of what; nothing is added if something else is shown by now.
        """
        if wanted not in (None, self.wanted):
            return self
        known = {event.id for event in self.events}
        older = [event for event in page[:PAGE_SIZE] if event.id not in known]
        return replace(self, events=(*self.events, *older), has_older=len(page) > PAGE_SIZE)

    def with_changes(self, changed: Sequence[EventView]) -> "Timeline":
        """Take in what is new; what lies before the oldest one shown comes when it is asked for."""
        ids = {event.id for event in changed}
        kept = [event for event in self.events if event.id not in ids]
        met = [event for event in changed if self.wanted.is_met_by(event)]
        if self.has_older and self.events:
            last = self.events[-1].place
            shown = {event.id for event in self.events}
            met = [event for event in met if event.place >= last or event.id in shown]
        ordered = sorted((*kept, *met), key=lambda event: event.place, reverse=True)
        linked = next((one for one in changed if self.linked and one.id == self.linked.id), None)
        return replace(
            self,
            events=tuple(ordered[:MOST_SHOWN]),
            has_older=self.has_older or len(ordered) > MOST_SHOWN,
            linked=linked or self.linked,
        )
