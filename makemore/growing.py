"""Words drawn character by character, in NumPy alone, because `makemore.export` copies this into its files."""

from collections.abc import Callable, Iterator

import numpy as np

MOST_CACHED = 1 << 22
"""How many probabilities a Growing caches, over all contexts."""


class Growing:
    """Words as token ids, several at once, each next character drawn from its probabilities.

    log_probabilities: from contexts (n, length), int64, to log probabilities (n, size), float64. multinomial: from
    probabilities (n, size), float32, to an index for each row, (n,). window: the length of a context, the latest token
    id last; None for all from the boundary before the word on. at_once: how many words grow together. temperature:
    logits are divided by it. top_k: only the k most probable characters are drawn; None for all. prompt: the token ids
    that each word starts with. longest: how many are drawn after it where no boundary is.
    """

    def __init__(
        self,
        log_probabilities: Callable[[np.ndarray], np.ndarray],
        multinomial: Callable[[np.ndarray], np.ndarray],
        *,
        window: int | None,
        at_once: int,
        temperature: float,
        top_k: int | None,
        prompt: list[int],
        longest: int,
    ):
        self.log_probabilities, self.multinomial, self.window = log_probabilities, multinomial, window
        self.at_once, self.temperature, self.top_k = at_once, temperature, top_k
        self.prompt, self.longest = prompt, longest
        self.cache: dict[bytes, np.ndarray] = {}

    def words(self) -> Iterator[np.ndarray]:
        """Words, each an array of token ids (length,) without the boundary, without end."""
        while True:
            yield from self.batch()

    def batch(self) -> list[np.ndarray]:
        """The next `at_once` words."""
        padding = self.window or 1  # boundaries before each word
        first = padding + len(self.prompt)
        ids = np.zeros((self.at_once, first + self.longest), np.int64)
        ids[:, padding:first] = self.prompt
        growing = np.arange(self.at_once)
        for end in range(first, first + self.longest):
            start = 0 if self.window is None else end - self.window
            drawn = self.multinomial(self.probabilities(ids[growing, start:end]))
            ids[growing, end] = drawn
            growing = growing[drawn != 0]
            if not len(growing):
                break
        lengths = (ids[:, padding:] != 0).sum(1)
        return [row[padding : padding + n] for row, n in zip(ids, lengths, strict=True)]

    def probabilities(self, contexts: np.ndarray) -> np.ndarray:
        """The probabilities of each next character, (n, size) float32, computed once for each different context."""
        keys = [row.tobytes() for row in contexts]
        new = list({key: i for i, key in enumerate(keys) if key not in self.cache}.values())
        fresh: dict[bytes, np.ndarray] = {}
        if new:
            logits = self.log_probabilities(contexts[new])
            with np.errstate(over="ignore"):  # the largest is 0 now; a tiny temperature makes -inf of others
                logits = (logits - logits.max(1, keepdims=True)) / self.temperature
            if self.top_k is not None and self.top_k < logits.shape[1]:
                logits[logits < np.sort(logits, 1)[:, -self.top_k, None]] = -np.inf
            exps = np.exp(logits)
            rows = (exps / exps.sum(1, keepdims=True)).astype(np.float32)
            fresh = dict(zip([keys[i] for i in new], rows, strict=True))
        result = np.stack([fresh[key] if key in fresh else self.cache[key] for key in keys])
        if (len(self.cache) + len(fresh)) * result.shape[1] <= MOST_CACHED:
            self.cache.update(fresh)
        return result
