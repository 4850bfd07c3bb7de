"""Runs the migrations on the connection that :mod:`fasciscan.history.store` hands over, in its transaction."""

from alembic import context

from fasciscan.history.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,  # SQLite can, and a migration that was cut off must leave nothing
)
with context.begin_transaction():
    context.run_migrations()
