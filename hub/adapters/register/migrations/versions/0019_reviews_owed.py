"""Whatever emergency access waits for its review is owed from now on, and climbs a ladder.

Revision ID: 0019
"""

from __future__ import annotations

from alembic import op

from hub.ports import RegisterRefused

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Each stands at the foot of the hub's own ladder, whatever the pack says: no pack is known here.
OWED = """
INSERT INTO obligation (
    id, concern_id, kind, agency_id, role, key, says, due, opened,
    ladder, anchor, step, next_at, state, people
)
SELECT
    id, concern_id, 'review the emergency access', host_authority, 'host authority',
    'access:' || id, 'have the privacy officer review an emergency access', review_due, began,
    'unreviewed access', review_due, 0, review_due, 'planned', 1
FROM emergency_access
WHERE judged IS NULL
"""


def upgrade() -> None:
    op.execute(OWED)


def downgrade() -> None:
    raise RegisterRefused("evidence is not taken apart; restore a backup instead")
