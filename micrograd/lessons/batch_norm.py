"""Batch norm's backward by hand: three paths from every input to every output of its column."""

import micrograd as torch
from micrograd.compare import compare
from micrograd.draw import draw
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save

n = 6  # examples in the batch


def batch_norm(x, gain, bias):
    """(n, features): every column to mean 0 and variance 1, then scaled and shifted. As the lectures write it."""
    mean = x.mean(0, keepdim=True)
    var = ((x - mean) ** 2).sum(0, keepdim=True) / (n - 1)
    inverse_std = (var + 1e-5) ** -0.5
    xhat = (x - mean) * inverse_std
    return gain * xhat + bias, (mean, var, inverse_std, xhat)


def program_of(x, gain, bias, dy):
    """What `compile` records of a step, as text."""
    step = torch.compile(lambda x, gain, bias, dy: (batch_norm(x, gain, bias)[0] * dy).sum())
    step(x, gain, bias, dy)
    return step.source()


def lesson(folder) -> None:
    g = torch.Generator().manual_seed(1)
    x = torch.randn((n, 3), generator=g, requires_grad=True)
    gain, bias = torch.tensor([1.0, 2.0, 0.5], requires_grad=True), torch.zeros(3, requires_grad=True)
    dy = torch.randn((n, 3), generator=g)  # the gradient that arrives from the rest of the net
    y, inner = batch_norm(x, gain, bias)
    loss = (y * dy).sum()
    for tensor in inner:
        tensor.retain_grad()
    loss.backward(retain_graph=True)
    mean, var, inverse_std, xhat = [tensor.detach() for tensor in inner]
    names = dict(zip(("mean", "var", "inverse_std", "xhat"), inner, strict=True))

    print(f"x is ({n}, 3). Backward by hand, from dy, the gradient that arrives from the rest of the net:")
    with torch.no_grad():
        dbias = dy.sum(0)  # bias was broadcast over the batch: sum
        dgain = (dy * xhat).sum(0)
        dxhat = dy * gain
        print("  dbias = dy.sum(0),  dgain = (dy * xhat).sum(0),  dxhat = dy * gain")
        dinverse_std = (dxhat * (x - mean)).sum(0, keepdim=True)
        dvar = dinverse_std * -0.5 * (var + 1e-5) ** -1.5
        print("  dinverse_std = (dxhat * (x - mean)).sum(0),  dvar = dinverse_std * -0.5 * (var + eps)**-1.5")
        dx = dxhat * inverse_std  # the first path: directly
        dx_var = dvar * 2 * (x - mean) / (n - 1)  # the second: through the variance of its column
        dmean = -(dx + dx_var).sum(0, keepdim=True)
        dx_all = dx + dx_var + dmean / n  # the third: through the mean
        print("  dx = dxhat * inverse_std  +  dvar * 2 * (x - mean) / (n - 1)  +  dmean / n")
        by_hand = {"bias": dbias, "gain": dgain, "inverse_std": dinverse_std, "var": dvar, "mean": dmean, "x": dx_all}
        tensors = {**names, "x": x, "gain": gain, "bias": bias}
        report = compare({name: (gradient, tensors[name]) for name, gradient in by_hand.items()})
        print(f"\n{report}")
        check("gradients by hand that are right", sum([row.verdict != "different" for row in report.rows]), "==", 6)

        print("\nWith the first path alone dx is wrong, and compare says so:")
        one_way = compare({"x": (dx, x)})
        print(f"  {str(one_way).splitlines()[-1].strip()}")
        check("it is no gradient of x", bool(one_way), "==", False)

        print("\nAll three in one line, simplified (without eps):")
        short = gain * inverse_std / n * (n * dy - dy.sum(0) - n / (n - 1) * xhat * (dy * xhat).sum(0))
        check("dx", short, "~", x.grad, within=1e-4)
        print("Shifting or scaling a whole column does not change y, so dx does neither:")
        check("each column of dx sums to 0", dx_all.sum(0), "~", [0.0, 0.0, 0.0])
        check("and each column of dx * xhat", (dx_all * xhat).sum(0), "~", [0.0, 0.0, 0.0], within=1e-4)

    print("As compile(step).source() shows, backward adds up: d_sub straight up, d_x by var, d_x_3 by mean:")
    for line in program_of(x, gain, bias, dy).splitlines():
        if line.strip().startswith("d_x") and "np.add" in line:
            print(line)

    save(draw(loss, loss=loss, y=y, dy=dy, **tensors), folder / "batch_norm.svg")

    def step(torch, x, gain, bias, dy):
        return (batch_norm(x, gain, bias)[0] * dy).sum()

    compare_with_pytorch(step, x, gain, bias, dy)


exercise_1 = Exercise(
    "In one column xhat is -1, 0, 1 and dy is 2, 5, 3. What is dgain of this column?",
    (torch.tensor([-1.0, 0.0, 1.0]) * torch.tensor([2.0, 5.0, 3.0])).sum().item(),
    (10.0, "that is dbias, the sum of dy; gain was multiplied by xhat"),
    (1 / 3, "that is the mean; the gradient of a broadcast number is the sum over its uses"),
    (5.0, "mind the sign of the -1"),
    hint="gain is one number for the whole column: multiply each dy by its xhat, and sum over the batch"
    " (-2, 0, 3 are the products before that sum)",
)

exercise_2 = Exercise(
    "A bias b is added to x just before batch norm. What is the gradient of b?",
    0.0,
    (1.0, "1 is the slope of x + b by b; but b shifts the mean of its column just as much"),
    (n, "b is used for every example, but it shifts the mean of its column just as much"),
    hint="b shifts a whole column; what is left of such a shift when the mean is subtracted?",
)
