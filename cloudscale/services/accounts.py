"""Accounts: registering, profile details, changing the password.

    form --clean--> Details --_create--> user_account --sessions.start--> new token

Every field is checked before the password is hashed, and one answer names all that are at fault.
"""

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from cloudscale.errors import (
    AccountExists,
    AlreadyTaken,
    FieldError,
    InvalidInput,
    WrongPassword,
)
from cloudscale.models import Role, User, utc_now
from cloudscale.services import audit, passwords, sessions, text, throttle
from cloudscale.services.identity import Client, Shopper, UserView
from cloudscale.services.tokens import secret_for

LINES = {
    "username": text.USERNAME_LINE,
    "email": text.EMAIL,
    "first_name": text.FIRST_NAME,
    "last_name": text.LAST_NAME,
    "phone": text.PHONE_LINE,
}
DEMO_DOMAIN = "cloudscale.example"
EMAIL_TAKEN = FieldError("email", "This email has an account already. Sign in instead.")
USERNAME_TAKEN = FieldError("username", "This username is taken. Choose another.")


def register(
    session: Session,
    token: str | None,
    client: Client,
    *,
    username: str,
    email: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    phone: str = "",
) -> tuple[str, UserView]:
    """Make an account and sign it in under a new token; the guest's cart comes along. Hashes.

    Raises:
        InvalidInput: Names every field at fault (422).
        AlreadyTaken: The e-mail or username has an account (409).
    """
    given = {
        "username": username,
        "email": email,
        "first_name": first_name,
        "last_name": last_name,
        "phone": phone,
    }
    user = _create(session, given, password, Role.MEMBER)
    return sessions.start(session, token, client, user), UserView.of(user)


def check_registration(
    session: Session, client: Client, *, email: str, username: str, password: str, **others: str
) -> None:
    """Refuse a registration that can come to nothing, without the wait for the hashing pool.

    Raises:
        InvalidInput: Names every field at fault (422); not counted.
        TooManyAttempts: Too many from this address (429).
        AccountExists: The e-mail or username has an account (409).
    """
    cleaned = _checked_form({"email": email, "username": username, **others}, password)
    throttle.count_registration(session, client.ip, utc_now())
    _require_free(session, email=cleaned["email"], username=cleaned["username"])


def create_owner(session: Session, email: str, username: str, password: str) -> UserView:
    """Make an account that may do everything; for the command line, and noted. Hashes.

    Raises:
        InvalidInput: Names every field at fault (422).
        AlreadyTaken: The e-mail or username has an account (409).
    """
    given = {"email": email, "username": username}
    owner = UserView.of(_create(session, given, password, Role.OWNER))
    made = {"role": owner.role, "username": owner.username}
    audit.record(session, audit.COMMAND_LINE, "account_made", "user", owner.id, {}, made)
    return owner


def update_profile(
    session: Session,
    shopper: Shopper,
    *,
    username: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    phone: str | None = None,
) -> UserView:
    """Change the details that are given; `None` leaves one as it is.

    Raises:
        InvalidInput: Names every field at fault (422).
        AlreadyTaken: The username has an account (409).
        NotSignedIn: The shopper is a guest (401).
    """
    user = _row(session, shopper)
    given = {
        "username": username,
        "first_name": first_name,
        "last_name": last_name,
        "phone": phone,
    }
    cleaned = text.clean(LINES, {name: value for name, value in given.items() if value is not None})
    if "username" in cleaned:
        _claim_username(session, user, cleaned["username"])
    user.first_name = cleaned.get("first_name", user.first_name)
    user.last_name = cleaned.get("last_name", user.last_name)
    user.phone = cleaned.get("phone", user.phone)
    user.updated_at = utc_now()
    session.flush()
    return UserView.of(user)


def change_password(session: Session, shopper: Shopper, current: str, new: str) -> None:
    """Change the password and end every other session. Hashes: pool only.

    Raises:
        WrongPassword: The current one is not right; counted (422).
        TooManyAttempts: Too early after failures (429).
        InvalidInput: The new one cannot be taken (422).
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: A program asks (403).
    """
    shopper.require_person()
    user = _row(session, shopper)
    names = (user.email, user.username)
    passwords.require_acceptable("password", new, names=names)
    now, attempt = utc_now(), throttle.password_change_attempt(shopper.require_user().id)
    throttle.check(session, attempt, now)
    if not isinstance(current, str) or not passwords.verify(current, user.password_hash):
        throttle.record(session, attempt, now)
        raise WrongPassword.of("current", "The current password is not right.")
    throttle.forgive(session, attempt)
    user.password_hash = passwords.hash_password(new)
    user.updated_at = now
    sessions.end_others(session, shopper)
    session.flush()


def ensure_demo_accounts(session: Session) -> list[tuple[str, str, str]]:
    """One account for each role, whose password is known to whoever started the demo. Hashes.

    The passwords follow from SECRET_KEY: the same at every start, and not the same on two
    machines, so that a demo that can be reached from elsewhere is not open to every reader of
    this file. An account whose password was changed since gets its own back.

    Returns:
        Role, e-mail and password of each, least role first.
    """
    users = [_demo_user(session, role) for role in Role]
    with ThreadPoolExecutor() as pool:  # bcrypt lets go of the interpreter: one core for each
        for user, hashed in zip(users, pool.map(_demo_hash, users), strict=True):
            user.password_hash = hashed
    session.add_all(users)
    session.flush()
    return [(user.role, user.email, _demo_password(user)) for user in users]


def _demo_user(session: Session, role: Role) -> User:
    email = f"{role}@{DEMO_DOMAIN}"
    fresh = User(email=email, username=f"demo.{role}", password_hash="", first_name="Demo")
    user = session.exec(select(User).where(User.email == email)).one_or_none() or fresh
    user.role = role
    return user


def _demo_hash(user: User) -> str:
    """The account's hash if it is of the demo's password, else a new one that is."""
    password = _demo_password(user)
    is_right = passwords.verify(password, user.password_hash or None)
    return user.password_hash if is_right else passwords.hash_password(password)


def _demo_password(user: User) -> str:
    """Sixteen letters and digits in groups of four (80 bits), for people to copy."""
    letters = base64.b32encode(secret_for(f"demo account:{user.email}")[:10]).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def _create(session: Session, given: dict[str, Any], password: Any, role: Role) -> User:
    """Check a form and insert the account, or refuse; two at once with one e-mail make one."""
    cleaned = _checked_form(given, password)
    _require_free(session, email=cleaned["email"], username=cleaned["username"])
    user = User(
        email=cleaned["email"],
        username=cleaned["username"],
        password_hash=passwords.hash_password(password),
        first_name=cleaned.get("first_name", ""),
        last_name=cleaned.get("last_name", ""),
        phone=cleaned.get("phone", ""),
        role=role,
    )
    statement = insert(User).values(user.model_dump(exclude={"id"})).on_conflict_do_nothing()
    user_id = session.connection().execute(statement.returning(col(User.id))).scalar_one_or_none()
    if user_id is None:  # another one came in while this one hashed
        _require_free(session, email=user.email, username=user.username)
    return session.get_one(User, user_id)


def _checked_form(given: dict[str, Any], password: Any) -> dict[str, str]:
    """Clean the fields and judge the password, so that one answer tells all that is wrong."""
    faults: list[FieldError] = []
    cleaned: dict[str, str] = {}
    try:
        cleaned = text.clean(LINES, given)
    except InvalidInput as refusal:
        faults.extend(refusal.errors)
    names = (cleaned.get("email", ""), cleaned.get("username", ""))
    try:
        passwords.require_acceptable("password", password, names=names)
    except InvalidInput as refusal:
        faults.extend(refusal.errors)
    if faults:
        raise InvalidInput(*faults)
    return cleaned


def _require_free(session: Session, *, email: str, username: str) -> None:
    faults = [
        *([EMAIL_TAKEN] if _is_taken(session, User.email == email) else []),
        *([USERNAME_TAKEN] if _is_taken(session, _is_username(username)) else []),
    ]
    if faults:
        raise AccountExists(*faults)


def _is_username(username: str) -> ColumnElement[bool]:
    return func.lower(User.username) == username.lower()


def _is_taken(session: Session, condition: Any) -> bool:
    return session.exec(select(User.id).where(condition)).first() is not None


def _claim_username(session: Session, user: User, username: str) -> None:
    """Give the user a name that is free; two who want one name at once do not both get it."""
    user.username = username
    try:
        session.flush()
    except IntegrityError:
        raise AlreadyTaken(USERNAME_TAKEN) from None


def _row(session: Session, shopper: Shopper) -> User:
    """The shopper's row, locked: two changes of one account take turns."""
    return session.exec(
        select(User).where(User.id == shopper.require_user().id).with_for_update()
    ).one()
