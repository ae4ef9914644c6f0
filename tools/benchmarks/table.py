"""The table, in Markdown, line by line as it is measured."""

COLUMNS = ["case", "median", "against", "ratio", "target", "peak memory"]


class Table:
    """Prints lines, and remembers which targets were missed."""

    def __init__(self, is_judged):
        self.is_judged, self.missed, self.is_begun = is_judged, [], False

    def ratio(self, case, ours, rival, theirs, limit=None, peak=None, peak_limit=None):
        """A time beside another's; limits are of the ratio and of the peak, in MiB."""
        value = ours / theirs
        self._print(case, seconds(ours), f"{rival} {seconds(theirs)}", f"{value:.2f}",
                    self._target(case, value, limit, f"≤ {limit}"), self._peak(case, peak, peak_limit))

    def time(self, case, ours, limit=None, peak=None):
        """A time that has a limit of its own, in seconds."""
        target = self._target(case, ours, limit, f"≤ {seconds(limit)}" if limit else "")
        self._print(case, seconds(ours), "", "", target, self._peak(case, peak, None))

    def memory(self, case, peak, rival, bytes_, limit=None):
        """A peak beside a number of bytes."""
        value = peak / bytes_
        self._print(case, "", f"{rival} {mebibytes(bytes_)}", f"{value:.2f}",
                    self._target(case, value, limit, f"≤ {limit}"), mebibytes(peak))

    def note(self, case, text):
        """A case that could not be measured here, and why."""
        self._print(case, text, "", "", "", "")

    def _peak(self, case, peak, limit):
        if peak is None:
            return ""
        if limit is None:
            return mebibytes(peak)
        return mebibytes(peak) + ", " + self._target(case, peak / (1 << 20), limit, f"≤ {limit}")

    def _target(self, case, value, limit, text):
        if limit is None:
            return ""
        if not self.is_judged or value <= limit:
            return text
        self.missed.append(case)
        return f"{text}: missed"

    def _print(self, *cells):
        if not self.is_begun:
            print("| " + " | ".join(COLUMNS) + " |")
            print("|---|--:|--:|--:|--:|--:|")
            self.is_begun = True
        print("| " + " | ".join(cells) + " |", flush=True)


def seconds(value):
    """Three digits: 12.3 s, 1.23 s, 123 ms, 1.23 ms."""
    number, unit = (value, "s") if value >= 1 else (value * 1000, "ms")
    places = 0 if number >= 100 else 1 if number >= 10 else 2
    return f"{number:.{places}f} {unit}"


def mebibytes(value):
    return f"{value / (1 << 20):,.0f} MiB"
