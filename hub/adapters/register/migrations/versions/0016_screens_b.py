"""Who stopped an order to send again, and changes of contacts that two people make.

Revision ID: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.ports import RegisterRefused

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITS = sa.text("step = 'waits for a second person'")


def upgrade() -> None:
    op.create_table(
        "replay_stop",
        sa.Column("replay_id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("replay_id", name=op.f("pk_replay_stop")),
    )
    op.create_table(
        "contact_change",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_for", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked", MOMENT, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("decided", MOMENT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("verified", MOMENT, nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_contact_change")),
        sa.UniqueConstraint("id", name=op.f("uq_contact_change_id")),
    )
    op.create_index(
        "uq_contact_change_waits",
        "contact_change",
        ["contact_id"],
        unique=True,
        postgresql_where=WAITS,
        sqlite_where=WAITS,
    )


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
