"""Every active radiologist at a moment: rights, windows of the rota before and after, pace."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from hospitals.models import User
from hospitals.selectors.reading_rights import ReadingRights, reading_rights_at
from hospitals.selectors.rota import Window, reading_windows
from hospitals.spans import Span
from routing_rules.selectors.procedures import speed_factors

# A shift that began yesterday evening; a day's deadlines and the night after.
LOOKS_BACK, LOOKS_AHEAD = timedelta(hours=24), timedelta(hours=36)
# Windows further apart belong to two shifts.
LONGEST_BREAK = timedelta(hours=2)


@dataclass(frozen=True)
class ReaderNow:
    """A radiologist at `now`; `windows` are those of the rota from the day before to the day and a half after."""

    user: User
    now: datetime
    rights: ReadingRights
    windows: tuple[Window, ...] = ()
    speed_factor: float = 1.0

    @property
    def window(self) -> Window | None:
        """The window that is open now; on call counts only for calls."""
        return next((window for window in self.windows if window.starts_at <= self.now < window.ends_at), None)

    @property
    def shift(self) -> Window | None:
        window = self.window
        return None if window is None or window.is_on_call else window

    @property
    def is_on_call(self) -> bool:
        return self.window is not None and self.window.is_on_call

    @property
    def comes_at(self) -> datetime | None:
        """When the next shift's reading begins, or goes on after a break; None when the rota names none."""
        return next((w.starts_at for w in self.windows if w.starts_at > self.now and not w.is_on_call), None)

    @property
    def hours_of_shift(self) -> float:
        """Hours of this shift so far, breaks left out; 0 when off shift."""
        return sum((end - start for start, end in self._spans_of_shift()), timedelta()) / timedelta(hours=1)

    @property
    def shift_began_at(self) -> datetime | None:
        """When this shift began; None when off shift."""
        return min((start for start, _end in self._spans_of_shift()), default=None)

    def _spans_of_shift(self) -> list[Span]:
        """Return what has passed of the windows that lie no more than a break apart, back from now."""
        begins, spans = self.now, []
        for window in reversed(self.windows):
            if window.is_on_call or window.starts_at > self.now:
                continue
            end = min(window.ends_at, self.now)
            if begins - end > LONGEST_BREAK:
                break
            spans.append((window.starts_at, end))
            begins = window.starts_at
        return spans


def readers_at_work(now: datetime) -> dict[int, ReaderNow]:
    """Return every active radiologist by id; a fixed number of queries."""
    rights = reading_rights_at(now)
    users = User.objects.filter(pk__in=rights).select_related("radiologist_profile")
    windows: dict[int, list[Window]] = defaultdict(list)
    for window in reading_windows(now - LOOKS_BACK, now + LOOKS_AHEAD):
        windows[window.radiologist_id].append(window)
    paces = speed_factors()
    return {
        user.pk: ReaderNow(user, now, rights[user.pk], tuple(windows[user.pk]), paces.get(user.pk, 1.0))
        for user in users.order_by("name", "pk")
    }
