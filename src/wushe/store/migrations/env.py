"""Run by alembic for `wushe.store.formats.migrate`, on the connection and in the transaction given there."""

from alembic import context

from wushe.store.schema import FORMAT_TABLE, META

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=META,
    version_table=FORMAT_TABLE,
)
context.run_migrations()
