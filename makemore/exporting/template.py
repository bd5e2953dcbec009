"""The text of an exported file, from top to bottom, with gaps.

`@name@` is a gap. A line that ends in `#? condition` stands only where the condition, an expression of names, holds. So
do the lines between one that is nothing else and the next `#?`.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any


def filled(template: str, holds: Mapping[str, bool], values: Mapping[str, Any]) -> str:
    """A template without the lines whose condition fails; in each gap its value, a gap without one as it is.

    holds: what the names in conditions stand for, False for those that are missing.
    """
    lines, in_block, names = [], True, defaultdict(bool, holds)
    for line in template.split("\n"):
        text, mark, condition = line.partition("#?")
        wanted = not condition or eval(condition.strip(), {}, names)
        if mark and not text:
            in_block = wanted
        elif wanted and in_block:
            lines.append(text.removesuffix("  ") if mark else line)
    return re.sub(r"@(\w+)@", lambda gap: str(values.get(gap[1], gap[0])), "\n".join(lines))


TEMPLATE = '''"""@title@

Made by `python -m makemore.export`; it needs NumPy 2, and @weights@ beside it.

    python @file@ -n 10 --seed 3
    python @file@ --max-steps 20000  #? trains

From top to bottom: the operations, the net, how words are drawn.  #? not trains
From top to bottom: the operations, the net, how words are drawn, backward and the training loop.  #? trains
"""

@imports@

np.seterr(all="ignore")  # log(0) is -inf, the log probability of what cannot come

TOKENS = @tokens@  # by token id; the first is the boundary before and after a word
WEIGHTS = Path(__file__).with_name(@weights_name@)


# The operations: those of micrograd, without what this net does not ask of them.

  #? not constants
@operations@


# The net.


@layer@def forward(w, contexts):
    """The logits of the next character: from contexts @inputs@ of token ids to @outputs@. w: the weights."""
@forward@


def log_probabilities(logits):
    """The log probabilities of the next character, float64: a row for each context, or each position of one."""
@ends@


def blocks(w, contexts):
    """The rows of log probabilities after contexts, in blocks to save memory, each with the index of its first."""
    at_once = max(1, @most_at_once@ // contexts.shape[1])  #? whole
    at_once = @most_at_once@  #? not whole
    for i in range(0, len(contexts), at_once):
        yield i * contexts.shape[1], log_probabilities(forward(w, contexts[i : i + at_once]))  #? whole
        yield i, log_probabilities(forward(w, contexts[i : i + at_once]))  #? not whole


def after(w, contexts):
    """The log probabilities of the character after each context: (n, @size@)."""
    rows = np.concatenate([rows for _, rows in blocks(w, contexts)])  #? whole
    return rows.reshape(len(contexts), -1, len(TOKENS))[:, -1]  #? whole
    return np.concatenate([rows for _, rows in blocks(w, contexts)])  #? not whole


# How words are drawn.


def multinomial(p, bits):
    """PyTorch's multinomial: of each row of probabilities the index of the largest p / e, with exponential e."""
    words = bits.random_raw(2 * p.size)  # of 32 bits; two of them make a number in [0, 1)
    uniform = (words[0::2] * 2**32 + words[1::2]) % 2**53 * 2.0**-53
    return (p / -np.log1p(-uniform).astype(np.float32).reshape(p.shape)).argmax(1)


@drawing@
#? trains


# Training: backward, and the loop.

LIST = @list@  # of words; -i names another path
DIGEST = "@digest@"  # SHA-256 of its words
BATCH_SIZE = @batch_size@  #? batches
EVAL_EVERY = @eval_every@
EARLY_STOP = @early_stop@  # evaluations without a better dev loss  #? early
WEIGHT_DECAY = @weight_decay@  #? decay
CLIP = @clip@  # the largest norm of all gradients together  #? clip


def loss_and_gradients(w, contexts, targets):  #? batches
def loss_and_gradients(w, frequencies):  #? not batches
    """The loss of a step, and its gradient for each weight, by name."""
@lengths@
    # forward
@steps@
    # backward
    g = np.ones((), np.float32)
@back@
    return loss, grads


@adam@def rate_at(step):
    """The learning rate of a step: @first@always the same."""  #? constant
    """The learning rate of a step: @first@a tenth from half of the steps on."""  #? step
    """The learning rate of a step: @first@down to a hundredth in a line."""  #? linear
    """The learning rate of a step: @first@down to a hundredth along a cosine."""  #? cosine
    if step < @warmup@:  #? warmup
        return @rate@ * (step + 1) / @warmup_and_1@  #? warmup
    return @rate@  #? constant
    return @rate@ if step < @half@ else @rate@ / 10  #? step
    done = min(@since@ / @left@, 1.0)  #? linear or cosine
    return @rate@ * (0.01 + 0.99 * (1 - done))  #? linear
    return @rate@ * (0.01 + 0.99 * ((1 + math.cos(math.pi * done)) / 2))  #? cosine


def read_words(path):
    """The words of the list, which have to be those the run started with."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        stop(f"{path} cannot be read ({error}); name the list of words with -i")
    words = [word for line in text.split("\\n") if (word := line.strip())]
    words = list(dict.fromkeys(words))  #? unique
    if hashlib.sha256("".join([word + "\\n" for word in words]).encode()).hexdigest() != DIGEST:
        stop(f"{path} does not hold the words that the run started with; name their list with -i")
    return words
#? trains and whole


def examples(words):
    """Contexts (n, longest + 1) of token ids, a word to a row, and what comes next; -1 after the end of the word."""
    number = {token: i for i, token in enumerate(TOKENS)}
    shape = len(words), max(map(len, words)) + 1
    contexts, targets = np.zeros(shape, np.int64), np.full(shape, -1, np.int64)
    for row, word in enumerate(words):
        targets[row, : len(word)] = contexts[row, 1 : len(word) + 1] = [number[character] for character in word]
        targets[row, len(word)] = 0
    return contexts, targets


def sample(contexts, targets, characters):
    """At most so many characters in some of the words, chosen at random and always the same."""
    n = max(1, characters // contexts.shape[1])
    if n >= len(contexts):
        return contexts, targets
    chosen = np.sort(np.random.default_rng(0).choice(len(contexts), n, replace=False))
    return contexts[chosen], targets[chosen]


def mean_loss(w, contexts, targets):
    """The mean negative log-likelihood of the targets that are not padding."""
    total, targets = 0.0, targets.reshape(-1)
    for i, rows in blocks(w, contexts):
        wanted = targets[i : i + len(rows)]
        total -= float(rows[np.flatnonzero(wanted >= 0), wanted[wanted >= 0]].sum())
    return total / np.count_nonzero(targets >= 0)
#? trains and not whole


def examples(words):
    """Contexts (n, @window@) of token ids, and what comes next, (n,)."""
    number = {token: i for i, token in enumerate(TOKENS)}
    ids = [i for word in words for i in (*[0] * @window@, *[number[character] for character in word])]
    rows = sliding_window_view(np.array([*ids, 0], np.int64), @order@)
    rows = rows[(rows[:, -2:] > 0).any(1)]  # none lies between two words
    return rows[:, :-1], rows[:, -1]


def sample(contexts, targets, n):
    """At most n different contexts; row i of them is followed by a target so many times: i, targets, counts."""
    pairs, counts = np.unique(np.column_stack([contexts, targets]), axis=0, return_counts=True)
    contexts, i = np.unique(pairs[:, :-1], axis=0, return_inverse=True)
    if n < len(contexts):  # some at random, always the same
        chosen = np.sort(np.random.default_rng(0).choice(len(contexts), n, replace=False))
        kept = np.isin(i, chosen)
        contexts, i, pairs, counts = contexts[chosen], np.searchsorted(chosen, i[kept]), pairs[kept], counts[kept]
    return contexts, i, pairs[:, -1], counts


def mean_loss(w, contexts, i, targets, counts):
    """The mean negative log-likelihood of the targets."""
    total = 0.0
    for start, rows in blocks(w, contexts):
        here = (start <= i) & (i < start + len(rows))
        total -= float((counts[here] * rows[i[here] - start, targets[here]]).sum())
    return total / float(counts.sum())
#? trains


def group(arrays, name):
    """The arrays of a group, by name: "last" are the weights after the last step."""
    return {key.partition(".")[2]: array for key, array in arrays.items() if key.startswith(name + ".")}


def train(arrays, last_step, path):
    """Take steps up to the last (-1: without end), and save the arrays at each evaluation; the last ones saved."""
    words = read_words(path)
    random.Random(42).shuffle(words)  # as in the lecture  #? split
    train_words = words  #? not split
    train_words = words[: int(0.8 * len(words))]  #? split
    dev_words = words[int(0.8 * len(words)) : int(0.9 * len(words))]  #? dev
    contexts, targets = examples(train_words)
    train_sample = sample(contexts, targets, @train_characters@)
    dev_sample = sample(*examples(dev_words), @dev_characters@)  #? dev
    frequencies = np.zeros((@size@,) * @order@, np.int64)  #? not batches
    np.add.at(frequencies, (*contexts.T, targets), 1)  #? not batches
    frequencies = (frequencies / frequencies.sum()).astype(np.float32).reshape(-1, @size@)  #? not batches
    @groups@ = @parts@
    best_loss, dev_loss = arrays["dev_losses"]  #? best
    since_best = -1  # evaluations; patience starts again  #? best
    step, bits = int(arrays["step"]), np.random.MT19937()
    bits.state = {"bit_generator": "MT19937", "state": {"key": arrays["random_key"], "pos": int(arrays["random_pos"])}}
    while step != last_step:  #? not early
    while step != last_step and since_best < EARLY_STOP:  #? early
        chosen = (bits.random_raw(BATCH_SIZE) % len(contexts)).astype(np.int64)  #? batches
        x, y = contexts[chosen], targets[chosen]  #? batches
        longest = (y >= 0).sum(1).max()  # no padding after the longest word of the batch  #? whole
        x, y = x[:, :longest], np.ascontiguousarray(y[:, :longest])  #? whole
        loss, grads = loss_and_gradients(w, x, y)  #? batches
        loss, grads = loss_and_gradients(w, frequencies)  #? not batches
        norms = np.array([np.linalg.norm(grads[name].reshape(-1), 2) for name in w if name in grads])  #? clip
        scale = min(float(CLIP / (np.linalg.norm(norms, 2) + 1e-6)), 1.0)  # Pascanu and others 2013  #? clip
        rate = rate_at(step)
        for name, g in grads.items():
            g = g * scale  #? clip
            g = g + WEIGHT_DECAY * w[name]  #? decay and not adam
            w[name] -= rate * g  #? not adam
            w[name] *= 1 - rate * WEIGHT_DECAY  #? decay and adam
            adam_step(w[name], g, mean[name], square[name], step + 1, rate, 0.9, 0.99, 1e-8)  #? adam
        step += 1
        if not np.isfinite(loss):
            stop(f"the loss became {loss} at step {step:,}; {WEIGHTS.name} is as it was at the last evaluation")
        if step % EVAL_EVERY == 0 or step == last_step:
            train_loss, dev_loss = mean_loss(w, *train_sample), mean_loss(w, *dev_sample)  #? dev
            print(f"step {step:,}  train loss {train_loss:.4f}  dev loss {dev_loss:.4f}")  #? dev
            print(f"step {step:,}  train loss {mean_loss(w, *train_sample):.4f}")  #? not dev
            since_best += 1  #? best
            if step % EVAL_EVERY == 0 and dev_loss < best_loss:  #? best
                best, best_loss, since_best = {name: array.copy() for name, array in w.items()}, dev_loss, 0  #? best
            twister = bits.state["state"]
            arrays = {"step": step, "random_key": twister["key"], "random_pos": twister["pos"]}
            arrays["dev_losses"] = best_loss, dev_loss  #? best
            for kind, named in (@kept@):
                arrays |= {f"{kind}.{name}": array for name, array in named.items()}
            arrays["count"] = len(arrays) + 1  # with this one
            unfinished = WEIGHTS.with_name("unfinished." + WEIGHTS.name)
            np.savez(unfinished, **arrays)
            unfinished.replace(WEIGHTS)
    return arrays
#?


def read():
    """The arrays in WEIGHTS, by name."""
    try:
        with np.load(WEIGHTS) as file:
            arrays = dict(file)
            if file.zip.testzip() or len(arrays) != arrays["count"]:
                raise ValueError
        after(arrays, np.zeros((1, @width@), np.int64))  # raises where they are another net's  #? not trains
        after(group(arrays, "last"), np.zeros((1, @width@), np.int64))  # raises where they are another net's  #? trains
        return arrays
    except OSError as error:
        stop(f"{WEIGHTS} cannot be read ({error}); it belongs beside this file")
    except Exception:  # what is damaged may raise anything
        stop(f"{WEIGHTS} is damaged, or of another model; export it again")


def stop(why):
    """Say what is wrong, in one line."""
    print(f"error: {why}", file=sys.stderr)
    sys.exit(2)


def main():
    """Draw words, one to a line."""
    parser = argparse.ArgumentParser(description="New words, one to a line.")
    parser.add_argument("-n", "--num-samples", type=int, default=20, metavar="N", help="how many (20)")
    parser.add_argument("--seed", type=int, default=@seed@, metavar="N", help="random seed (@seed@)")
    parser.add_argument("--temperature", type=float, default=1.0, metavar="T", help="divides the logits (1)")
    parser.add_argument("--top-k", type=int, default=-1, metavar="K", help="draw from the K most probable (-1: all)")
    parser.add_argument("--prompt", default="", metavar="TEXT", help="how each word starts")
#? trains
    parser.add_argument("--max-steps", type=int, metavar="N", help="train first, up to N steps (-1: without end)")
    parser.add_argument("-i", "--input-file", default=LIST, metavar="FILE", help="the list of words to train on")
#?
    flags = parser.parse_args()
    if not 0 < flags.temperature < np.inf or flags.num_samples < 0 or (flags.top_k < 1 and flags.top_k != -1):
        stop("-n has to be 0 or more, --temperature above 0, --top-k 1 or more (or -1)")
    if strange := set(flags.prompt) - {*TOKENS[1:]}:
        stop(f"the model does not know the character {min(strange)!r}; give another --prompt")
    prompt = [TOKENS.index(character, 1) for character in flags.prompt]
    if len(prompt) > @longest_prompt@:  #? whole
        stop("the prompt is too long; the model takes up to @longest_prompt@ characters")  #? whole
    arrays = read()
#? trains
    if flags.max_steps is not None:
        if flags.max_steps != -1 and flags.max_steps <= arrays["step"]:
            stop(f"{arrays['step']:,} steps are done; give a larger total with --max-steps")
        try:
            arrays = train(arrays, flags.max_steps, flags.input_file)
        except OSError as error:
            stop(f"{WEIGHTS} cannot be written ({error})")
        except KeyboardInterrupt:
            print(f"\\nstopped; {WEIGHTS} is as it was at the last evaluation", file=sys.stderr)
            sys.exit(130)
#?
    w = arrays  #? not trains
    w = group(arrays, "last")  #? trains and not best
    best_loss, last_loss = arrays["dev_losses"]  #? trains and best
    w = group(arrays, "last" if last_loss < best_loss else "best")  #? trains and best
    bits = np.random.MT19937()
    np.random.RandomState(bits).seed(flags.seed & 0xFFFFFFFF)
    words = words_drawn(
        lambda contexts: after(w, contexts), lambda p: multinomial(p, bits), window=@draws_from@, at_once=@words@,
        temperature=flags.temperature, top_k=None if flags.top_k == -1 else flags.top_k,
        prompt=prompt, longest=@longest@,
    )
    for ids in itertools.islice(filter(len, itertools.islice(words, 500 * flags.num_samples)), flags.num_samples):
        print("".join([TOKENS[i] for i in ids]))


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):  # of Ctrl-C, and of a reader that has had enough
        sys.stderr.close()
        sys.exit(130)
'''
