"""Equal layers in a list of lines become a loop that computes the same."""

import pytest

from micrograd.compiling.folding import written
from micrograd.compiling.lengths import Line

WEIGHTS = {f"h.{i}.{name}": i + 2.5 for i in range(6) for name in "ab"}


def net(count):
    """Lines of forward and of backward: h = (x * a) + b * x for each layer, and a last line."""
    forward, x = [Line(["start"], "first * 2", "(n, 3)")], "start"
    for i in range(count):
        forward.append(Line([f"h_{i}_mul"], f'{x} * w["h.{i}.a"]', "(n, 3)"))
        forward.append(Line([f"h_{i}_more"], f'w["h.{i}.b"] * {x}', "(n, 3)"))
        forward.append(Line([f"h_{i}"], f"h_{i}_mul + h_{i}_more", "(n, 3)"))
        x = f"h_{i}"
    forward.append(Line(["out"], f"{x} * {x}", "()"))
    backward = [Line([f"d_h_{count - 1}"], f"g * 2 * h_{count - 1}", "(n, 3)", 3 * count + 1)]
    for i in reversed(range(count)):
        x, source = f"h_{i - 1}" if i else "start", 1 + 3 * i
        backward.append(Line([f'grads["h.{i}.b"]'], f"d_h_{i} * {x}", "(n, 3)", source + 1))
        backward.append(Line([f'grads["h.{i}.a"]'], f"d_h_{i} * {x}", "(n, 3)", source))
        backward.append(Line([f"d_h_{i}_mul"], f'd_h_{i} * w["h.{i}.a"]', "(n, 3)", source))
        backward.append(Line([f"d_{x}"], f'd_h_{i}_mul + d_h_{i} * w["h.{i}.b"]', "(n, 3)", source))
    backward.append(Line(["d_first"], "d_start * 2", "(n, 3)", 0))
    return forward, backward


def run(forward, backward, function=""):
    scope = {}
    exec(function, scope)
    given = {"first": 0.75, "w": WEIGHTS, "grads": {}, "g": 1.0}
    exec("\n".join([*forward, *backward]), scope | given, found := {"grads": given["grads"]})
    return found["out"], found.get("d_first"), given["grads"]


@pytest.mark.parametrize(("count", "with_back"), [(3, False), (6, False), (4, True), (5, True)])
def test_layers_become_a_loop_with_the_same_results(count, with_back):
    forward, backward = net(count)
    backward = backward if with_back else []
    expected = run([line.text() for line in forward], [line.text() for line in backward])
    one, other, function = written(forward, backward, lambda prefix: "layer", {})
    assert f"for i in range({count}):" in one
    assert ("def layer(w, x, name):" in function) == with_back
    assert len(one) < len(forward)
    assert run(one, other, function) == expected


def test_a_function_that_computes_the_same_is_called_and_not_written_again():
    forward, backward = net(4)
    known = {}
    written(forward, backward, lambda prefix: "layer", known)
    one, _, function = written(forward, [], lambda prefix: "other", known)
    assert '    h = layer(w, h, f"h.{i}.")[0]' in one
    assert function == ""


def test_layers_that_differ_stay_as_they_are():
    for change in ("h_1_mul - h_1_more", "h_1_more + h_1_mul"):
        forward, _ = net(3)
        forward[6].value = change
        assert written(forward, [], lambda prefix: "layer", {})[0] == [line.text() for line in forward]
    for change in ("h_1_mul * h_2", "h_2 + start"):  # what is inside a layer, or comes before it, is read after it
        forward, _ = net(3)
        forward[-1].value = change
        assert written(forward, [], lambda prefix: "layer", {})[0] == [line.text() for line in forward]


def test_numbers_that_differ_from_layer_to_layer_are_counted_along():
    sizes = [(2, 48), (6, 256), (10, 256)]
    lines = [Line(["start"], "first * 2")]
    for k, (i, size) in enumerate(sizes):
        lines.append(Line([f"view_{k}"], f"{lines[-1].targets[0]} + {size}"))
        lines.append(Line([f"lin_{k}"], f'view_{k} * w["h.{i}.a"] * w["h.{i + 1}.a"]'))
    lines.append(Line(["out"], "lin_2 * 2"))
    weights = {f"h.{i}.a": i + 0.5 for i in range(12)}
    one, _, _ = written(lines, [], lambda prefix: "layer", {})
    assert "for i, size in ((2, 48), (6, 256), (10, 256)):" in one
    given = {"first": 2.0, "w": weights}
    exec("\n".join(line.text() for line in lines), dict(given), expected := {})
    exec("\n".join(one), dict(given), found := {})
    assert found["out"] == expected["out"]
