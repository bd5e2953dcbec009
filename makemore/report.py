"""What makemore.train prints: what was read, what is trained, how it went, and hints."""

import math
from typing import Any

import numpy as np

from makemore import processes, shards
from makemore.config import SHORTEST, best_for
from makemore.corpus import SPLITS, Corpus
from makemore.display import decimal, quantity, shown, shown_token, table
from makemore.models import NGRAMS
from micrograd.command import shown_path

Losses = dict[str, dict[str, float | None]]
"""The loss of each model on each part, in nats a character; None for a part that has no words."""


def print_words_read(corpus: Corpus) -> None:
    """What was read: the words, the vocabulary, the examples of each part."""
    survey = corpus.survey
    tokens = survey.vocabulary.tokens
    some = " ".join(map(shown_token, tokens[:40])) + (" …" if len(tokens) > 40 else "")
    lengths = "" if survey.shortest == survey.longest else f"{survey.shortest:,} to "
    lengths += f"{quantity(survey.longest, 'character')} long"
    print(f"words       {survey.words:,} from {shown(str(shown_path(corpus.list.path)))}, {lengths}")
    print(f"vocabulary  {len(tokens):,}: {some}   ({tokens[0]} is the boundary of a word)")
    examples = {part: int(corpus.counts(part, 1).sum()) for part in corpus.parts}
    print("examples    " + "   ".join(f"{part} {n:,}" for part, n in examples.items()))
    for remark in corpus.remarks:
        print(f"note        {shown(remark)}")


CLEARLY = 0.02
"""In nats a character: a difference that is more than chance, or another way to the same model."""


def parameters_of(model: Any) -> int:
    """How many numbers a model learns."""
    return sum(parameter.numel() for parameter in model.parameters())


def print_model(config: dict[str, Any], model: Any) -> None:
    """What is trained, and how."""
    if config["fit"] == "counts":
        if config["smoothing"] is None:
            how = f"shorter n-grams mixed in as if seen {config['interpolation']:g} times"
        else:
            how = f"smoothing {config['smoothing']:g}"
        print(f"model       {config['type']} by counting, {model.counts.numel():,} counts, {how}")
        return
    batch = f"batches of {config['batch_size']:,}" if config["batch_size"] else "all examples at every step"
    steps = "until Ctrl-C" if config["max_steps"] < 0 else quantity(config["max_steps"], "step")
    rate = f"learning rate {config['learning_rate']:g}"
    warmup = f", warm-up of {quantity(config['warmup'], 'step')}" if config["warmup"] else ""
    if config["schedule"] != "constant" or warmup:
        rate += f" ({config['schedule']}{warmup})"
    optimizer = "" if config["type"] in NGRAMS else f"{config['optimizer']}, "
    print(f"model       {config['type']} by gradient descent, {parameters_of(model):,} parameters, {batch}")
    print(f"            {steps}, {optimizer}{rate}, weight decay {config['weight_decay']:g}")
    if processes.size() > 1 and (why := shards.why_whole(config, model)):
        print(f"            one of the {processes.size()} processes takes every step alone: {why}")


def print_descent(metrics: list[dict[str, Any]]) -> None:
    """How the loss fell: at the first evaluation, the last, and some between, evenly spaced on a logarithmic scale."""
    if len(metrics) > 1:
        marks = np.geomspace(1, len(metrics) - 1, 4).round().astype(int)
        chosen = [metrics[i] for i in sorted({0, *marks.tolist()})]
        fell = ", ".join(f"{line['train_loss']:.4f} at {line['step']:,}" for line in chosen)
        print(f"train loss  {fell} step" + "s" * (metrics[-1]["step"] != 1))


def print_worse(losses: Losses, config: dict[str, Any], metrics: list[dict[str, Any]], words: int) -> None:
    """Say where a simpler model does clearly better, and what would be better on a list of so many words."""
    *simpler, own = losses.items()
    part = next(part for part in ("dev", "test", "train") if own[1][part] is not None)
    name, row = min(simpler, key=lambda item: item[1][part] or math.inf)
    lowest, reached = row[part], own[1][part]
    if lowest is None or reached is None or reached < lowest + CLEARLY:
        return
    kind, best = name.partition(",")[0], best_for(words)
    cures = [f"--type {kind} --fit counts"] if kind in NGRAMS else []
    cures += [best.flags] if config["type"] != best.type and words >= SHORTEST else []
    falling = [line["dev_loss"] or line["train_loss"] for line in metrics]
    if falling and falling[-1] == min(falling) < falling[len(falling) // 2] - CLEARLY:
        cures.append("more --max-steps, since it was still learning")
    print(
        f"worse       than {name}, on {part}: perplexity {perplexity(reached):.3f} against {perplexity(lowest):.3f}"
        + (f"; better on this list: {', or '.join(cures)}" if cures else "")
        + ("; so few words teach a model little: give more" if words < SHORTEST else "")
    )


def print_losses(losses: Losses) -> None:
    """The table of losses and perplexities, a model to a line."""
    parts = [part for part in SPLITS if any(row[part] is not None for row in losses.values())]
    rows = [[" " * (max(map(len, losses)) + 2), *parts, " ", *parts]]
    for name, of_part in losses.items():
        row = [loss for loss in of_part.values() if loss is not None]
        rows.append([name, *[decimal(loss, 4) for loss in row], " ", *[decimal(perplexity(loss), 3) for loss in row]])
    rows = [[name, *[f"{cell:>7}" if cell.strip() else cell for cell in cells]] for name, *cells in rows]
    titles = [("", 1), ("loss, nats a character", len(parts)), ("", 1), ("perplexity", len(parts))]
    print()
    print("\n".join(table(rows, "<" + ">" * len(rows[0]), titles=titles)))


def perplexity(loss: float) -> float:
    """exp(loss): among how many equally likely characters choosing would be as hard."""
    return math.exp(loss) if loss < 700 else math.inf


def print_hints(losses: Losses, corpus: Corpus, config: dict[str, Any], metrics: list[dict[str, Any]]) -> None:
    """Hints on what the losses say, as the lectures read them, a line each."""
    if any(loss == math.inf for row in losses.values() for loss in row.values()):
        print("inf: a pair that training never saw has probability 0; --smoothing 1 adds one to every count")
    trained = losses.get(f"{config['type']}, trained", {})
    train_loss, dev_loss = trained.get("train"), trained.get("dev")
    if train_loss is not None and dev_loss is not None:
        if dev_loss - train_loss > 0.3:
            best = best_for(corpus.survey.words)
            cure = "--fit counts interpolates with shorter n-grams, which does better"
            if config["type"] not in NGRAMS:
                cure = "more words would help" if config["type"] == best.type else f"{best.flags} does better"
            print(f"train loss far below dev: it overfits; {cure}")
        elif config["type"] not in NGRAMS and dev_loss - train_loss < 0.02 and config["max_steps"] > 1000:
            print("train loss about equal to dev: it does not overfit; a larger model, or more steps, may do better")
    if metrics:
        lowest = min(line["train_loss"] for line in metrics)
        last = metrics[-1]["train_loss"]
        if last > lowest + 0.1:
            print(f"the train loss rose from {lowest:.4f} to {last:.4f}: try a lower --learning-rate")
    if config["fit"] == "counts" and config["smoothing"] == 0:
        counts = corpus.counts("train", config["block_size"] + 1)
        totals = counts.sum(-1)
        unseen = int((totals == 0).sum())
        if unseen:
            were, them = ("was", "it") if unseen == 1 else ("were", "them")
            print(
                f"{unseen:,} of {totals.size:,} contexts {were} never seen; "
                f"after {them} every character is equally likely"
            )
