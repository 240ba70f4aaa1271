"""Which entry makes room: the eviction policies, and the choice between them.

`all` admits everything and drops what was used least recently. `value` keeps what saves the most
building time, as long as that does not cost hits.
"""

from .admission import Admission, eviction_for
from .duel import Duel
from .eviction import Eviction

__all__ = ["Admission", "Duel", "Eviction", "eviction_for"]
