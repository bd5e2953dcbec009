"""Part 5: the hierarchical net of makemore.models.wavenet, with 76,579 parameters."""

import micrograd
from makemore.corpus import Corpus
from makemore.lectures.descent import Outcome, batches, descend, outcome_of, step_of
from makemore.models.wavenet import WaveNet
from makemore.report import parameters_of
from micrograd import Tensor
from micrograd.nn import BatchNorm1d, Sequential
from micrograd.nn import functional as F  # noqa: N812 - as everywhere

BLOCK_SIZE, N_EMBD, N_HIDDEN = 8, 24, 128


class LectureBatchNorm1d(BatchNorm1d):
    """BatchNorm1d with var(unbiased=True) in training, as the lecture's; PyTorch's is the biased one."""

    def forward(self, input: Tensor) -> Tensor:
        """input: (n, num_features); the result has its shape."""
        if not self.training:
            return super().forward(input)
        # 1 / sqrt(var * n / (n - 1) + eps) is 1 / sqrt(var + eps * ratio) times sqrt(ratio)
        ratio = (len(input) - 1) / len(input)
        weight, running, momentum = self.weight * ratio**0.5, (self.running_mean, self.running_var), self.momentum
        return F.batch_norm(input, *running, weight, self.bias, True, momentum or 0.0, self.eps * ratio)


def net_of(vocabulary_size: int) -> WaveNet:
    """The lecture's net, drawn from the default generator."""
    net = WaveNet(vocabulary_size, BLOCK_SIZE, n_embd=N_EMBD, n_embd2=N_HIDDEN)
    layers = [LectureBatchNorm1d(N_HIDDEN) if isinstance(layer, BatchNorm1d) else layer for layer in net.layers]
    net.layers = Sequential(*layers)
    return net


def run(corpus: Corpus, steps: int) -> Outcome:
    """Train the net for that many steps, and evaluate it."""
    micrograd.manual_seed(42)
    net = net_of(len(corpus.vocabulary))
    losses = descend(step_of(net, batches(corpus, BLOCK_SIZE)), steps, "part 5", at_first_rate=0.75)
    return outcome_of(net, corpus, {"parameters": parameters_of(net), "loss of the batch of step 0": losses[0]})
