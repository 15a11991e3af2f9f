"""Run by Alembic: the migrations use the connection, and the transaction, of whoever called."""

from alembic import context

from layers.store.migrations import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], version_table=VERSION_TABLE, transactional_ddl=True
)
context.run_migrations()
