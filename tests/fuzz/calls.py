"""Calls that the programs make beside those that `programs.py` writes itself: templates, one a line.

{x}: the tensor, {y}: one of the same shape, {t}: floats that broadcast to it, {o}: an operand of any kind, {n}: a
number, {d} and {e}: dimensions, {p}: places along dim {d} as a list, {m}: a mask of the shape of x, {v}: a new name.

What PyTorch leaves open is left out: which of equal elements topk takes, or sort where it is not
told to be stable, and how a gradient of autograd.grad lies in memory.
"""

FUNCTIONS = """
torch.diff({x}, dim={d})
torch.diff({x}, 2)
{x}.tile(2)
{x}.tile((2, 1))
{x}.repeat_interleave(2)
{x}.repeat_interleave(2, {d})
torch.hstack([{x}, {y}])
torch.vstack([{x}, {y}])
torch.stack([{x}, {y}, {x}], {d})
torch.cat([{x}, {y}.detach(), {x}], {d})
torch.cat([{x}.mT, {y}.mT], {d})
{x}.tensor_split(2, {d})[-1]
{x}.tensor_split((1, 2), {d})[1]
torch.meshgrid({x}.flatten(), {y}.ravel(), indexing='xy')[0]
{x}.squeeze(({d}, {e}))
{x}.movedim(({d}, {e}), ({e}, {d}))
{x}.unfold({d}, 2, 1).sum(-1)
{x}.unfold({d}, 2, 1) * {n}
{x}.view(-1, 1) * {y}.view(1, -1)
{x}.new_zeros(2, 3) + {n}
{x}.new_full({x}.shape, {n}) * {x}
torch.zeros_like({x}) + {y}
torch.full_like({x}, {n}) - {x}
{x}.type_as({y})
{x}.to({y}.dtype)
{x}.double() * {y}
{x}.int() * {y}
{x}.float().mean() * {y}
{x}.sum(({d}, {e}))
{x}.mean(({d}, {e}), keepdim=True)
{x}.sum({d}, dtype=torch.float64)
{x}.sum(dtype=torch.float64) * {y}
{x}.prod({d}, dtype=torch.float64)
{x}.amax(({d}, {e}))
{x}.amin(({d}, {e}), keepdim=True)
{x}.max({d}, keepdim=True)[0] - {x}
{x}.min({d}).indices
{x}.argsort(dim={d}, stable=True)
{x}.sort(dim={d}, descending=True, stable=True).values
{x}.sort(dim={d}, descending=True, stable=True).indices
{x}.topk(2, {d}).values.detach()
{x}.topk(1, {d}, largest=False)[0].detach()
{x}.quantile(0.5)
{x}.quantile(0.25, {d}, keepdim=True)
{x}.quantile(torch.tensor([0.0, 0.75, 1.0]), {d})
{x}.logsumexp(({d}, {e}))
{x}.norm(2, {d})
{x}.norm(1, {d}, keepdim=True)
{x}.norm(math.inf, {d})
{x}.norm(3)
{x}.norm(0.5)
{x}.norm(-math.inf)
{x}.norm(0)
{x}.norm(dim=({d}, {e}))
torch.var_mean({x}, {d})[1]
torch.std_mean({x}, {d}, keepdim=True)[0]
{x}.var(({d}, {e}), correction=0)
{x}.std(correction=2)
{x}.count_nonzero({d})
{x}.cumsum({d}).flip({d})
{x}.softmax({d}).log()
{x}.gather({d}, {y}.argsort(dim={d}, stable=True))
{x}.take_along_dim({y}.argmax({d}, keepdim=True), {d})
{x}.index_select({d}, torch.tensor({p}))
{x}.index_add({d}, torch.tensor({p}), {x}.index_select({d}, torch.tensor({p})), alpha=2)
{x}.scatter_add({d}, {y}.argsort(dim={d}, stable=True), {y})
{x}.scatter({d}, {y}.argsort(dim={d}, stable=True), {n})
{x}.scatter({d}, {y}.argsort(dim={d}, stable=True), {y})
torch.masked_select({x}, {m})
{x}[{m}]
{x}[{m}] * {n}
{x}.masked_fill({m}, {n})
{x}.nonzero()
torch.where({m}, {x}, {t})
torch.where({m}, {n}, {x})
torch.where({m}, {x}.sqrt(), 0.0)
torch.searchsorted({x}.flatten().sort().values, {y})
torch.isin({x}, {y}.flatten()[:2])
torch.isclose({x}, {y})
torch.eq({x}, {o})
({x} == {y}) & ({x} > {n})
~({x} > {n})
({x} > {n}) ^ ({y} > {n})
{x}.logical_not()
torch.logical_or({x}, {y})
{x} ** {t}
{x}.abs() ** {t}
{n} ** {x}
{n} / {x}
{n} - {x}
{n} // {x}.detach()
{x} % {t}
torch.remainder({x}, {n})
torch.floor_divide({x}.detach(), {o})
torch.lerp({x}, {t}, {y}.sigmoid())
torch.clamp({x}, {t}, {y})
{x}.clamp({t}, {t})
{x}.clamp_min({n})
{x}.clamp_max({t})
torch.maximum({x}, {y}.detach())
torch.minimum({x}, {x})
{x}.expm1()
{x}.log2()
{x}.log10()
{x}.tan()
{x}.cos()
{x}.ceil() + {x}.trunc()
{x}.round(decimals=1)
{x}.sigmoid().logsumexp({d})
{x}.nan_to_num({n}, 1.0, -1.0)
{x}.triu(1) + {x}.tril(-1)
{x}.diagonal().diag()
{x}.diag(1)
{x}.trace()
{x}.mv({y}.flatten())
{x}.dot({y})
{x} @ {y}
{x}.mT @ {y}
torch.addmm({x}, {x}, {y}.mT, beta={n}, alpha=0.5)
torch.baddbmm({x}, {x}, {y}.mT)
torch.tensordot({x}, {y}, 1)
torch.tensordot({x}, {y}, ([{d}], [{d}]))
torch.einsum('ij,jk->ki', {x}, {y}.mT)
torch.einsum('ij,kj->ik', {x}, {y})
torch.einsum('ij,kj->jik', {x}, {y})
torch.einsum('ij,kl->lijk', {x}, {y})
torch.einsum('ii->i', {x})
torch.einsum('ii', {x})
torch.einsum('...i,...i->...', {x}, {y})
torch.einsum('i...,i...->...i', {x}, {y})
torch.einsum('i...->...', {x})
torch.einsum('...ij->...ji', {x})
torch.einsum('bij,bkj->bik', {x}, {y})
torch.einsum('bij,bkj->ikb', {x}, {y})
torch.einsum('i,j->ji', {x}, {y})
torch.einsum('i,i->', {x}, {y})
torch.outer({x}.flatten(), {y}.ravel()).T
torch.gradient({x}, dim={d})[0]
{x}.flip(({d}, {e}))
{x}.roll((1, -1), ({d}, {e}))
{x}.expand(2, *{x}.shape).reshape(-1)
{x}.expand(2, *{x}.shape).mean(0)
{x}.T.reshape(-1)
{x}.mT.contiguous().view(-1)
{x}.mT.clone()
{x}[..., None] * {n}
{x}[None].squeeze(0)
{x}[:, None] + {y}
{x}[{p}]
{x}[:, {p}]
{x}[torch.tensor({p})][:, :1]
{x}[{p}, {p}]
{x}[torch.tensor([{p}, {p}])]
{x}[..., {p}]
{x}.tolist()
len({x})
sum({x})
[row.sum() for row in {x}]
torch.stack([row * {n} for row in {x}])
torch.stack(list({x}.unbind({d})), {e})
float({x}.sum().detach())
{x}.sum().item()
{x}.numel() * {x}
{x}.size({d}) * {x}
torch.tensor({x}.tolist())
torch.nn.functional.relu({x})
torch.nn.functional.gelu({x})
torch.nn.functional.gelu({x}, approximate='tanh')
torch.nn.functional.leaky_relu({x}, 0.25)
torch.nn.functional.elu({x})
torch.nn.functional.silu({x})
torch.nn.functional.softmax({x}, dim={d})
torch.nn.functional.log_softmax({x}, {d})
torch.nn.functional.layer_norm({x}, {x}.shape[-1:])
torch.nn.functional.batch_norm({x}, None, None, training=True)
torch.nn.functional.linear({x}, {y})
torch.nn.functional.mse_loss({x}, {y})
torch.nn.functional.mse_loss({x}, {y}, reduction='none')
torch.nn.functional.cross_entropy({x}, {y}.argmax(-1))
torch.nn.functional.cross_entropy({x}, {y}.softmax(-1))
torch.nn.functional.cross_entropy({x}, {y}.argmax(-1), reduction='none', label_smoothing=0.25)
torch.nn.functional.nll_loss({x}.log_softmax(-1), {y}.argmax(-1), reduction='sum')
torch.nn.functional.one_hot({x}.argmax(-1), 4) * {n}
torch.nn.functional.embedding({y}.argmax(-1), {x})
torch.nn.functional.pad({x}, (1, 2))
torch.nn.functional.pad({x}, (-1, 1), value={n})
torch.nn.functional.conv1d({x}, {y}, padding=1)
torch.nn.functional.scaled_dot_product_attention({x}, {y}, {x})
torch.nn.functional.dropout({x}, 0.0)
"""

CHANGES = """
{x}.nan_to_num_()
{x}.floor_()
{x}.round_()
{x}.trunc_()
{x}.sign_()
{x}.cos_()
{x}.log_()
{x}.rsqrt_()
{x}.expm1_()
{x}.triu_()
{x}.clamp_min_({n})
{x}.clamp_max_({t})
{x}.clip_({n}, {n})
{x}.floor_divide_({n})
{x}.logical_and_({y})
{x}.swapaxes_({d}, {e})
{x}.scatter_add_({d}, {y}.argsort(dim={d}, stable=True), {y})
{x}.index_put_((torch.tensor({p}),), {x}[{p}] * 2)
{x}.lerp_({t}, {y})
{x}.copy_({y}.mT)
{x}.copy_({y})
{x}[{m}] = {n}
{x}[{m}] *= {n}
{x}[{m}] = {y}[{m}]
{x}[:, {p}] = {n}
{x}[:, {p}] += {n}
{x}[{p}] = {y}[{p}]
{x}[{p}, {p}] = {n}
{x}[..., 0] = {y}[..., -1]
{x}[..., -1] -= {y}[..., 0]
{x}[None, ..., :1] = {n}
{x}.T[0] = {n}
{x}.diagonal().mul_({n})
{x}.diagonal().copy_({y}.diagonal())
{x}.view(-1)[0] = {n}
{x}.flatten()[-1:] *= {n}
{x}.unfold({d}, 1, 1).add_({n})
{x}.expand(2, *{x}.shape).add_(1)
{x}.unsqueeze({d}).squeeze({d}).sub_({t})
{x} = {x}.detach()
{x} = {x}.clone()
{x} = {x}.detach().clone().requires_grad_()
torch.nn.functional.relu({x}, inplace=True)
torch.nn.functional.leaky_relu({x}, 0.5, inplace=True)
torch.nn.functional.elu({x}, inplace=True)
torch.nn.functional.silu({x}, inplace=True)
"""

# What training loops, hooks and people who look at gradients do.
STEPS = """
with torch.no_grad(): {x} -= 0.25 * {x}.grad
{x}.grad.zero_()
{x}.grad = None
{x}.grad *= 2
{x}.grad += 1
{x}.grad = torch.ones_like({x})
{x}.grad.clamp_(-1, 1)
{v} = {x}.grad.contiguous()
{v} = {x}.grad.contiguous() * {x}.grad.contiguous()
{v} = {y} * {x}.grad
{v} = ({x} * {x}.grad).sum()
{v} = torch.autograd.grad(({x} * {y}).sum(), {x})[0].clone().contiguous()
{v} = torch.autograd.grad({x}.sum(), [{x}, {y}], retain_graph=True, allow_unused=True)[1].clone().contiguous()
{v} = torch.autograd.grad({x}, {y}, torch.ones_like({x}), retain_graph=True)[0].clone().contiguous()
{x}.register_hook(lambda g: g * 2)
{x}.register_hook(lambda g: g.clamp(-1, 1))
{x}.register_hook(lambda g: None)
{x}.retain_grad()
{v} = [{x}, {y}]
{v} = ({x} + {y}, {x} * {y})
{v} = {x}
{v} = {x}.requires_grad_()
{v} = torch.tensor({x}.tolist(), requires_grad=True)
{v} = {x}.detach().requires_grad_()
with torch.set_grad_enabled(False): {v} = {x} * {y}
with torch.no_grad(): {v} = {x}.view(-1); {v} *= {n}
with torch.no_grad(): {x}.copy_({y})
with torch.no_grad(): {x}[0] = {n}
torch.nn.utils.clip_grad_norm_([{x}], 1.0)
torch.nn.utils.clip_grad_value_([{x}], 0.5)
torch.optim.SGD([{x}], lr=0.25, momentum=0.5).step()
torch.optim.Adam([{x}], lr=0.25).step()
torch.optim.SGD([{x}], lr=0.25).zero_grad()
"""


def lines_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


FUNCTIONS, CHANGES, STEPS = lines_of(FUNCTIONS), lines_of(CHANGES), lines_of(STEPS)
