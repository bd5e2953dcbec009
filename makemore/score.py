"""`python -m makemore.score -o DIR WORD...`: how likely a model thinks words, character by character."""

import math
import sys
from typing import Any

from makemore.config import add_folder_flag
from makemore.data import Vocabulary, examples, text_of
from makemore.display import padded, shown, width
from makemore.language_model import Score, score
from makemore.models.ngram import Counts
from makemore.report import perplexity
from makemore.run_folder import RunFolder
from micrograd import from_numpy
from micrograd.command import Parser, UsageError, run_command

BAR_PER_NAT = 4


def score_lines(word: str, scored: Score, vocabulary: Vocabulary) -> list[str]:
    """The lines that show a Score: the word's log-likelihood, and for each character how surprising it is."""
    n = len(scored.tokens)
    mean = scored.log_likelihood / n
    lines = [
        f"{shown(word) if word[:1].strip() else repr(word)}   log-likelihood {scored.log_likelihood:.4f} nats, "
        f"{mean:.4f} a character, perplexity {perplexity(-mean):.2f}"
    ]
    worst = min(scored.log_probabilities)
    context = vocabulary.boundary
    for token, logp in zip(scored.tokens, scored.log_probabilities, strict=True):
        surprise = -logp + 0.0
        bar = "█" * round(min(surprise, 15) * BAR_PER_NAT)
        mark = "  <- the greatest surprise" if logp == worst else ""
        seen = shown(context)[-12:]
        pair = f"{' ' * (12 - width(seen))}{seen} -> {padded(shown(token), 5)}"
        lines.append(f"  {pair}  p {math.exp(logp):.4f}  surprise {surprise:7.4f}  {bar}{mark}")
        context += token
    return lines


def hints(model: Any, vocabulary: Vocabulary, words: list[str], scores: list[Score]) -> list[str]:
    """Explanations of scores that may surprise, a line each."""
    lines = []
    if any(scored.log_likelihood == -math.inf for scored in scores):
        lines.append("inf: a pair that training never saw has probability 0; train with --smoothing 1 to give it some")
    if isinstance(model, Counts) and model.interpolation is None:
        contexts = examples(vocabulary.encode_text(text_of(words)), model.context_length).contexts
        unseen = (model.counts_after(from_numpy(contexts)).sum(1) == 0).numpy()
        if unseen.any():
            named = ", ".join(dict.fromkeys([repr(vocabulary.decode(context)) for context in contexts[unseen]]))
            lines.append(f"{named}: never seen in training, so every character is equally likely to come next")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = Parser(
        prog="python -m makemore.score",
        description="How likely a model thinks words: the log-likelihood, and where each word surprises it (in nats).",
    )
    add_folder_flag(parser)
    parser.add_argument("words", nargs="+", metavar="WORD")
    flags = parser.parse_args(arguments)
    folder = RunFolder.trained(flags.work_dir)
    model, vocabulary = folder.load()
    scores = {}
    for word in flags.words:
        try:
            scores[word] = score(model, vocabulary, word)
        except UsageError as error:
            print(f"error: {error}", file=sys.stderr)
        else:
            print("\n".join(score_lines(word, scores[word], vocabulary)))
    for line in hints(model, vocabulary, list(scores), list(scores.values())) if scores else []:
        print(line)
    return 0 if len(scores) == len({*flags.words}) else 2


if __name__ == "__main__":
    run_command(main)
