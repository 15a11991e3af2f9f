"""The tables of a database, brought to this version or taken back, on both databases.

Each change is one file in ``versions/`` and runs in one transaction: a migration that fails changes nothing.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from layers.errors import StoreError
from layers.store.database import Database

__all__ = ["VERSION_TABLE", "check_revision", "current_revision", "downgrade", "head_revision", "upgrade"]

VERSION_TABLE = "riskmap_revision"
"""Table that holds the revision; its own name lets other programs keep theirs in the same database."""


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the tables to this version, or make them in a new database.

    Parameters
    ----------
    url : str
        Address of the database; a SQLite file and its folder are made where missing.
    revision : str, optional
        A revision to stop at.

    Raises
    ------
    StoreError
        If the database cannot be reached, has no PostGIS, or was written by a newer version.
    """
    _migrate(url, revision, up=True)


def downgrade(url: str, revision: str) -> None:
    """Take the tables back to a revision; ``"base"`` removes them with their content.

    Raises
    ------
    StoreError
        If the database cannot be reached, or there is no such revision.
    """
    _migrate(url, revision, up=False)


def current_revision(url: str) -> str | None:
    """Return the revision of a database, or ``None`` where there are no tables of ours.

    Raises
    ------
    StoreError
        If the database cannot be reached or does not exist.
    """
    database = Database(url)
    try:
        with database.reading() as connection:
            return _revision_of(connection)
    finally:
        database.close()


def head_revision() -> str:
    """Return the revision that this version of the product works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def check_revision(connection: Connection, url_display: str) -> None:
    """Refuse a database whose tables are not at this version.

    Raises
    ------
    StoreError
        If there are no tables, older or newer ones.
    """
    found = _revision_of(connection)
    if found == head_revision():
        return
    if found is None:
        state, state_zh = "has no riskmap tables yet", "中还没有 riskmap 的数据表"
    elif _is_known(found):
        state, state_zh = f"is at the older revision {found}", f"的数据表版本较旧（{found}）"
    else:
        raise StoreError(
            f"database {url_display} was written by a newer riskmap (revision {found}); install that version, "
            "or make another database with: riskmap init",
            zh=f"数据库 {url_display} 由更新版本的 riskmap 写入（{found}），请升级程序，或用 riskmap init 另建数据库",
        )
    raise StoreError(
        f"database {url_display} {state}; run: riskmap init",
        zh=f"数据库 {url_display} {state_zh}，请运行：riskmap init",
    )


def _migrate(url: str, revision: str, *, up: bool) -> None:
    database = Database(url, create=up)
    try:
        with database.writing() as connection:
            if up:
                database.dialect.prepare(connection)
            (command.upgrade if up else command.downgrade)(_config(connection), revision)
    except CommandError as error:
        raise StoreError(
            f"database {database.url_display} cannot be taken to revision {revision}: {error}. It may have been "
            "written by a newer riskmap; install that version, then run: riskmap init",
            zh=f"数据库 {database.url_display} 无法迁移到版本 {revision}：{error}；"
            "它可能由更新版本的 riskmap 写入，请升级程序后运行：riskmap init",
        ) from error
    finally:
        database.close()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # A percent sign would be read as the start of a placeholder.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision_of(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def _is_known(revision: str) -> bool:
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
