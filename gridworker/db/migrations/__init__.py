"""The numbered revisions of the system tables, oldest first."""

from gridworker.db.migrations import revision_0001, revision_0002

REVISIONS = (("0001", revision_0001), ("0002", revision_0002))
