"""Points at which micrograd is wrong today, by kind: call -> points; to be emptied."""

BY_KIND: dict[str, dict[str, list[str]]] = {}

KNOWN: dict[str, list[str]] = {}
for calls in BY_KIND.values():
    for call, points in calls.items():
        KNOWN.setdefault(call, []).extend(points)
