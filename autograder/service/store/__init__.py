"""What the service knows, in a database: hand-ins and their results, tokens, sessions, and the audit log.

SQLite in a file by default; any other database that SQLAlchemy knows, by its URL. Times are seconds since 1970, in UTC.
A hand-in that is committed here is accepted: whatever happens, it gets exactly one result.
"""

from .hand_in import DONE, GRADING, NOT_GRADED, QUEUED, Admission, Decide, HandIn, Lateness
from .store import Store
from .times import Timing, UnderWay

__all__ = [
    "DONE",
    "GRADING",
    "NOT_GRADED",
    "QUEUED",
    "Admission",
    "Decide",
    "HandIn",
    "Lateness",
    "Store",
    "Timing",
    "UnderWay",
]
