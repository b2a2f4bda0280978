"""What a transaction changes, by topic, for those who look at it meanwhile.

service --note(session, topic)--> the session --noted, after the commit--> live/ --> open pages
"""

from sqlalchemy.orm import Session

KEY = "changes"


def product(product_id: int) -> str:
    """The topic of a product's price, stock and words."""
    return f"product:{product_id}"


def product_id(topic: str) -> int | None:
    """The product of such a topic; None for any other."""
    kind, _, number = topic.partition(":")
    return int(number) if kind == "product" and number.isdecimal() else None


def member(user_id: int) -> str:
    """The topic of a member's cart and orders."""
    return f"member:{user_id}"


def visit(visit_id: int) -> str:
    """The topic of a guest's cart."""
    return f"visit:{visit_id}"


def note(session: Session, *topics: str) -> None:
    """Have it told, should the transaction be committed, that something changed.

    It is a hint to look again: told at most once, and not at all if the process dies first.
    """
    session.info.setdefault(KEY, set()).update(topics)


def noted(session: Session) -> frozenset[str]:
    """What was noted in the session, once."""
    return frozenset(session.info.pop(KEY, ()))
