"""Alembic's way in: `hub.adapters.register.schema` gives the connection, nobody else does."""

from alembic import context

from hub.adapters.register.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="schema",
)
with context.begin_transaction():
    context.run_migrations()
