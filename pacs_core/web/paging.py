"""Pages of long lists."""

from functools import cached_property

from django.core.paginator import Paginator

# Counting a larger list would cost more than anyone learns from its length.
MOST_COUNTED = 10_000


class BoundedPaginator(Paginator):
    """A paginator that counts no further than MOST_COUNTED."""

    @cached_property
    def count(self) -> int:
        return self.object_list[:MOST_COUNTED].count()
