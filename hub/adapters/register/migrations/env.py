"""Alembic's way in: `hub.adapters.register.schema` gives the connection, nobody else does."""

from alembic import context

from hub.adapters.register import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.delivery.metadata,
    version_table="schema",
)
with context.begin_transaction():
    context.run_migrations()
