"""Words drawn character by character, in NumPy alone, because `makemore.export` copies this into its files."""

from collections.abc import Callable, Iterator

import numpy as np

MOST_CACHED = 2**22  # probabilities that are kept for contexts that come again


def words_drawn(
    log_probabilities: Callable[[np.ndarray], np.ndarray],
    multinomial: Callable[[np.ndarray], np.ndarray],
    *,
    window: int | None,
    at_once: int,
    temperature: float,
    top_k: int | None,
    prompt: list[int],
    longest: int,
) -> Iterator[np.ndarray]:
    """Words without end, each as token ids (length,) without the boundary, drawn character by character.

    log_probabilities: from contexts (n, length), int64, to log probabilities (n, size), float64. multinomial: from
    probabilities (n, size), float32, to an index for each row, (n,). window: the length of a context, the latest token
    id last; None for all from the boundary before the word on. at_once: how many words grow together. temperature:
    logits are divided by it. top_k: only the k most probable characters are drawn; None for all. prompt: the token ids
    that each word starts with. longest: how many are drawn after it where no boundary is.
    """
    cache: dict[bytes, np.ndarray] = {}

    def probabilities(contexts: np.ndarray) -> np.ndarray:
        """Those of each next character, (n, size) float32, computed once for each different context."""
        keys = [row.tobytes() for row in contexts]
        new = {key: i for i, key in enumerate(keys) if key not in cache}
        if new:
            logits = log_probabilities(contexts[list(new.values())])
            with np.errstate(over="ignore"):  # the largest is 0 now; a tiny temperature makes -inf of others
                logits = (logits - logits.max(1, keepdims=True)) / temperature
            if top_k is not None and top_k < logits.shape[1]:
                logits[logits < np.sort(logits, 1)[:, -top_k, None]] = -np.inf
            exps = np.exp(logits)
            cache.update(zip(new, (exps / exps.sum(1, keepdims=True)).astype(np.float32), strict=True))
        rows = np.stack([cache[key] for key in keys])
        if len(cache) * rows.shape[1] > MOST_CACHED:
            for key in new:
                del cache[key]
        return rows

    padding = window or 1  # boundaries before each word
    first = padding + len(prompt)
    while True:
        ids = np.zeros((at_once, first + longest), np.int64)
        ids[:, padding:first] = prompt
        growing = np.arange(at_once)  # the words that have not ended
        for end in range(first, first + longest):
            drawn = multinomial(probabilities(ids[growing, 0 if window is None else end - window : end]))
            ids[growing, end] = drawn
            growing = growing[drawn != 0]
            if not len(growing):
                break
        lengths = (ids[:, padding:] != 0).sum(1)
        yield from [row[padding : padding + n] for row, n in zip(ids, lengths, strict=True)]
