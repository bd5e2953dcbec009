"""Steps of the small nets of makemore beside a program that keeps a core busy: `pytest -m benchmark -n 0 -s`.

Blocks of steps alternate, alone and beside it, on as many threads as makemore takes and, to compare with, on all.
"""

import os
import subprocess
import sys
import time
from statistics import median

import pytest
from benchmarks.timing import processor

from makemore import run
from makemore.config import config_of, parser_of_flags
from makemore.steps import loss_of_step, on_threads, threads_for
from makemore.training import Training

BLOCKS, SECONDS = 9, 0.3
SLOWER_AT_MOST = 1.5


class Neighbours:
    """Programs that keep so many cores busy, within a block."""

    def __init__(self, n):
        self.n = n

    def __enter__(self):
        self.running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(self.n)]
        time.sleep(0.1)  # until they have begun

    def __exit__(self, *raised):
        for each in self.running:
            each.kill()
            each.wait()


def step_of(type_):
    """A training step, and on how many threads makemore takes it."""
    config = config_of(parser_of_flags().parse_args(["--type", type_]))
    corpus = run.read_corpus(config, None)
    config = run.complete(config, corpus)
    training = Training(config, corpus, run.new_model(config, corpus))
    next_loss = loss_of_step(config, corpus, training.model, compiled=True)

    def step():
        loss = next_loss()
        training.optimizer.zero_grad()
        loss.backward()
        training.optimizer.step()

    return step, threads_for(config, training.model)


def seconds_a_step(step):
    """In a block of SECONDS."""
    began, n = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < SECONDS:
        step()
        n += 1
    return passed / n


@pytest.mark.benchmark
@pytest.mark.parametrize("type_", ["rnn", "gru", "mlp"])
def test_a_busy_neighbour_slows_small_nets_by_half_at_most(type_):
    step, chosen = step_of(type_)
    for _ in range(50):
        step()
    times = {}
    for _ in range(BLOCKS):
        for threads in sorted({chosen, os.cpu_count()}):
            for busy in (0, max(1, os.cpu_count() - 1)):
                with on_threads(threads), Neighbours(busy):
                    times.setdefault((threads, busy), []).append(seconds_a_step(step))
    print(f"\n{processor()}: a step of {type_}, beside programs that keep cores busy; makemore takes {chosen} threads")
    for (threads, busy), blocks in times.items():
        ratio = median(b / a for a, b in zip(times[threads, 0], blocks, strict=True))
        print(f"{threads} threads, {busy} busy  {median(blocks) * 1e3:8.2f} ms  {ratio:6.2f} times the quiet time")
    last = times[chosen, max(1, os.cpu_count() - 1)]
    ratio = median(b / a for a, b in zip(times[chosen, 0], last, strict=True))
    assert ratio < SLOWER_AT_MOST
