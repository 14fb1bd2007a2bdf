"""What can be wrong with a store, in words: never with values, and never with the password of an address."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, NoResultFound, NoSuchModuleError, SQLAlchemyError

from wushe.errors import StoreError, WusheError
from wushe.text import Text

FULL = Text(
    "存储 {where}：磁盘已满，这次什么也没有写入。请腾出空间再试",
    "store {where}: the disk is full; nothing of this was written. Free some space and try again",
)
READ_ONLY = Text(
    "存储 {where}：只能读，这次什么也没有写入。请以可写方式打开（read_only=False），并检查文件和账号的权限",
    "store {where}: can only be read; nothing was written. Open it for writing (read_only=False), and look at the permissions of file and account",
)
LOCKED = Text(
    "存储 {where}：一直有别人在写，这次什么也没有写入。请稍后再试；带同一个键再试不会重复",
    "store {where}: somebody else kept writing; nothing of this was written. Try again later; with the same key nothing is done twice",
)
NOT_A_STORE = Text(
    "{where} 不是 wushe 的存储，没有改动它。请检查路径或地址",
    "{where} is no store of wushe; it was not touched. Check the path or address",
)
NO_STORE = Text(
    "{where} 没有存储。请检查路径，或以 create=True 新建",
    "there is no store at {where}. Check the path, or make one with create=True",
)
OLD_FORMAT = Text(
    "存储 {where} 是旧格式，只读打开时不能升级。请先以可写方式打开一次",
    "store {where} has an earlier format, which cannot be brought up to date while it is only read. Open it for writing once",
)
DAMAGED = Text(
    "存储 {where}：文件已损坏。请用 restore 从最近的备份恢复，保留坏文件以备查",
    "store {where}: the file is damaged. Restore the last backup, and keep the damaged file for inspection",
)
UNREADABLE = Text(
    "存储中的 {name} 读不出来，已被改动或损坏。请运行 verify；只有当前状态坏了，可用 rebuild 重建",
    "{name} in the store cannot be read: it was changed or damaged. Run verify; if only the state is bad, rebuild makes it anew",
)
CANNOT_OPEN = Text(
    "存储 {where}：打不开。请检查文件夹是否存在、能否写入",
    "store {where}: cannot be opened. Check that its folder exists and may be written to",
)
LOGIN = Text(
    "存储 {where}：用户名或密码不对，或者没有权限。请检查地址中的用户和密码",
    "store {where}: wrong user or password, or no right to it. Check user and password of the address",
)
UNREACHABLE = Text(
    "存储 {where}：连不上数据库服务器。请检查主机、端口，以及服务器是否在运行",
    "store {where}: the database server cannot be reached. Check host and port, and that the server runs",
)
NO_DATABASE = Text(
    "存储 {where}：服务器上没有这个数据库。请先建库（createdb）",
    "store {where}: the server has no such database. Make it first (createdb)",
)
BAD_ADDRESS = Text(
    "存储 {where}：看不懂这个地址。应为文件路径，或 postgresql+psycopg://用户@主机/库名",
    "store {where}: is no address of a store. Expected a file path, or postgresql+psycopg://user@host/database",
)
NO_DRIVER = Text(
    '存储 {where}：缺少数据库驱动。请 pip install "wushe[sql]"',
    'store {where}: the database driver is missing: pip install "wushe[sql]"',
)
BAD_VALUE = Text(
    "存储 {where}：有一个值数据库存不了（例如文字中含空字符），这次什么也没有写入。请检查输入",
    "store {where}: a value cannot be kept by the database (such as text with a NUL); nothing was written. Check the input",
)
OTHER = Text(
    "存储 {where}：数据库报错（{code}），这次什么也没有写入。请带上这个代号查数据库的日志",
    "store {where}: the database reports an error ({code}); nothing of this was written. Look for that code in the database's log",
)

_SQLITE = {
    "SQLITE_FULL": FULL,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_PERM": READ_ONLY,
    "SQLITE_BUSY": LOCKED,
    "SQLITE_LOCKED": LOCKED,
    "SQLITE_NOTADB": NOT_A_STORE,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_CANTOPEN": CANNOT_OPEN,
    "SQLITE_IOERR": CANNOT_OPEN,
}
_SQLSTATE = {
    "53100": FULL,
    "25006": READ_ONLY,
    "42501": LOGIN,
    "28P01": LOGIN,
    "28000": LOGIN,
    "3D000": NO_DATABASE,
    "55P03": LOCKED,
    "57014": LOCKED,
    "40001": LOCKED,
    "40P01": LOCKED,
    "XX001": DAMAGED,
    "XX002": DAMAGED,
}
_CONNECTING = (
    ("password", LOGIN),
    ("authentication", LOGIN),
    ("permission", LOGIN),
    ("role", LOGIN),
    ("does not exist", NO_DATABASE),
)
"""A failed connection has no code, only words of the server; the first that fit are taken, none are passed on."""


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn errors of the database into `StoreError` of the store `where`, without what they quote."""
    problem: WusheError | None = None
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, UnicodeDecodeError) as error:
        problem = StoreError(said(error, where))
    if problem is not None:
        raise problem from None  # the original quotes values


def said(error: BaseException, where: str) -> str:
    """Return in both languages what `error` of the database means for the store `where`."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    # Text that is no text any more, and a store without its head.
    if isinstance(error, UnicodeDecodeError | NoResultFound):
        text, code = DAMAGED, ""
    elif isinstance(origin, sqlite3.Error):
        text, code = _of_sqlite(origin)
    elif isinstance(error, NoSuchModuleError):
        text, code = BAD_ADDRESS, ""
    else:
        text, code = _of_postgres(origin)
    return text.both(where=where, code=code)


def _of_sqlite(error: sqlite3.Error) -> tuple[Text, str]:
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    for start, text in _SQLITE.items():  # extended codes such as SQLITE_IOERR_WRITE
        if name == start or name.startswith(start + "_"):
            return text, name
    if "decode" in str(error):  # text that is none any more
        return DAMAGED, name
    return (BAD_VALUE if isinstance(error, sqlite3.DataError) else OTHER), name


def _of_postgres(error: BaseException) -> tuple[Text, str]:
    state = getattr(error, "sqlstate", None)
    if state in _SQLSTATE:
        return _SQLSTATE[state], state
    if state is None and type(error).__name__ == "OperationalError":
        words = str(error).lower()
        return next((text for word, text in _CONNECTING if word in words), UNREACHABLE), ""
    if state is not None and state.startswith(("08", "57P")):
        return UNREACHABLE, state
    if type(error).__name__ == "DataError":
        return BAD_VALUE, state or ""
    return OTHER, state or type(error).__name__
