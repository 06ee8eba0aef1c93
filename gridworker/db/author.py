"""Who works on this laptop: the identity that every operation names, kept in the table `meta`."""

import msgspec

from gridworker.domain.records import ScopeId
from gridworker.wire.messages import Grant

LOCAL_SCOPE = ScopeId("g:local")
"""Where records live until the laptop is enrolled with a centre."""


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """The user, his device, his grants, and the grid that new records belong to."""

    user: str = ""
    user_id: str = "local"
    user_name: str = ""
    device_id: str = "local"
    scope: ScopeId = LOCAL_SCOPE
    grants: tuple[Grant, ...] = ()
    enrolled: bool = False

    @property
    def role(self) -> str:
        """The role in the active scope; a laptop without a centre is its worker's own."""
        return self.role_in(self.scope)

    def role_in(self, scope: str) -> str:
        """The role in one scope, or '' where there is no grant."""
        if not self.enrolled:
            return "grid_worker"
        return next((grant.role for grant in self.grants if grant.scope == scope), "")

    @property
    def scope_title(self) -> str:
        """The words for the active scope."""
        return next((grant.title for grant in self.grants if grant.scope == self.scope), "")
