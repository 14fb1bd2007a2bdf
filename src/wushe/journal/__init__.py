"""What happened, and what it made of the state: events, records, and the unit of work that joins them."""

from wushe.journal.command import command as command
from wushe.journal.command import field_problems as field_problems
from wushe.journal.event import Act as Act
from wushe.journal.event import Event as Event
from wushe.journal.event import EventKind as EventKind
from wushe.journal.event import RecordKind as RecordKind
from wushe.journal.memory import MemoryState as MemoryState
from wushe.journal.memory import MemoryStore as MemoryStore
from wushe.journal.session import Domain as Domain
from wushe.journal.session import Receipt as Receipt
from wushe.journal.session import Session as Session
from wushe.journal.session import State as State
