"""A trained model in Python: `makemore.train(words)` and `makemore.load(folder)`, by what the commands call.

A run is the same as that of the command with the same settings, to the last number, and its folder is one that the
commands go on with.
"""

import argparse
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makemore import data, new_words, run
from makemore.config import COMMON, SETTINGS, TYPES, check_flags, parser_of_flags, wrong_settings
from makemore.corpus import Corpus
from makemore.data import Vocabulary, WordList
from makemore.language_model import Score, score
from makemore.report import Losses
from makemore.run_folder import WORDS, RunFolder
from makemore.training import Training
from micrograd.command import UsageError


@dataclass(repr=False, eq=False)
class TrainedModel:
    """A model with its vocabulary, as `makemore.train` and `makemore.load` give it.

    model: the Module; it turns contexts of token ids into logits. vocabulary: the characters it knows. config: what
    the run was made of. folder: where the run is kept, or None. losses: the model's and those of simpler ones on train,
    dev and test, in nats a character; on a long list the model's is that of a sample. None where it was loaded.
    """

    model: Any
    vocabulary: Vocabulary
    config: dict[str, Any]
    _words: WordList | None
    folder: Path | None
    losses: Losses | None = None

    def sample(
        self,
        n: int = 20,
        *,
        prompt: str = "",
        temperature: float = 1.0,
        top_k: int | None = None,
        only_new: bool = False,
        all_different: bool = False,
        min_length: int = 1,
        ending: str = "",
        likeliest_first: bool = False,
        seed: int | None = None,
    ) -> list[str]:
        """n new words, those of `python -m makemore.sample` with the same settings.

        prompt, ending: how each word begins and ends. temperature: below 1 the likely becomes likelier, above 1 all
        gets more even. top_k: draw only from the k likeliest characters. only_new: leave out words of the list.
        all_different: leave out what was drawn already. min_length: leave out words of fewer characters. Where few
        words are as wanted, there may be fewer than n. likeliest_first: in the order of their likelihood. seed: of the
        drawing; None takes the run's, so that a second call gives the same words again.
        Raises ValueError for settings out of bounds and for a prompt or an ending with a character that the model does
        not know.

        >>> import makemore
        >>> model = makemore.train(["ava", "ada", "eva"], type="bigram", fit="counts", split="none")
        >>> words = model.sample(5, prompt="a", seed=1)
        """
        if only_new and self._words is None:
            raise UsageError(f"only_new needs the list the model learned from, and {self.config['input_file']} is gone")
        if n < 0:
            raise UsageError(f"n has to be at least 0, and it is {n}")
        how = new_words.Drawing(
            seed, temperature, -1 if top_k is None else top_k, prompt,
            only_new, all_different, min_length, ending, likeliest_first,
        )  # fmt: skip
        sampler = new_words.sampler_of(self.model, self.vocabulary, self.config, how)
        return [drawn.word for drawn in new_words.draw_words(sampler, n, self._words, how)]

    def score(self, word: str) -> Score:
        """How likely the model thinks a word: log_likelihood, and tokens with log_probabilities, each in nats.

        Raises ValueError for a character that the model does not know, and for a word that is too long for it.

        >>> import makemore
        >>> model = makemore.train(["ava", "ada", "eva"], type="bigram", fit="counts", split="none")
        >>> model.score("ava").tokens
        ['a', 'v', 'a', '.']
        """
        return score(self.model, self.vocabulary, word)

    def __repr__(self) -> str:
        where = f", kept in {self.folder}" if self.folder else ""
        return f"<a {self.config['type']} that knows {len(self.vocabulary) - 1} characters{where}>"


def load(folder: str | os.PathLike[str] | None = None) -> TrainedModel:
    """The model of the run in a folder; by default the latest under out/.

    Raises ValueError where there is no run, or its files are damaged, OSError where they cannot be read.

    >>> import makemore, tempfile
    >>> folder = tempfile.mkdtemp() + "/names"
    >>> model = makemore.train(["ava", "ada", "eva"], type="bigram", fit="counts", folder=folder)
    >>> makemore.load(folder).sample(3) == model.sample(3)
    True
    """
    found = RunFolder.trained(None if folder is None else os.fspath(folder))
    config = found.read_config()
    model, vocabulary = found.load()
    path = Path(config["input_file"])
    words = WordList(path, config.get("unique", False)) if path.is_file() else None
    return TrainedModel(model, vocabulary, config, words, found.path)


def train(
    words: str | os.PathLike[str] | Iterable[str] | None = None,
    *,
    type: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    **settings: Any,
) -> TrainedModel:
    """Learn from words, as `python -m makemore.train` does, and return the model.

    words: the words themselves, or the path of a file with one word to a line; by default the bundled names.
    type: that of the model, as of --type; by default the best on lists of that length. settings: any other flag of the
    model and its training, such as max_steps=1000, n_embd=16, seed=1 or fit="counts". folder: where the run is kept,
    with its pictures; None keeps it in memory alone. overwrite: whether the run that the folder holds gives way.
    Raises ValueError where the words, a setting or the folder cannot be used, TypeError for a setting that is not
    there, KeyboardInterrupt where Ctrl-C ended it (the folder keeps what was learned by then).

    >>> import makemore
    >>> model = makemore.train(["ava", "ada", "eva", "ida"], type="mlp", max_steps=10, n_embd2=8)
    >>> len(model.sample(4))
    4
    """
    flags = _flags(type, settings)
    if folder is None:
        with tempfile.TemporaryDirectory() as kept:
            return _trained(flags, words, RunFolder(Path(kept) / "run"), overwrite, keep=False)
    return _trained(flags, words, RunFolder(os.fspath(folder)), overwrite, keep=True)


def _flags(type_: str | None, settings: dict[str, Any]) -> argparse.Namespace:
    """The flags of the command with these settings. Raises TypeError and UsageError."""
    if type_ not in (None, "auto", *TYPES):
        raise UsageError(f"type is auto or one of {', '.join(TYPES)}, not {type_!r}")
    flags = parser_of_flags().parse_args([])
    flags.type = type_
    for name, value in settings.items():
        if name not in SETTINGS:
            raise TypeError(f"train() has no setting {name!r}; there are {', '.join(sorted(SETTINGS))}")
        if name in wrong_settings({name: value}):
            raise UsageError(f"{name} cannot be {value!r}")
        setattr(flags, name, value)
    check_flags(flags)
    return flags


def _trained(flags: argparse.Namespace, words: Any, folder: RunFolder, overwrite: bool, keep: bool) -> TrainedModel:
    """The steps of makemore.train without its lines; keep: whether the folder is one that the user wants."""
    folder.check_free(overwrite)
    given = words is not None and not isinstance(words, str | os.PathLike)
    if given:
        corpus = Corpus.read(GivenWords(words, folder.path / WORDS, bool(flags.unique)), flags.split or COMMON["split"])
    else:
        corpus = run.read_corpus(vars(flags), None if words is None else os.fspath(words))
    config, _ = run.config_for(flags, corpus)
    model = run.new_model(config, corpus)
    with folder.staged(overwrite):
        if given:
            folder.write(WORDS, data.text_of(corpus.list.words()))
        training = Training(config, corpus, model, folder)
        try:
            run.train(training)
        except SystemExit:  # which is how the command ends
            raise KeyboardInterrupt("stopped by Ctrl-C") from None
        losses = run.conclude(training, pictures=keep)
    return TrainedModel(model.eval(), corpus.vocabulary, config, corpus.list, folder.path if keep else None, losses)


class GivenWords(WordList):
    """Words that are in memory, read as a file of them would be; path: where they are going to be.

    Raises TypeError where one is no str, UsageError where one holds a line end or there is none.
    """

    def __init__(self, words: Iterable[str], path: Path, unique: bool):
        super().__init__(path, unique)
        self.name = "the list"
        self._given = list(words)
        for word in self._given:
            if not isinstance(word, str):
                raise TypeError(f"words are strings, and {word!r:.60} is of type {type(word).__name__}")
            if "\n" in word or "\r" in word:
                raise UsageError(f"{word!r:.60} is more than a word: it holds a line end")
        if not any(map(str.strip, self._given)):
            raise UsageError("there are no words to learn from: train takes a list of strings, or the path of a file")

    def _raw_blocks(self, same: bool, start: int, end: int | None) -> Iterator[tuple[bytes, int]]:
        yield "\n".join([*self._given, ""]).encode(), 0
