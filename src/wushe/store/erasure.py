"""Erasing a person: the words and the way back to the id go; the chain still verifies, the state stays the same."""

from __future__ import annotations

from sqlalchemy import Connection, delete, exists, select, update

from wushe.casefile import ERASURE_GROUNDS
from wushe.errors import Problem, ProblemKind, RefusedError
from wushe.journal import Act, Receipt, Session
from wushe.store.append import keep, locked_head
from wushe.store.chain import canonical
from wushe.store.codec import Codecs
from wushe.store.domain import ERASED
from wushe.store.schema import COMMANDS, EVENTS, SUBJECTS, WORDS
from wushe.store.state import SqlState
from wushe.text import Text

UNKNOWN_GROUND = ProblemKind(
    "unknown-ground",
    Text("不是个人信息保护法第47条的情形", "is no ground of article 47 of the PIPL"),
    Text("{grounds} 之一", "one of {grounds}"),
    Text(
        "选一个情形；不写自由文字，它可能又写出这个人",
        "choose one; free words could name the person again",
    ),
)
NOTHING_KEPT = ProblemKind(
    "nothing-kept",
    Text(
        "存储里没有这个人：从未记录，或已抹去",
        "nothing is kept of this person: never recorded, or erased before",
    ),
    Text(
        "存储里记录过的家庭、人员或捐赠人的编号",
        "the id of a household, person or donor that was recorded",
    ),
    Text("检查编号；已抹去的不用再做", "check the id; nothing is left to do for one erased before"),
)
_BY_SUBJECT = "the-subject"


def erase_subject(
    connection: Connection, codecs: Codecs, subject: str, act: Act, ground: str
) -> Receipt:
    """Erase `subject` within the caller's transaction; see `Store.erase`."""
    if ground not in ERASURE_GROUNDS:
        grounds = {"grounds": ", ".join(ERASURE_GROUNDS)}
        raise RefusedError([Problem(UNKNOWN_GROUND, "store", None, "ground", params=grounds)])
    head = locked_head(connection)
    ref = connection.execute(select(SUBJECTS.c.ref).where(SUBJECTS.c.subject == subject)).scalar()
    if ref is None:
        raise RefusedError([Problem(NOTHING_KEPT, "store", None, "subject")])
    # Neither the reason in free words nor the person's own id as the actor may stay in the chain.
    bare = Act(act.at, _BY_SUBJECT if act.by == subject else act.by)
    session = Session(SqlState(connection, codecs), bare, codecs.domain)
    session.record(ERASED, f"subject/{ref}", {"ref": ref, "ground": ground}, ref=ref)
    assert isinstance(session.state, SqlState)
    after = keep(connection, head, session.state, session.events)
    connection.execute(delete(WORDS).where(WORDS.c.ref == ref))
    connection.execute(delete(SUBJECTS).where(SUBJECTS.c.ref == ref))
    _forget_requests(connection, subject, ref)
    return Receipt(tuple(session.events), None, False, after.entries, after.entries)


def _forget_requests(connection: Connection, subject: str, ref: str) -> None:
    """Empty the digests and answers of requests that concern the person: a guess could be tested on them."""
    number = EVENTS.c.number
    about = exists().where(EVENTS.c.ref == ref, number.between(COMMANDS.c.first, COMMANDS.c.last))
    names = COMMANDS.c.answer.contains(canonical(subject), autoescape=True)
    connection.execute(
        update(COMMANDS).where(about | names).values(salt="", fingerprint="", answer="null")
    )
