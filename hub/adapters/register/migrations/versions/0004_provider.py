"""Which provider a concern is about, and since when it is not told: other concerns ask for it.

Revision ID: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")

PROVIDER = {
    "postgresql": (
        "UPDATE concern SET provider = CAST(snapshot AS json) -> 'service' ->> 'provider' "
        "WHERE snapshot IS NOT NULL"
    ),
    "sqlite": (
        "UPDATE concern SET provider = json_extract(snapshot, '$.service.provider') "
        "WHERE snapshot IS NOT NULL"
    ),
}


# Whoever is held now has been held since its concern was last written, for all that is known.
HELD = (
    "UPDATE concern SET provider_held_since = recorded WHERE EXISTS (SELECT 1 FROM hold "
    "WHERE hold.concern_id = concern.id AND hold.agency_id = concern.provider "
    "AND hold.role = 'provider' AND hold.info IN ('process', 'themes') "
    "AND hold.kind IN ('H1', 'H2', 'H3', 'H9'))"
)


def upgrade() -> None:
    op.add_column("concern", sa.Column("provider", sa.Text(), nullable=True))
    op.add_column("concern", sa.Column("provider_held_since", MOMENT, nullable=True))
    op.add_column("concern", sa.Column("provider_cleared_at", MOMENT, nullable=True))
    held = sa.text("provider_held_since IS NOT NULL")
    op.create_index(
        "ix_concern_provider",
        "concern",
        ["provider"],
        unique=False,
        postgresql_where=held,
        sqlite_where=held,
    )
    op.execute(PROVIDER[op.get_bind().dialect.name])
    op.execute(HELD)


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
