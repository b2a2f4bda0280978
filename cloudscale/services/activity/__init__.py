"""Who is active: noted with each request, counted for the dashboard and the scaling rules.

request --MARKS.note--> memory --write, every two seconds--> visit --count_active--> ActiveUsers
"""

from cloudscale.services.activity.counts import ActiveUsers, count_active
from cloudscale.services.activity.erasing import ORIGIN_KEPT, Eraser
from cloudscale.services.activity.marks import MARKS, Mark, Marks, write
from cloudscale.services.activity.visitors import ActiveVisit, active_visits

__all__ = [
    "MARKS",
    "ORIGIN_KEPT",
    "ActiveUsers",
    "ActiveVisit",
    "Eraser",
    "Mark",
    "Marks",
    "active_visits",
    "count_active",
    "write",
]
