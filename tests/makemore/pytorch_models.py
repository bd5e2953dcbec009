"""The models of makemore written for PyTorch, with the same names, shapes and initial weights.

Those that the public makemore.py has keep its names for everything, so that a checkpoint of one loads in the other.
They are written for PyTorch's own strengths, where there is a choice, for they are also what the models are timed
against.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as everywhere


class NormalLinear(nn.Linear):
    """nn.Linear with the lecture's initial weights."""

    def __init__(self, fan_in, fan_out, bias=True, *, std, bias_std=None):
        self.stds = std, bias_std
        super().__init__(fan_in, fan_out, bias)

    @torch.no_grad()
    def reset_parameters(self):
        std, bias_std = self.stds
        self.weight.copy_((torch.randn(self.in_features, self.out_features) * std).T)
        if self.bias is not None:
            self.bias.copy_(torch.zeros(self.out_features))
        if bias_std is not None and self.bias is not None:
            self.bias.copy_(torch.randn(self.out_features) * bias_std)


class MLP(nn.Module):
    def __init__(
        self,
        vocabulary_size,
        context_length,
        *,
        n_embd,
        n_embd2,
        n_layer=1,
        batchnorm=False,
        direct=False,
        blank=False,
    ):
        super().__init__()
        self.vocabulary_size, self.blank, self.direct = vocabulary_size, blank, None
        fan_in = context_length * n_embd
        self.wte = nn.Embedding(vocabulary_size + blank, n_embd)
        if blank:
            self.mlp = nn.Sequential(nn.Linear(fan_in, n_embd2), nn.Tanh(), nn.Linear(n_embd2, vocabulary_size))
            return
        layers, width = [], fan_in
        for _ in range(n_layer):
            std = 5 / 3 / math.sqrt(width)
            layers.append(NormalLinear(width, n_embd2, bias=not batchnorm, std=std, bias_std=0.01))
            if batchnorm:
                layers.append(nn.BatchNorm1d(n_embd2, momentum=0.001))
            layers.append(nn.Tanh())
            width = n_embd2
        self.mlp = nn.Sequential(*layers, NormalLinear(width, vocabulary_size, std=0.01, bias_std=0.0))
        if direct:
            self.direct = NormalLinear(fan_in, vocabulary_size, bias=False, std=0.01)

    def forward(self, contexts):
        if self.blank:
            follows_zero = F.pad(contexts[:, 1:] == 0, (0, 1))
            contexts = contexts.masked_fill((contexts == 0) & follows_zero, self.vocabulary_size).flip(1)
        x = self.wte(contexts).view(len(contexts), -1)
        logits = self.mlp(x)
        return logits if self.direct is None else logits + self.direct(x)


class FlattenConsecutive(nn.Module):
    def forward(self, x):
        return x.view(-1, 2 * x.shape[-1])


class WaveNet(nn.Module):
    def __init__(self, vocabulary_size, context_length, *, n_embd, n_embd2):
        super().__init__()
        layers, width = [nn.Embedding(vocabulary_size, n_embd)], n_embd
        while context_length > 1:
            linear = NormalLinear(2 * width, n_embd2, bias=False, std=1 / math.sqrt(2 * width))
            layers += [FlattenConsecutive(), linear, nn.BatchNorm1d(n_embd2), nn.Tanh()]
            width, context_length = n_embd2, context_length // 2
        self.layers = nn.Sequential(*layers, NormalLinear(width, vocabulary_size, std=0.1 / math.sqrt(width)))

    def forward(self, contexts):
        return self.layers(contexts)


class RNNCell(nn.Module):
    def __init__(self, n_embd, n_embd2):
        super().__init__()
        self.xh_to_h = nn.Linear(n_embd + n_embd2, n_embd2)

    def states(self, xs, h):
        for x in xs:
            h = torch.tanh(self.xh_to_h(torch.cat([x, h], 1)))
            yield h


class GRUCell(nn.Module):
    def __init__(self, n_embd, n_embd2):
        super().__init__()
        self.xh_to_z = nn.Linear(n_embd + n_embd2, n_embd2)
        self.xh_to_r = nn.Linear(n_embd + n_embd2, n_embd2)
        self.xh_to_hbar = nn.Linear(n_embd + n_embd2, n_embd2)

    def states(self, xs, h):
        for x in xs:
            xh = torch.cat([x, h], 1)
            z, r = torch.sigmoid(self.xh_to_z(xh)), torch.sigmoid(self.xh_to_r(xh))
            hbar = torch.tanh(self.xh_to_hbar(torch.cat([x, r * h], 1)))
            h = torch.lerp(h, hbar, z)
            yield h


class LSTMCell(nn.Module):
    def __init__(self, n_embd, n_embd2):
        super().__init__()
        self.start = nn.Parameter(torch.zeros(1, n_embd2))
        self.xh_to_i = nn.Linear(n_embd + n_embd2, n_embd2)
        self.xh_to_f = nn.Linear(n_embd + n_embd2, n_embd2)
        self.xh_to_o = nn.Linear(n_embd + n_embd2, n_embd2)
        self.xh_to_c = nn.Linear(n_embd + n_embd2, n_embd2)

    def states(self, xs, h):
        c = self.start.expand(h.shape)
        for x in xs:
            xh = torch.cat([x, h], 1)
            i, f, o = (torch.sigmoid(gate(xh)) for gate in (self.xh_to_i, self.xh_to_f, self.xh_to_o))
            c = f * c + i * torch.tanh(self.xh_to_c(xh))
            h = o * torch.tanh(c)
            yield h


class Recurrent(nn.Module):
    cell_type = None

    def __init__(self, vocabulary_size, context_length, *, n_embd, n_embd2):
        super().__init__()
        self.start = nn.Parameter(torch.zeros(1, n_embd2))
        self.wte = nn.Embedding(vocabulary_size, n_embd)
        self.cell = self.cell_type(n_embd, n_embd2)
        self.lm_head = nn.Linear(n_embd2, vocabulary_size)

    def forward(self, x):
        start = self.start.expand(len(x), -1)
        return self.lm_head(torch.stack(list(self.cell.states(self.wte(x).unbind(1), start)), 1))


class RNN(Recurrent):
    cell_type = RNNCell


class GRU(Recurrent):
    cell_type = GRUCell


class LSTM(Recurrent):
    cell_type = LSTMCell


class CausalBoW(nn.Module):
    def __init__(self, context_length):
        super().__init__()
        self.register_buffer("bias", torch.ones(1, context_length, context_length).tril())

    def forward(self, x):
        mask = self.bias[0, : x.shape[1], : x.shape[1]]
        return (mask / mask.sum(1, keepdim=True)) @ x


class BoWBlock(nn.Module):
    def __init__(self, context_length, n_embd, n_embd2):
        super().__init__()
        self.cbow = CausalBoW(context_length)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(n_embd, n_embd2), "c_proj": nn.Linear(n_embd2, n_embd)})

    def forward(self, x):
        x = x + self.cbow(x)
        return x + self.mlp.c_proj(torch.tanh(self.mlp.c_fc(x)))


class BagOfWords(nn.Module):
    def __init__(self, vocabulary_size, context_length, *, n_embd, n_embd2):
        super().__init__()
        self.wte = nn.Embedding(vocabulary_size, n_embd)
        self.wpe = nn.Embedding(context_length, n_embd)
        self.context_block = BoWBlock(context_length, n_embd, n_embd2)
        self.lm_head = nn.Linear(n_embd, vocabulary_size)

    def forward(self, x):
        return self.lm_head(self.context_block(self.wte(x) + self.wpe.weight[: x.shape[1]]))


class CausalSelfAttention(nn.Module):
    def __init__(self, context_length, n_embd, n_head):
        super().__init__()
        self.c_attn = nn.Linear(n_embd, 3 * n_embd)
        self.c_proj = nn.Linear(n_embd, n_embd)
        self.register_buffer("bias", torch.ones(1, 1, context_length, context_length).tril())
        self.n_head = n_head

    def forward(self, x):
        n, length, n_embd = x.shape
        heads = [part.view(n, length, self.n_head, -1).transpose(1, 2) for part in self.c_attn(x).split(n_embd, 2)]
        y = F.scaled_dot_product_attention(*heads, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(n, length, n_embd))


class Block(nn.Module):
    def __init__(self, context_length, n_embd, n_head):
        super().__init__()
        self.ln_1 = nn.LayerNorm(n_embd)
        self.attn = CausalSelfAttention(context_length, n_embd, n_head)
        self.ln_2 = nn.LayerNorm(n_embd)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(n_embd, 4 * n_embd), "c_proj": nn.Linear(4 * n_embd, n_embd)})

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp.c_proj(F.gelu(self.mlp.c_fc(self.ln_2(x)), approximate="tanh"))


class Transformer(nn.Module):
    def __init__(self, vocabulary_size, context_length, *, n_embd, n_head, n_layer):
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocabulary_size, n_embd),
                "wpe": nn.Embedding(context_length, n_embd),
                "h": nn.ModuleList([Block(context_length, n_embd, n_head) for _ in range(n_layer)]),
                "ln_f": nn.LayerNorm(n_embd),
            }
        )
        self.lm_head = nn.Linear(n_embd, vocabulary_size, bias=False)

    def forward(self, x):
        net = self.transformer
        x = net.wte(x) + net.wpe.weight[: x.shape[1]]
        for block in net.h:
            x = block(x)
        return self.lm_head(net.ln_f(x))
