"""What every model is asked: its loss on examples, new words, and how likely a word is.

A model is a Module with a `vocabulary_size` and a `context_length` that turns contexts of token ids into logits of the
next character. One kind reads windows: contexts (n, context_length), the latest last, to logits (n, size). The other
kind has `whole_words` = True and reads words from their beginning: contexts (n, length), a boundary first, to logits
(n, length, size), those after each character. Everything here is written against that.
"""

import functools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

import micrograd
from makemore.data import Examples, Vocabulary, context_index, examples
from micrograd import Generator, Tensor, no_grad
from micrograd.command import UsageError
from micrograd.nn import functional as F  # noqa: N812 - as everywhere

CHARACTERS_AT_ONCE = 1 << 13
"""For how many characters a model is called at a time; more would take memory, and not be faster."""

LOGITS_AT_ONCE = 1 << 20
"""How many logits it may give in a call; a large vocabulary has fewer characters to a call."""


def window_of(model: Any) -> int | None:
    """How many token ids a model reads at a time; None for one that reads whole words."""
    return None if model.whole_words else model.context_length


def loss_of(model: Any, contexts: Tensor, targets: Tensor) -> Tensor:
    """The mean cross-entropy, in nats a character, of examples; a target of -1 is left out, as padding.

    contexts (n, context_length) and targets (n,) for a model of windows, both (n, length) for whole words; int64.
    """
    logits = model(contexts)
    if model.whole_words:
        logits, targets = logits.view(-1, model.vocabulary_size), targets.view(-1)
    return F.cross_entropy(logits, targets, ignore_index=-1)


class ContextCounts(NamedTuple):
    """Examples with each context, and each pair of context and target, once, and how often the pair occurs.

    contexts: (c, length). A model gives rows of logits for them: one for each context of a window, `rows_per_context`
    for each whole word. rows (p,): the row that a pair is about, ascending. targets (p,): what came next there.
    counts (p,): how often. int64.
    """

    contexts: np.ndarray
    rows: np.ndarray
    targets: np.ndarray
    counts: np.ndarray
    rows_per_context: int = 1

    @classmethod
    def of_table(cls, counts: np.ndarray) -> "ContextCounts":
        """Those of counts of n-grams, (size,) * order."""
        table = counts.reshape(-1, counts.shape[-1])
        rows, targets = np.nonzero(table)
        used = table.any(1)
        return cls(np.argwhere(counts.any(-1)), (np.cumsum(used) - 1)[rows], targets, table[rows, targets])

    @classmethod
    def of_examples(cls, found: Examples, vocabulary_size: int) -> "ContextCounts":
        """Those of examples with windows."""
        contexts = found.contexts
        if vocabulary_size ** contexts.shape[1] < 2**63:  # one number for a context sorts many times as fast as a row
            index = context_index(contexts, vocabulary_size)
            _, first, rows = np.unique(index, return_index=True, return_inverse=True)
            contexts = contexts[first]
        else:
            contexts, rows = np.unique(contexts, axis=0, return_inverse=True)
        pairs, counts = np.unique(rows.reshape(-1) * vocabulary_size + found.targets, return_counts=True)
        return cls(contexts, pairs // vocabulary_size, pairs % vocabulary_size, counts)

    @classmethod
    def of_words(cls, found: Examples) -> "ContextCounts":
        """Those of examples that are whole words."""
        rows = np.flatnonzero(found.targets.reshape(-1) >= 0)
        targets = found.targets.reshape(-1)[rows]
        return cls(found.contexts, rows, targets, np.ones_like(rows), found.contexts.shape[1])

    def sample(self, characters: int) -> "ContextCounts":
        """Those of some contexts, chosen at random and always the same, with at most about `characters` rows."""
        n = max(1, characters // self.rows_per_context)
        if n >= len(self.contexts):
            return self
        chosen = np.zeros(len(self.contexts), bool)
        chosen[np.random.default_rng(0).choice(len(chosen), n, replace=False)] = True
        context, position = np.divmod(self.rows, self.rows_per_context)
        kept = chosen[context]
        rows = (np.cumsum(chosen) - 1)[context[kept]] * self.rows_per_context + position[kept]
        return ContextCounts(self.contexts[chosen], rows, self.targets[kept], self.counts[kept], self.rows_per_context)


def embedding_of(model: Any) -> np.ndarray | None:
    """The vector of each token id, (vocabulary_size, n_embd), a copy; None for a model without an embedding."""
    found = next((module for module in model.modules() if isinstance(module, micrograd.nn.Embedding)), None)
    return None if found is None else found.weight.detach().numpy()[: model.vocabulary_size].copy()


RUN_AWAY = "the model gives no finite logits, its weights are too large: train with a lower rate"


@no_grad()
def log_probabilities(model: Any, contexts: np.ndarray) -> np.ndarray:
    """The logarithms of the next character's probabilities, float64: a row for each context, or position of a word.

    contexts: (n, context_length or more) of a model of windows, (n, length) of one of whole words.
    """
    return np.concatenate([block for _, block in _blocks_of_log_probabilities(model, contexts)])


def _blocks_of_log_probabilities(model: Any, contexts: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """The rows of log_probabilities in blocks, each with the index of its first; the model in its eval mode."""
    if not model.whole_words:
        contexts = contexts[:, contexts.shape[1] - model.context_length :]
    rows = contexts.shape[1] if model.whole_words else 1
    at_once = max(1, min(CHARACTERS_AT_ONCE, LOGITS_AT_ONCE // model.vocabulary_size) // rows)
    training = model.training
    if training:
        model.eval()
    try:
        for start in range(0, len(contexts), at_once):
            logits = model(micrograd.from_numpy(contexts[start : start + at_once]))
            yield start * rows, F.log_softmax(logits.view(-1, model.vocabulary_size).double(), 1).numpy()
    finally:
        if training:
            model.train()


@no_grad()
def evaluate(model: Any, found: ContextCounts) -> float:
    """The mean negative log-likelihood of examples, in nats a character; inf where one has probability 0."""
    return mean_loss(found, _blocks_of_log_probabilities(model, found.contexts))


def mean_loss(found: ContextCounts, blocks: Iterable[tuple[int, np.ndarray]]) -> float:
    """The mean negative log-likelihood of examples, from blocks of rows of log probabilities."""
    total = 0.0
    for start, block in blocks:
        first, last = np.searchsorted(found.rows, (start, start + len(block)))
        chosen = block[found.rows[first:last] - start, found.targets[first:last]]
        total -= float((found.counts[first:last] * chosen).sum())
    return total / float(found.counts.sum())


class Uniform(micrograd.nn.Module):
    """The model that knows nothing: every character is as likely as every other. Its loss is ln(size)."""

    context_length = 0
    whole_words = False

    def __init__(self, vocabulary_size: int):
        self.vocabulary_size = vocabulary_size

    def forward(self, contexts: Any) -> Any:
        """Logits of 0 for all."""
        return micrograd.zeros(len(contexts), self.vocabulary_size)


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
    `makemore.export` copies this function into its files, so it is written in NumPy alone.
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


class Sampler:
    """Draws words from a model with multinomial, from one generator, several words at once.

    at_once: how many words grow side by side; 1 draws in the lecture's order, a word after the other.
    temperature: above 0; below 1 the likely becomes likelier. top_k: only the k likeliest characters are drawn.
    prompt: how each word begins. longest: how many characters are drawn after it where no boundary comes; a model of
    whole words draws no more than its context holds.
    Raises ValueError for settings outside these bounds, UsageError for a prompt with an unknown character or one that a
    model of whole words cannot hold.
    """

    def __init__(
        self,
        model: Any,
        vocabulary: Vocabulary,
        generator: Generator,
        *,
        at_once: int = 1,
        temperature: float = 1.0,
        top_k: int | None = None,
        prompt: str = "",
        longest: int = 100,
    ):
        if not 0 < temperature < math.inf:
            raise ValueError(f"temperature has to be above 0, and it is {temperature}")
        if top_k is not None and top_k < 1:
            raise ValueError(f"top_k has to be 1 or more, and it is {top_k}")
        self.model, self.vocabulary = model, vocabulary
        ids = vocabulary.encode(prompt)
        if model.whole_words:
            check_word_fits(model.context_length, prompt, len(ids) + 1)
            longest = min(longest, model.context_length - len(ids))
        self._words_drawn = functools.partial(
            words_drawn,
            self._log_probabilities,
            lambda probabilities: generator.multinomial(probabilities, 1, replacement=True)[:, 0],
            window=window_of(model),
            at_once=at_once,
            temperature=temperature,
            top_k=top_k,
            prompt=ids,
            longest=longest,
        )

    def words(self) -> Iterator[str]:
        """Words without end."""
        return map(self.vocabulary.decode, self._words_drawn())

    def _log_probabilities(self, contexts: np.ndarray) -> np.ndarray:
        """Those of the character after each context, (n, size) float64."""
        rows = log_probabilities(self.model, contexts)
        if self.model.whole_words:
            rows = rows.reshape(len(contexts), -1, rows.shape[1])[:, -1]
        if not np.isfinite(rows.max(1)).all():
            raise UsageError(RUN_AWAY)
        return rows


class Score(NamedTuple):
    """How likely a word is: the tokens of the word with the boundary at its end, and the logarithm of each one's
    probability after those before it, in nats."""

    tokens: list[str]
    log_probabilities: list[float]

    @property
    def log_likelihood(self) -> float:
        """The logarithm of the word's probability, in nats."""
        return math.fsum(self.log_probabilities)


def score(model: Any, vocabulary: Vocabulary, word: str) -> Score:
    """How likely the model thinks a word. Raises UsageError for a character it does not know, or a word too long."""
    contexts, targets = examples_of_word(model, vocabulary, word)
    targets = targets.reshape(-1)
    chosen = log_probabilities(model, contexts)[np.arange(len(targets)), targets]
    if np.isnan(chosen).any():
        raise UsageError(RUN_AWAY)
    return Score([vocabulary.tokens[id_] for id_ in targets], chosen.tolist())


def examples_of_word(model: Any, vocabulary: Vocabulary, word: str) -> Examples:
    """The examples of a word as the model reads them: for each character, and for the end, what is before it.

    Raises UsageError for a character that the model does not know, or a word too long.
    """
    ids = np.array([0, *vocabulary.encode(word), 0], np.int64)
    if model.whole_words:
        check_word_fits(model.context_length, word, len(ids) - 1)
    return examples(ids, window_of(model))


def check_word_fits(context_length: int, word: str, length: int) -> None:
    """Raises UsageError where a model of whole words cannot read that many token ids of a word."""
    if length > context_length:
        raise UsageError(f"{word!r:.60} is too long: the model was made for {context_length - 1} characters")
