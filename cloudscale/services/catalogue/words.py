"""What a shopper typed, as groups of stems to look for, completed and corrected.

text --understand--> Wanted(groups: a product must hold one stem of each)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import prod, sqrt

from sqlalchemy import Row, text
from sqlmodel import Session

MAX_WORDS = 12
"""Words of a search that count; the rest is left out."""
COMPLETIONS = 12
"""The most words that an unfinished last word is completed to, the most common first."""
# One letter begins a tenth of all words: too little to complete.
SHORTEST_PREFIX = 2
# Bounds the work where a huge vocabulary has thousands of words with one beginning.
COMPLETIONS_READ = 2_000
# Short words are alike by chance; only longer ones are corrected by what they have in common.
SHORTEST_CORRECTED = 3
SHORTEST_SIMILAR = 6
SMALLEST_SIMILARITY = 0.4
LARGEST_DIFFERENCE = 3
# The vocabulary holds no longer ones.
LONGEST_WORD = 40

# Kinds of ts_parse: 12 blank, 13 tag, 23 entity. A stop word has no stem.
_LOOK_UP = text(
    """
    WITH typed AS (
        SELECT place, token AS word, place = max(place) OVER () AS is_last,
            (tsvector_to_array(to_tsvector('english', token)))[1] AS stem
        FROM ts_parse('default', plain_words(:text)) WITH ORDINALITY AS parsed (kind, token, place)
        WHERE kind NOT IN (12, 13, 23) ORDER BY place LIMIT :words
    ), unfinished AS (
        SELECT * FROM typed WHERE is_last AND length(word) >= :shortest
    ), joined AS (
        SELECT place, lag(place) OVER last_two AS place_before,
            lag(word) OVER last_two || word AS word
        FROM typed WINDOW last_two AS (ORDER BY place)
    )
    SELECT place, word, stem, coalesce(documents, 0) AS documents, coalesce(titles, 0) AS titles,
        true AS is_typed, plain_words(:text) AS plain,
        (SELECT sum(product_count) FROM category) AS products
    FROM typed LEFT JOIN search_word USING (word)
    UNION ALL
    SELECT place, longer.word, (tsvector_to_array(to_tsvector('english', longer.word)))[1],
        documents, titles, false, NULL, 0
    FROM unfinished, LATERAL (
        SELECT * FROM (
            SELECT * FROM search_word
            WHERE search_word.word > unfinished.word
                AND search_word.word < unfinished.word || chr(1114111)
            LIMIT :read
        ) AS read
        WHERE documents > 0 ORDER BY documents DESC, word LIMIT :completions
    ) AS longer
    UNION ALL
    SELECT unnest(ARRAY[place_before, place]), word,
        (tsvector_to_array(to_tsvector('english', word)))[1], documents, titles, false, NULL, 0
    FROM joined JOIN search_word USING (word)
    UNION ALL
    SELECT place, slug, 'category/' || category.id, product_count, 0, false, NULL, 0
    FROM category, typed
    WHERE stem = ANY (tsvector_to_array(to_tsvector('english', name)))
        OR (is_last AND length(word) >= :shortest AND starts_with(plain_words(name), word))
    ORDER BY place, is_typed DESC
    """
)
_ONE_SLIP_AWAY = text(
    """
    SELECT word, to_tsvector('english', word) = to_tsvector('english', :word) AS is_form
    FROM search_word
    WHERE deletions(word) && deletions(:word) AND documents > 0
    ORDER BY documents DESC, word LIMIT 50
    """
)
_SIMILAR = text(
    """
    SELECT word, to_tsvector('english', word) = to_tsvector('english', :word) AS is_form
    FROM search_word
    WHERE word % :word AND similarity(word, :word) >= :least AND documents > 0
        AND abs(length(word) - length(:word)) <= :longer
    ORDER BY similarity(word, :word) DESC, documents DESC, word LIMIT 1
    """
)


@dataclass(frozen=True, slots=True)
class Group:
    """Stems of which a product must hold one.

    `share` and `title_share` estimate the part of all products that does, anywhere and in its name.
    """

    stems: tuple[str, ...]
    share: float
    title_share: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search as it is carried out.

    Attributes:
        text: What was typed, in plain letters, and put right where `is_corrected`.
        groups: A product must match each.
        products: How many are published.
        is_corrected: Whether other words are looked for than were typed.
    """

    text: str
    groups: tuple[Group, ...]
    products: int
    is_corrected: bool = False

    @property
    def documents(self) -> float:
        """Roughly how many products match."""
        return self.products * _share_of_all([group.share for group in self.groups])

    @property
    def documents_at_most(self) -> float:
        """How many products match at most."""
        return self.products * min(group.share for group in self.groups)

    @property
    def titles(self) -> float:
        """Roughly how many products match by their names alone."""
        return self.products * _share_of_all([group.title_share for group in self.groups])


def _share_of_all(shares: Sequence[float]) -> float:
    """Between what it is if words come independently, and if they come together where they can."""
    return sqrt(prod(shares) * min(shares))


def understand(session: Session, typed: str) -> Wanted:
    """Look up what was typed in the vocabulary of the catalogue.

    The last word may be unfinished. A word that no product holds is replaced by the likeliest one
    that it may be a slip of, if there is any; or by another form of itself.

    Args:
        session: Open transaction.
        typed: At most a few hundred characters of anything.

    Returns:
        No groups where nothing in it could be looked for.
    """
    found = _looked_up(session, typed)
    known = [_known(session, rows) for rows in found]
    words = [word for word, _ in known]
    if words == [rows[0].word for rows in found]:
        return _wanted(found)
    wanted = _wanted(_looked_up(session, " ".join(words)))
    return replace(wanted, is_corrected=any(is_other for _, is_other in known))


def _looked_up(session: Session, typed: str) -> list[list[Row]]:
    """For each word its own row and then those of what it may become."""
    given = {
        "text": typed,
        "words": MAX_WORDS,
        "shortest": SHORTEST_PREFIX,
        "read": COMPLETIONS_READ,
        "completions": COMPLETIONS,
    }
    rows = session.connection().execute(_LOOK_UP, given)
    return [list(word) for _, word in groupby(rows, key=lambda row: row.place)]


def _wanted(found: Sequence[Sequence[Row]]) -> Wanted:
    if not found:
        return Wanted("", (), 0)
    plain, products = found[0][0].plain, int(found[0][0].products or 0)
    telling = [rows for rows in found if rows[0].stem] or found
    groups = (_group(rows, max(products, 1)) for rows in telling)
    return Wanted(plain.strip(), tuple(group for group in groups if group.stems), products)


def _group(rows: Sequence[Row], products: int) -> Group:
    return Group(
        tuple(dict.fromkeys(row.stem for row in rows if row.stem)),
        min(1.0, sum(row.documents for row in rows) / products),
        min(1.0, sum(row.titles for row in rows) / products),
    )


def _known(session: Session, rows: Sequence[Row]) -> tuple[str, bool]:
    """A word of the vocabulary for a typed one, and whether it is another word.

    The typed one itself if it is known, can be completed, or resembles nothing.
    """
    word: str = rows[0].word
    is_known = not rows[0].stem or any(row.documents for row in rows)
    if is_known or not word.isalpha() or not SHORTEST_CORRECTED <= len(word) <= LONGEST_WORD:
        return word, False
    found = session.connection().execute(_ONE_SLIP_AWAY, {"word": word}).all()
    if not found and len(word) >= SHORTEST_SIMILAR:
        given = {"word": word, "least": SMALLEST_SIMILARITY, "longer": LARGEST_DIFFERENCE}
        found = session.connection().execute(_SIMILAR, given).all()
    if not found:
        return word, False
    best = min(found, key=lambda row: _unlikeliness(word, row))
    return best.word, not best.is_form


def _unlikeliness(typed: str, row: Row) -> tuple[bool, bool, bool]:
    """What makes a word less likely to be meant; of equals the first, most common one is."""
    return not row.is_form, not is_one_slip(typed, row.word), typed[0] != row.word[0]


def is_one_slip(typed: str, meant: str) -> bool:
    """Whether one letter too many, too few, wrong, or swapped with its neighbour is all."""
    shorter, longer = sorted((typed, meant), key=len)
    if len(longer) - len(shorter) == 1:
        return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
    wrong = [at for at in range(len(longer)) if longer[at] != shorter[at : at + 1]]
    if len(shorter) != len(longer) or not wrong:
        return False
    first, last = wrong[0], wrong[-1]
    is_swap = last - first == 1 and typed[first : last + 1] == meant[last] + meant[first]
    return len(wrong) == 1 or (len(wrong) == 2 and is_swap)
