"""A made-up catalogue of any size, the same each time: for measuring, never for selling.

Each product is one of the demo catalogue's by a made-up brand, told in words of that catalogue.
Brands and words are drawn as in real texts: the n-th most common 1/n as often as the first.

    bases_of(demo categories) --Writer--> lines of COPY's text format, and how often each word came
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from cloudscale.data.demo import DemoCategory

SLUG_PREFIX = "synthetic-"
COLUMNS = (
    "slug",
    "category_id",
    "name",
    "tagline",
    "description",
    "price_cents",
    "stock",
    "is_published",
    "pictures",
    "specifications",
    "added_at",
    "updated_at",
)
BRANDS = 20_000
WORDS_EACH = 6
CHUNK = 5_000
HOURS_BACK = 24 * 1_000
SEED = 20
QUALITIES = """
Classic Compact Everyday Light Studio Travel Urban Alpine Nordic Coastal Heritage Modern
Quiet Rapid Solid Slim Grand Prime Vivid Pure Active Smart Royal Civic
""".split()  # noqa: SIM905
ONSETS = ("b", "br", "d", "dr", "f", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "r", "s")
VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "or", "en", "el", "ou", "un")
CODAS = ("n", "r", "l", "s", "k", "m", "x", "nd", "rt", "sk")


@dataclass(frozen=True, slots=True)
class Base:
    """What a synthetic product takes over from a product of the demo catalogue.

    `pictures` and `specifications` are JSON. Texts are escaped for COPY.
    """

    category_slug: str
    name: str
    tagline: str
    price_cents: int
    pictures: str
    specifications: str


def bases_of(shelves: Sequence[DemoCategory]) -> list[Base]:
    """Every demo product as a base, in shop order."""
    return [
        Base(
            shelf.slug,
            _escaped(product.name),
            _escaped(product.tagline),
            product.price_cents,
            _escaped(json.dumps([{"file": file, "alt": alt} for file, alt in product.pictures])),
            _escaped(json.dumps(product.specifications)),
        )
        for shelf in shelves
        for product in shelf.products
    ]


def _escaped(text: str) -> str:
    """Text as COPY reads it back; line breaks and tabs become spaces."""
    return " ".join(text.split()).replace("\\", "\\\\")


def brand_names(count: int = BRANDS) -> list[str]:
    """Made-up names of two or three syllables, all different, the same each time."""
    rng = random.Random(SEED)  # noqa: S311  (nothing here is a secret)
    all_syllables = [onset + vowel for onset in ONSETS for vowel in VOWELS]
    names: dict[str, None] = {}
    while len(names) < count:
        syllables = rng.choices(all_syllables, k=rng.choice((2, 2, 3)))
        names[("".join(syllables) + rng.choice(CODAS)).capitalize()] = None
    return list(names)


class Writer:
    """Draws products, one after another, and counts the words that they hold.

    Args:
        bases: Demo products to take after; not empty.
        category_ids: The id of each base's category, by slug.
        words: What descriptions are made of, the most common first; lower case, not empty.
        newest: When the newest product was added; the others in the `HOURS_BACK` before.
    """

    def __init__(
        self,
        bases: Sequence[Base],
        category_ids: dict[str, int],
        words: Sequence[str],
        newest: datetime,
    ) -> None:
        self._bases, self._category_ids = bases, category_ids
        self._brands, self._words = brand_names(), words
        self._weights = {
            len(things): list(accumulate(1 / rank for rank in range(1, len(things) + 1)))
            for things in (self._brands, QUALITIES, words)
        }
        self._hours = [(newest - timedelta(hours=hours)).isoformat() for hours in range(HOURS_BACK)]
        self._rng = random.Random(SEED)  # noqa: S311
        self.titles: Counter[str] = Counter()
        self.documents: Counter[str] = Counter()

    def lines(self, count: int) -> Iterator[str]:
        """The products 1 to `count`, some thousands to a string, for COPY with `COLUMNS`."""
        for start in range(1, count + 1, CHUNK):
            yield self._chunk(range(start, min(start + CHUNK, count + 1)))

    def _chunk(self, numbers: range) -> str:
        size, rng = len(numbers), self._rng
        brands = self._drawn(self._brands, size)
        qualities = self._drawn(QUALITIES, size)
        bases = rng.choices(self._bases, k=size)
        words = self._drawn(self._words, size * WORDS_EACH)
        self._count(brands + qualities, bases, words)
        parts = zip(numbers, brands, qualities, bases, strict=True)
        return "".join(
            self._line(number, brand, quality, base, words[at * WORDS_EACH :][:WORDS_EACH])
            for at, (number, brand, quality, base) in enumerate(parts)
        )

    def _drawn(self, things: Sequence[str], count: int) -> list[str]:
        return self._rng.choices(things, cum_weights=self._weights[len(things)], k=count)

    def _line(self, number: int, brand: str, quality: str, base: Base, words: list[str]) -> str:
        one, two, three, four, five, six = words
        chance = self._rng.random()
        price = max(100, round(base.price_cents * (0.4 + 1.6 * chance) / 50) * 50 - 5)
        stock = int((self._rng.random() * 1.1 - 0.1) * 90)  # about one in ten is sold out
        hour = self._hours[int(self._rng.random() * HOURS_BACK)]
        return (
            f"{SLUG_PREFIX}{number}\t{self._category_ids[base.category_slug]}\t"
            f"{brand} {quality} {base.name}\t{base.tagline}\t"
            f"{one.capitalize()} {two}, {three} and {four}: {five} {six} by {brand}.\t"
            f"{price}\t{max(0, stock)}\tt\t{base.pictures}\t{base.specifications}\t{hour}\t{hour}\n"
        )

    def _count(self, title_words: list[str], bases: list[Base], words: list[str]) -> None:
        """Count the parts that were drawn; a word that came twice in a product counts twice."""
        self.titles.update(title_words)
        self.documents.update(words)
        for base, times in Counter(bases).items():
            for word in base.name.split():
                self.titles[word] += times
            for word in base.tagline.split():
                self.documents[word] += times
