"""What every model is asked: its loss on examples, new words, and how likely a word is.

A model is a Module with a `vocabulary_size` and a `context_length` that turns contexts, (n, context_length) numbers of
characters, into logits of the next character, (n, vocabulary_size). Everything here is written against that.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import micrograd
from makemore.complaint import Complaint
from makemore.data import Examples, Vocabulary, all_contexts, examples
from micrograd import Generator, no_grad
from micrograd.nn import functional as F  # noqa: N812 - as everywhere

CONTEXTS_AT_ONCE = 1 << 16
"""How many contexts a model is asked at a time."""


class Tally(NamedTuple):
    """Examples with each context and each pair of context and target named once.

    contexts: (c, context_length); rows, targets, counts: (p,), the context of a pair, its target, and how often it is
    there. int64.
    """

    contexts: np.ndarray
    rows: np.ndarray
    targets: np.ndarray
    counts: np.ndarray

    @classmethod
    def of_table(cls, counts: np.ndarray) -> "Tally":
        """The tally of a table of n-grams."""
        rows, targets = np.nonzero(counts)
        used, rows_used = np.unique(rows, return_inverse=True)
        size = counts.shape[1]
        length = round(math.log(len(counts), size)) if size > 1 else 0
        contexts = all_contexts(size, length)[used]
        return cls(contexts, rows_used, targets, counts[counts > 0])

    @classmethod
    def of_examples(cls, found: Examples, vocabulary_size: int) -> "Tally":
        """The tally of examples."""
        contexts, rows = np.unique(found.contexts, axis=0, return_inverse=True)
        pairs, counts = np.unique(rows.reshape(-1) * vocabulary_size + found.targets, return_counts=True)
        return cls(contexts, pairs // vocabulary_size, pairs % vocabulary_size, counts)


@no_grad()
def log_probabilities(model: Any, contexts: np.ndarray) -> np.ndarray:
    """The logarithms of the next character's probabilities: contexts (n, context_length or more) to (n, size)."""
    contexts = contexts[:, contexts.shape[1] - model.context_length :]
    parts = [
        F.log_softmax(model(micrograd.from_numpy(contexts[start : start + CONTEXTS_AT_ONCE])).double(), 1).numpy()
        for start in range(0, len(contexts), CONTEXTS_AT_ONCE)
    ]
    return np.concatenate(parts)


def evaluate(model: Any, tally: Tally) -> float:
    """The mean negative log-likelihood, in nats a character, of the examples; inf where one is thought impossible."""
    chosen = log_probabilities(model, tally.contexts)[tally.rows, tally.targets]
    return float(-(tally.counts * chosen).sum() / tally.counts.sum())


class Uniform(micrograd.nn.Module):
    """The model that knows nothing: every character is as likely as every other. Its loss is ln(size)."""

    context_length = 0

    def __init__(self, vocabulary_size: int):
        self.vocabulary_size = vocabulary_size

    def forward(self, contexts: Any) -> Any:
        """Logits of 0 for all."""
        return micrograd.zeros(len(contexts), self.vocabulary_size)


class Sampler:
    """Draws words from a model, a character at a time, as the lecture does: with multinomial, from one generator.

    temperature: above 0; below 1 the likely becomes likelier. top_k: only the k likeliest characters are drawn.
    prompt: how each word begins. longest: where a word that finds no end is cut.
    Raises Complaint for settings outside these bounds and for a prompt with an unknown character.
    """

    def __init__(
        self,
        model: Any,
        vocabulary: Vocabulary,
        generator: Generator,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        prompt: str = "",
        longest: int = 100,
    ):
        if not temperature > 0 or math.isinf(temperature):
            raise Complaint(f"--temperature {temperature} has to be above 0: 1 is the model as it is")
        if top_k is not None and top_k < 1:
            raise Complaint(f"--top-k {top_k} has to be 1 or more: it is how many characters there are to choose from")
        self.model, self.vocabulary, self.generator = model, vocabulary, generator
        self.temperature, self.top_k, self.longest = temperature, top_k, longest
        self.prompt = vocabulary.encode(prompt)
        self._distributions: dict[bytes, np.ndarray] = {}

    def word(self) -> str:
        """One new word."""
        numbers = [0] * self.model.context_length + self.prompt
        while len(numbers) - self.model.context_length < self.longest:
            drawn = int(self.generator.multinomial(self._distribution(numbers), 1, replacement=True)[0])
            if drawn == 0:
                break
            numbers.append(drawn)
        return self.vocabulary.decode(numbers[self.model.context_length :])

    def words(self) -> Iterator[str]:
        """Words without end."""
        while True:
            yield self.word()

    def _distribution(self, numbers: list[int]) -> np.ndarray:
        """What comes next, (size,) float32, worked out once for each context."""
        context = np.array(numbers[len(numbers) - self.model.context_length :], np.int64)
        key = context.tobytes()
        found = self._distributions.get(key)
        if found is None:
            logits = log_probabilities(self.model, context[None])[0]
            with np.errstate(
                over="ignore"
            ):  # the largest is 0 now, and -inf is what a tiny temperature makes of others
                logits = (logits - logits.max()) / self.temperature
            if self.top_k is not None and self.top_k < len(logits):
                logits[logits < np.sort(logits)[-self.top_k]] = -np.inf
            found = np.exp(logits)
            found = (found / found.sum()).astype(np.float32)
            if len(self._distributions) < CONTEXTS_AT_ONCE:
                self._distributions[key] = found
        return found


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
    """How likely the model thinks a word. Raises Complaint for a character it does not know."""
    numbers = np.array([0, *vocabulary.encode(word), 0], np.int64)
    contexts, targets = examples(numbers, model.context_length)
    chosen = log_probabilities(model, contexts)[np.arange(len(targets)), targets]
    return Score([vocabulary.tokens[number] for number in targets], chosen.tolist())
