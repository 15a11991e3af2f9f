"""A connection to one of the two databases: transactions, and errors that say what to do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError

from geo.text import Text
from layers.errors import ConflictError, ReadOnlyError, StoreError
from layers.store.dialects import postgresql, sqlite
from layers.store.dialects.common import DatabaseDialect

__all__ = ["Database"]

_READ_ONLY: Final = Text(
    "数据库以只读方式打开：文件或所在文件夹不可写。没有任何改动。请管理员授予两者写权限后重新启动",
    "the database is open for reading only: its file or folder cannot be written. Nothing was changed. The "
    "administrator gives the right to write both and starts again",
)
_OUT_OF_REACH: Final = Text(
    "数据库暂时无法读写。未写入任何不完整的数据；请稍后再试，原因见服务器日志",
    "the database cannot be read or written just now. Nothing was half-written; try again later. The log of the "
    "server says why",
)
"""What people elsewhere are told: where the database is concerns those alone who run the server."""

_DIALECTS: Final[dict[str, DatabaseDialect]] = {"sqlite": sqlite, "postgresql+psycopg": postgresql}


class Database:
    """One database, safe to use from several threads.

    Parameters
    ----------
    url : str
        ``sqlite:///PATH`` or ``postgresql+psycopg://user:password@host/database``.
    create : bool
        Whether a new SQLite file may be made.

    Raises
    ------
    StoreError
        If the address is not of this kind, or the file is not there.
    """

    def __init__(self, url: str, *, create: bool = False) -> None:
        self._url = _parse_url(url)
        self.dialect = _DIALECTS[self._url.drivername]
        self.dialect.check_url(self._url, create=create)
        self.is_writable = self.dialect.is_writable(self._url)
        self.engine: Engine = self.dialect.connect(self._url)
        self._writer = self.engine.execution_options(writes=True)
        self._reader = self.dialect.see_one_state(self.engine)
        self._own = threading.local()

    @property
    def url_display(self) -> str:
        """The address without the password; a path as it is, not as an address would spell it."""
        if self._url.drivername == "sqlite":
            return f"sqlite:///{self._url.database}"
        return self._url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for reading; within such a block the thread gets the same one again.

        All that is read through it is one state of the data, whatever others write meanwhile.
        """
        known: Connection | None = getattr(self._own, "connection", None)
        if known is not None:
            with self._translating():
                yield known
            return
        with self._translating(), self._reader.begin() as connection:
            self._own.connection = connection
            try:
                yield connection
            finally:
                self._own.connection = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose work is kept as a whole, or not at all when an error leaves the block.

        Raises
        ------
        ReadOnlyError
            If the database cannot be written.
        """
        self.require_writable()
        with self._translating(), self._writer.begin() as connection:
            yield connection

    def require_writable(self) -> None:
        """Refuse what would write, before it has begun.

        Raises
        ------
        ReadOnlyError
            If the database cannot be written.
        """
        if not self.is_writable:
            raise self._read_only_error()

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise ConflictError(
                "somebody else wrote the same feature at the same time; read it again",
                zh="他人同时写入了同一要素，请重新读取后再试",
            ) from error
        except (SQLAlchemyError, self.dialect.DRIVER_ERROR) as error:
            raise self._store_error(error) from error

    def _read_only_error(self) -> ReadOnlyError:
        return ReadOnlyError(
            f"database {self.url_display} is open for reading only: its file or folder cannot be written. Nothing "
            "was changed. Give the right to write both and start again, or copy the file to where you may write",
            zh=f"数据库 {self.url_display} 以只读方式打开：文件或所在文件夹不可写。没有任何改动。"
            "请授予两者写权限后重新启动，或把文件复制到可写的位置",
            told=_READ_ONLY,
        )

    def _store_error(self, error: Exception) -> StoreError:
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = " ".join(str(cause).split())
        return StoreError(
            f"database {self.url_display}: {reason}. Nothing was half-written. Check that the server runs or "
            "the file can be written, that no other program holds it, and RISKMAP_DATABASE_URL; then try again",
            zh=f"数据库 {self.url_display} 出错：{reason}。未写入任何不完整的数据。请检查数据库服务是否运行、"
            "文件是否可写或被占用、RISKMAP_DATABASE_URL 是否正确，然后重试",
            told=_OUT_OF_REACH,
        )


def _parse_url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise _wrong_url() from error
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in _DIALECTS:
        raise _wrong_url()
    return url


def _wrong_url() -> StoreError:
    # The address is not shown: it may hold a password in a place that cannot be told.
    return StoreError(
        "RISKMAP_DATABASE_URL is not understood; write sqlite:///PATH or "
        "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE",
        zh="无法识别 RISKMAP_DATABASE_URL，请写作 sqlite:///路径 或 postgresql+psycopg://用户:密码@主机/数据库",
    )
