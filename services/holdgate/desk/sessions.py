"""Sessions of people who are signed in: in memory, bounded, found by a secret that is kept as a hash."""

import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from holdgate.core.names.bounded_cache import BoundedCache
from holdgate.core.review.event_contents import Actor

MAX_SESSIONS = 1_000
"""The one that was idle longest gives way."""

MAX_DRAFT_CHARACTERS = 60_000
"""Longer drafts lose their last fields. The longest form that is accepted has a note of 10,000 characters and
200 verdicts, each shorter than 100; in memory a character takes at most four bytes."""

KEPT_PREFIX = "kept-"

IDLE_SECONDS = 15 * 60.0
MAX_SESSION_SECONDS = 8 * 3600.0
MAX_STREAMS = 50
MAX_SESSION_STREAMS = 3
"""A browser opens six connections to a host; further windows are updated by reload."""

SECRET_BYTES = 32
"""256 bits."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person typed into a form that was not accepted because the session had ended."""

    path: str
    fields: Sequence[tuple[str, str]]

    def __post_init__(self) -> None:
        left, kept = MAX_DRAFT_CHARACTERS, []
        for name, value in self.fields:
            left -= len(name) + len(value)
            if left < 0:
                break
            kept.append((name, value))
        object.__setattr__(self, "fields", tuple(kept))

    def hidden_fields(self) -> list[tuple[str, str]]:
        """Return the fields as the form of a sign-in keeps them."""
        return [(KEPT_PREFIX + name, value) for name, value in self.fields]


@dataclass(slots=True)
class DeskSession:
    """A person who is signed in. `form_token` is in every form of the session."""

    actor: Actor
    name: str
    started: float
    last_seen: float
    form_token: str = field(default_factory=lambda: secrets.token_urlsafe(SECRET_BYTES))
    notice: str | None = None
    """What is said at the top of the next page."""
    draft: Draft | None = None
    id_token: str | None = None
    """The token by which an OpenID Connect issuer named the person; signing out there needs it."""

    @property
    def roles(self) -> frozenset[str]:
        """The person's roles."""
        return frozenset(self.actor.roles)


class SessionStore:
    """All sessions of this process; safe for threads. They end with it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._sessions: BoundedCache[str, DeskSession] = BoundedCache(MAX_SESSIONS)

    def start(self, actor: Actor, name: str, draft: Draft | None = None) -> tuple[str, DeskSession]:
        """Return a new secret and its session."""
        now, secret = self._clock(), secrets.token_urlsafe(SECRET_BYTES)
        session = DeskSession(actor, name, now, now, draft=draft)
        with self._lock:
            self._sessions[_hash(secret)] = session
        return secret, session

    def find(self, secret: str | None, is_use: bool = True) -> DeskSession | None:
        """Return the session of a secret; None if there is none or it has ended.

        It is marked as used, unless the request is not one that a person made.
        """
        if not secret:
            return None
        key, now = _hash(secret), self._clock()
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                return None
            if _has_ended(session, now):
                del self._sessions[key]
                return None
            if is_use:
                session.last_seen = now
                self._sessions.move_to_end(key)
            return session

    def is_open(self, session: DeskSession) -> bool:
        """Return whether a session has not ended, without marking it as used."""
        with self._lock:
            is_known = any(known is session for known in self._sessions.values())
        return is_known and not _has_ended(session, self._clock())

    def end(self, secret: str | None) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(_hash(secret or ""), None)

    def __len__(self) -> int:
        """Return how many sessions there are, ended ones that nobody used since included."""
        return len(self._sessions)


class StreamCounter:
    """Which sessions have how many streams open. Used in the event loop alone."""

    def __init__(self) -> None:
        self._open: Counter[int] = Counter()

    def take(self, session: DeskSession) -> bool:
        """Count a stream; return False if there are too many."""
        if self._open.total() >= MAX_STREAMS or self._open[id(session)] >= MAX_SESSION_STREAMS:
            return False
        self._open[id(session)] += 1
        return True

    def give_back(self, session: DeskSession) -> None:
        """Count a stream no longer."""
        self._open[id(session)] -= 1
        if not self._open[id(session)]:
            del self._open[id(session)]

    def __len__(self) -> int:
        """Return how many streams are open."""
        return self._open.total()


def _has_ended(session: DeskSession, now: float) -> bool:
    return now - session.last_seen > IDLE_SECONDS or now - session.started > MAX_SESSION_SECONDS


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
