"""Training steps in a process of their own: `python steps.py eager`, with the build to be measured on PYTHONPATH.

Each line read is "NAME CALLS": that step is taken so often, and the seconds of it are printed. So several builds of one
package, and several libraries, are timed by turns (see `timing.Taker`). A step draws a batch of 32 examples and reads
the loss as a number; forward, cross-entropy, backward and update lie between.
"""

import importlib.util
import sys
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import numpy as np

RATE = 1e-4  # so small that the weights, and with them the work, stay about as they are
BLOCK = 16  # the longest name and its end
SIXTY_FOUR = {"n_embd": 64, "n_embd2": 64}
NETS = {
    "mlp": ("mlp", "MLP", 3, {"n_embd": 10, "n_embd2": 200}),
    "batchnorm": ("mlp", "MLP", 3, {"n_embd": 10, "n_embd2": 200, "batchnorm": True}),
    "gru": ("recurrent", "GRU", BLOCK, SIXTY_FOUR),
    "transformer": ("transformer", "Transformer", BLOCK, {"n_embd": 64, "n_layer": 4, "n_head": 4}),
}
WHOLE_WORDS = ("gru", "transformer")
HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "data" / "names.txt"


def examples(length, whole_words):
    """All examples of the bundled names: contexts and targets, padded with -1."""
    words = [word for word in EXAMPLES.read_text(encoding="utf-8").split() if len(word) < BLOCK]
    text = "." + ".".join(words) + "."
    numbers = np.array([".abcdefghijklmnopqrstuvwxyz".index(c) for c in text])
    starts = np.flatnonzero(numbers == 0)
    if whole_words:
        x, y = np.zeros((len(words), length), np.int64), np.full((len(words), length), -1, np.int64)
        for i, (start, end) in enumerate(pairwise(starts)):
            x[i, : end - start], y[i, : end - start] = numbers[start:end], numbers[start + 1 : end + 1]
        return x, y
    padded = np.concatenate([np.zeros(length - 1, np.int64), numbers])
    x = np.lib.stride_tricks.sliding_window_view(padded, length)[: len(numbers) - 1].copy()
    for shift in range(1, length):  # nothing before the start of a word
        x[:, : length - shift][x[:, length - shift] == 0] = 0
    return x, numbers[1:].copy()


def net_of(library, name):
    """The net, from makemore or written in PyTorch."""
    module, kind, length, sizes = NETS[name]
    library.manual_seed(1)
    if library.__name__ == "torch":
        spec = importlib.util.spec_from_file_location("pytorch_models", HERE.parent / "makemore" / "pytorch_models.py")
        spec.loader.exec_module(theirs := importlib.util.module_from_spec(spec))
        sys.modules[spec.name] = theirs  # where torch.compile looks for it
        return getattr(theirs, kind)(27, length, **sizes)
    return getattr(importlib.import_module(f"makemore.models.{module}"), kind)(27, length, **sizes)


def net_step(library, net, x, y, whole_words, compiled=False):
    """A training step, written once for both libraries; x and y are all examples."""
    x, y = map(library.from_numpy, (x, y))
    fastest = {"fused": True} if library.__name__ == "torch" else {}
    optimizer = (library.optim.AdamW if whole_words else library.optim.SGD)(net.parameters(), lr=RATE, **fastest)

    def loss_of(contexts, targets):
        logits = net(contexts)
        return library.nn.functional.cross_entropy(logits.view(-1, 27), targets.view(-1), ignore_index=-1)

    loss_of = library.compile(loss_of) if compiled else loss_of

    def step():
        batch = library.randint(0, len(x), (32,))
        loss = loss_of(x[batch], y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def trigram_step(library, compiled):
    """The lecture's, one row of the table to an example, with its penalty."""
    F = library.nn.functional
    contexts, y = examples(2, False)
    x, y = library.from_numpy(contexts[:, 0] * 27 + contexts[:, 1]), library.from_numpy(y)
    library.manual_seed(1)
    W = library.randn((729, 27)).requires_grad_()

    def loss_of(xs, ys):
        return F.cross_entropy(W[xs], ys) + 0.01 * (W**2).mean()

    loss_of = library.compile(loss_of) if compiled else loss_of

    def step():
        batch = library.randint(0, len(x), (32,))
        loss = loss_of(x[batch], y[batch])
        W.grad = None
        loss.backward()
        W.data += -RATE * W.grad
        return loss.item()

    return step


def jax_mlp_step():
    """The lecture's MLP in JAX, all of the step but the drawing of the batch under jit."""
    import jax
    import jax.numpy as jnp

    x, y = examples(3, False)
    rng = np.random.default_rng(1)
    shapes = [(27, 10), (30, 200), (200,), (200, 27), (27,)]
    weights = [jnp.asarray(0.1 * rng.standard_normal(shape, np.float32)) for shape in shapes]

    def loss_of(weights, contexts, targets):
        C, W1, b1, W2, b2 = weights
        logits = jnp.tanh(C[contexts].reshape(len(contexts), -1) @ W1 + b1) @ W2 + b2
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), targets[:, None], 1).mean()

    @jax.jit
    def update(weights, contexts, targets):
        loss, gradients = jax.value_and_grad(loss_of)(weights, contexts, targets)
        return loss, [w - RATE * g for w, g in zip(weights, gradients, strict=True)]

    def step():
        nonlocal weights
        batch = rng.integers(0, len(x), 32)
        loss, weights = update(weights, x[batch], y[batch])
        return float(loss)

    return step


def step_by_hand():
    """The lecture's MLP in NumPy alone, every derivative written out and every array written again."""
    x, y = examples(3, False)
    rng = np.random.default_rng(1)
    shapes = [(27, 10), (30, 200), (200,), (200, 27), (27,)]
    C, W1, b1, W2, b2 = (0.1 * rng.standard_normal(shape, np.float32) for shape in shapes)
    rows, ones, eye = np.arange(32), np.ones(32, np.float32), np.eye(27, dtype=np.float32)
    h, dh, logits = (np.empty(shape, np.float32) for shape in ((32, 200), (32, 200), (32, 27)))
    demb, dW1, dW2 = (np.empty(shape, np.float32) for shape in ((32, 30), (30, 200), (200, 27)))

    def step():
        batch = rng.integers(0, len(x), 32)
        contexts, targets = x[batch], y[batch]
        emb = C.take(contexts, 0).reshape(32, 30)
        np.tanh(np.add(np.matmul(emb, W1, out=h), b1, out=h), out=h)
        np.add(np.matmul(h, W2, out=logits), b2, out=logits)
        np.subtract(logits, logits.max(1, keepdims=True), out=logits)
        picked = logits[rows, targets]
        np.exp(logits, out=logits)
        total = logits.sum(1)
        loss = (np.log(total) - picked).mean()
        np.divide(logits, total[:, None], out=logits)
        logits[rows, targets] -= 1
        np.multiply(logits, np.float32(1 / 32), out=logits)
        np.matmul(h.T, logits, out=dW2)
        np.matmul(logits, W2.T, out=dh)
        np.multiply(h, h, out=h)
        np.subtract(1, h, out=h)
        np.multiply(dh, h, out=dh)
        np.matmul(emb.T, dh, out=dW1)
        np.matmul(dh, W1.T, out=demb)
        dC = eye.take(contexts.reshape(-1), 0).T @ demb.reshape(96, 10)
        for weights, gradient in zip((C, W1, b1, W2, b2), (dC, dW1, ones @ dh, dW2, ones @ logits), strict=True):
            gradient *= RATE
            weights -= gradient
        return float(loss)

    return step


def step_of(engine, name):
    """The step of one name in an engine: eager, compiled-1, torch-1, torch-compile, jax or by-hand.

    The number, 1 or 2, is that of threads, which a compiled step's process gets from its environment.
    """
    if engine == "jax":
        return jax_mlp_step()
    if engine == "by-hand":
        return step_by_hand()
    library = importlib.import_module("torch" if engine.startswith("torch") else "micrograd")
    if engine.startswith("torch"):
        library.set_num_threads(2 if engine == "torch-2" else 1)
    compiled = engine in ("compiled-1", "compiled-2", "torch-compile")
    if name == "trigram":
        return trigram_step(library, compiled)
    whole_words = name in WHOLE_WORDS
    return net_step(library, net_of(library, name), *examples(NETS[name][2], whole_words), whole_words, compiled)


def main(engine):
    """Take the steps that are asked for, until there is nothing more to read."""
    steps = {}
    for line in sys.stdin:
        name, calls = line.split()
        if name not in steps:
            steps[name] = step_of(engine, name)
        step = steps[name]
        start = perf_counter()
        for _ in range(int(calls)):
            step()
        print(perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
