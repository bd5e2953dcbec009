"""`python -m makemore.score -o DIR WORD...`: how likely a model thinks words, character by character."""

import math

from makemore.command_line import RUNS
from makemore.data import Vocabulary
from makemore.language_model import Score, score
from makemore.models import load
from makemore.run_folder import RunFolder
from micrograd.command import Parser, run_command

BAR_PER_NAT = 4


def report(word: str, scored: Score, vocabulary: Vocabulary) -> list[str]:
    """The lines that show a Score: the word's log-likelihood, and for each character how surprising it is."""
    n = len(scored.tokens)
    mean = scored.log_likelihood / n
    lines = [
        f"{word}   log-likelihood {scored.log_likelihood:.4f} nats, {mean:.4f} a character, "
        f"perplexity {math.exp(-mean) if mean > -700 else math.inf:.2f}"
    ]
    worst = min(scored.log_probabilities)
    before = vocabulary.boundary
    for token, logp in zip(scored.tokens, scored.log_probabilities, strict=True):
        surprise = -logp + 0.0
        bar = "█" * round(min(surprise, 15) * BAR_PER_NAT)
        mark = "  <- the greatest surprise" if logp == worst else ""
        lines.append(
            f"  {before[-12:]:>12} -> {token:<5}  p {math.exp(logp):.4f}  surprise {surprise:7.4f}  {bar}{mark}"
        )
        before += token
    return lines


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = Parser(
        prog="python -m makemore.score",
        description="How likely a model thinks words: the log-likelihood, and where each word surprises it (in nats).",
    )
    parser.add_argument("-o", "--work-dir", metavar="DIR", help="the run's folder (default: the latest under out/)")
    parser.add_argument("words", nargs="+", metavar="WORD")
    flags = parser.parse_args(arguments)
    folder = RunFolder(flags.work_dir) if flags.work_dir else RunFolder.latest(RUNS)
    model, vocabulary = load(folder)
    scores = [score(model, vocabulary, word) for word in flags.words]
    for word, scored in zip(flags.words, scores, strict=True):
        print("\n".join(report(word, scored, vocabulary)))
    return 0


if __name__ == "__main__":
    run_command(main)
