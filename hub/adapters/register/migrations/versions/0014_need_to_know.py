"""Which concerns an authority hosts and which notices an agency had are found by an index.

The policies that keep readers apart are put on after the last step, whichever that is, so that no
table of a later step can be forgotten (`row_security`).

Revision ID: 0014
"""

from __future__ import annotations

from alembic import op

from hub.ports import RegisterRefused

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_concern_host_authority", "concern", ["host_authority"], unique=False)
    op.create_index("ix_notice_agency_id_seq", "notice", ["agency_id", "seq"], unique=False)


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
