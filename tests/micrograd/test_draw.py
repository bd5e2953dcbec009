"""Pictures of graphs: what stands in the boxes is what the engine, and PyTorch, have there."""

import os
import random
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.dom import minidom

import numpy as np
import pytest
import torch
from matplotlib.image import imread

import micrograd
from micrograd import Value, nn
from micrograd.command import run_command
from micrograd.draw import dot, draw
from micrograd.draw.__main__ import main
from micrograd.draw.folding import MOST_BOXES
from micrograd.draw.reading import AGAIN, Names, read

SVG = "{http://www.w3.org/2000/svg}"


def boxes_in(picture):
    """The boxes of a picture as its SVG has them: by title the class and the lines of text below the title."""
    found = {}
    for group in ET.fromstring(picture.svg()).iter(f"{SVG}g"):
        if group.get("id", "").startswith("n"):
            title, *lines = [text.text for text in group.iter(f"{SVG}text")]
            found[title] = group.get("class").removeprefix("node "), lines
    return found


def neuron():
    """The lecture's neuron, by name, after backward."""
    numbers = {"x1": 2.0, "x2": 0.0, "w1": -3.0, "w2": 1.0, "b": 6.8813735870195432}
    made = {name: Value(number, label=name) for name, number in numbers.items()}
    made["n"] = made["x1"] * made["w1"] + made["x2"] * made["w2"] + made["b"]
    made["o"] = made["n"].tanh()
    made["n"].label, made["o"].label = "n", "o"
    made["o"].backward()
    return made


def test_each_value_stands_there_with_its_data_and_the_grad_it_holds():
    made = neuron()
    shown = boxes_in(draw(made["o"]))
    for name, value in made.items():
        assert shown[name][1] == [f"data {value.data:.4f}", f"grad {value.grad:.4f}"]
    assert shown["x1 * w1"][1] == ["data -6.0000", "grad 0.5000"]


def test_hovering_shows_all_digits():
    made = neuron()
    titles = [title.text for title in ET.fromstring(draw(made["o"]).svg()).iter(f"{SVG}title")]
    for value in made.values():
        assert f"{value.label}\ndata {value.data!r}\ngrad {value.grad!r}" in titles
    weight = micrograd.tensor([1 / 3], requires_grad=True)
    assert "data [0.33333334]" in draw((weight * 2).sum()).svg()


def test_dot_unfolds_into_its_products_and_their_sum():
    w, x, b = [[Value(n, label=f"{name}{n}") for n in ns] for name, ns in (("w", (2, 3)), ("x", (5, 7)), ("b", (1,)))]
    out = Value.dot(w, x, b[0])
    out.label = "out"
    out.tanh().backward()
    shown = boxes_in(draw(out.tanh()))
    assert shown["w2 * x5"] == ("result", ["data 10.0000", f"grad {out.grad:.4f}"])
    assert shown["w3 * x7"][1][0] == "data 21.0000"
    assert shown["out"][1][0] == "data 32.0000"
    assert [shown[name][0] for name in ("w2", "w3", "b1", "x5", "x7")] == ["parameter"] * 3 + ["input"] * 2


def test_parameters_inputs_and_the_result_differ_in_shape_and_lightness_not_only_in_colour():
    made = neuron()
    svg = ET.fromstring(draw(made["o"], parameters=[made["w1"]]).svg())
    groups = {g.get("class"): g for g in svg.iter(f"{SVG}g")}
    assert groups["node input"].find(f"{SVG}path") is not None  # rounded
    assert groups["node input"].find(f"{SVG}polygon") is None
    assert float(groups["node parameter"].find(f"{SVG}polygon").get("stroke-width")) > 2
    fills = [
        (groups["node input"].find(f"{SVG}path")).get("fill"),
        groups["node parameter"].find(f"{SVG}polygon").get("fill"),
        groups["node result"].find(f"{SVG}polygon").get("fill"),
        groups["node loss"].find(f"{SVG}polygon").get("fill"),
    ]
    greys = sorted(sum(c * int(fill[i : i + 2], 16) for c, i in ((0.3, 1), (0.59, 3), (0.11, 5))) for fill in fills)
    assert min(np.diff(greys)) > 10


def bigram_step(library):
    """A step of the lecture's bigram, each of its tensors by name; those of the graph retain their gradients."""
    made = {"W": library.tensor(np.random.RandomState(1).randn(4, 4).astype(np.float32), requires_grad=True)}
    made["xs"] = library.tensor([0, 3, 3, 1, 2])
    made["logits"] = made["W"][made["xs"]]
    made["counts"] = made["logits"].exp()
    made["total"] = made["counts"].sum(1, keepdim=True)
    made["probs"] = made["counts"] / made["total"]
    made["chosen"] = made["probs"][library.arange(5), library.tensor([3, 3, 1, 2, 0])]
    made["loss"] = -made["chosen"].log().mean() + 0.1 * (made["W"] ** 2).mean()
    return made


def test_inner_gradients_of_tensors_are_those_that_torch_retains():
    mine, theirs = bigram_step(micrograd), bigram_step(torch)
    for tensor in theirs.values():
        if tensor.requires_grad:
            tensor.retain_grad()
    theirs["loss"].backward()
    boxes = {box.title: box for box in read([mine["loss"]], Names(mine, ()))}
    for name, tensor in theirs.items():
        np.testing.assert_allclose(boxes[name].data, tensor.detach().numpy(), rtol=1e-5, err_msg=name)
        if tensor.requires_grad:
            np.testing.assert_allclose(boxes[name].grad, tensor.grad.numpy(), rtol=1e-4, atol=1e-7, err_msg=name)


def test_drawing_touches_no_grad_and_leaves_backward_as_it_was():
    made, untouched = bigram_step(micrograd), bigram_step(micrograd)
    for step in (made, untouched):
        step["counts"].retain_grad()
    draw(made["loss"], **made).svg()
    assert made["W"].grad is None
    assert made["counts"]._grad is None
    for step in (made, untouched):
        step["loss"].backward()
    assert np.array_equal(made["W"].grad.numpy(), untouched["W"].grad.numpy())
    assert np.array_equal(made["counts"].grad.numpy(), untouched["counts"].grad.numpy())


def test_what_backward_released_is_said_and_what_to_do():
    x = micrograd.ones(2, requires_grad=True)
    loss = Square.apply(x).exp().sum()
    loss.backward()
    with pytest.raises(RuntimeError, match=r"SquareBackward.*retain_graph=True"):
        draw(loss)
    loss = bigram_step(micrograd)["loss"]
    loss.backward(retain_graph=True)
    assert boxes_in(draw(loss, loss=loss))["loss"][1][-1] == "grad 1.0000"


def test_after_backward_a_picture_is_the_one_before_it_and_says_that_it_was_worked_out_again():
    before, after = bigram_step(micrograd), bigram_step(micrograd)
    after["loss"].backward()
    pictures = [draw(step["loss"], **step) for step in (before, after)]
    assert AGAIN[:40] not in pictures[0].svg()
    assert AGAIN[:40] in pictures[1].svg()
    assert AGAIN[:40] not in draw(after["loss"], show="shapes").svg()  # where no numbers are
    assert boxes_in(pictures[0]) == boxes_in(pictures[1])
    with pytest.raises(RuntimeError, match="second time"):  # only the picture has what was let go of
        after["loss"].backward()


def test_after_backward_a_net_with_dropout_in_place_changes_and_modules_is_drawn_as_it_was():
    def net_and_loss():
        micrograd.manual_seed(1)
        net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 2))
        h = net(micrograd.randn(5, 3))
        h *= 2.0
        return net, nn.functional.cross_entropy(h[:, :2], micrograd.tensor([0, 1, 1, 0, 1]))

    (net, loss), (again, loss_again) = net_and_loss(), net_and_loss()
    loss_again.backward()
    drawn = [draw(loss, net=net).dot(), draw(loss_again, net=again).dot()]
    assert drawn[0].splitlines()[2:] == drawn[1].splitlines()[2:]
    with micrograd.no_grad():
        again[0].weight.zero_()
    assert draw(loss_again, net=again).dot().splitlines()[2:] != drawn[0].splitlines()[2:]


def test_small_tensors_show_their_numbers_and_large_ones_mean_and_spread():
    small = micrograd.tensor([[1.0, -2.0], [0.5, 4.0]], requires_grad=True)
    large = micrograd.tensor(np.arange(100.0), requires_grad=True)
    shown = boxes_in(draw((small.sum() * large).sum(), small=small, large=large))
    assert shown["small"][1] == ["[2, 2] float32", "data", "[1, -2]", "[0.5, 4]", "grad", *["[4.95e+03, 4.95e+03]"] * 2]
    assert shown["large"][1] == ["[100] float64", "data 49.5000 ± 28.8661", "grad 3.5000 ± 0.0000"]


def test_modules_are_frames_and_parameters_bear_their_names_in_them():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Sequential(nn.Linear(4, 1)))
    dot = draw(net(micrograd.ones(2, 3)).sum()).dot().replace("\N{NO-BREAK SPACE}", "")
    labels = [line.split("label=")[1].split(" labeljust")[0] for line in dot.splitlines() if "labeljust" in line]
    assert labels == ['"Sequential"', '"2: Sequential"', '"2.0: Linear"', '"1: Tanh"', '"0: Linear"']
    inside = dot[dot.index('"2.0: Linear"') :]
    inside = inside[: inside.index("}")]
    assert r"2.0.weight|" in inside
    assert r"2.0.bias|" in inside
    assert r"0.weight|" not in inside.replace("2.0.weight|", "")


def test_names_may_be_given_for_modules_and_lists():
    random.seed(0)
    net = nn.MLP(2, [2, 1])
    xs = [Value(1.0), Value(-2.0)]
    shown = boxes_in(draw(net(xs), net=net, xs=xs))
    assert shown["net.layers[0].neurons[1].w[0]"][0] == "parameter"
    assert shown["xs[1]"] == ("input", ["data -2.0000", "grad 0.0000"])


def test_a_constant_is_called_by_its_number_and_a_bias_is_not():
    shown = boxes_in(draw(nn.Neuron(2)([3.0, -1.0]) - 5))
    assert {"3", "-1", "5"} < {*shown}
    assert "0" not in shown


def test_titles_say_how_a_result_was_made_with_the_brackets_it_needs():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    for out, title in (
        ((a + b) * a, "(a + b) * a"),
        (a + b * a, "a + b * a"),
        (a - (b - a), "a - (b - a)"),
        (a - b - a, "a - b - a"),
        ((-a) ** 2, "(-a)**2"),
        ((a / b).tanh(), "tanh(a / b)"),
        (a**b, "a**b"),
    ):
        assert title in boxes_in(draw(out))


def test_changes_in_place_show_the_numbers_before_and_behind_them():
    x = micrograd.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    before = y * 1
    y[0] = 7.0
    y += 1
    shown = boxes_in(draw((y + before).sum(), y=y))
    assert shown["y"][1][1] == "data [8, 5]"
    assert any(lines[1] == "data [7, 4]" for _, lines in shown.values())
    assert any(lines[1] == "data [2, 4]" for _, lines in shown.values())
    assert y.tolist() == [8.0, 5.0]


class Square(micrograd.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        return g * 2 * ctx.saved_tensors[0]


def test_an_operation_of_ones_own_is_there_with_what_is_known_of_it():
    x = micrograd.tensor([1.0, 2.0], requires_grad=True)
    picture = draw(Square.apply(x).sum(), x=x)
    assert boxes_in(picture)["Square(x)"] == ("result", ["[2] float32", "grad [1, 1]"])
    assert boxes_in(picture)["x"][1][2] == "grad [2, 4]"


def test_several_results_are_drawn_together_and_a_result_of_many_numbers_as_its_sum():
    a = Value(2.0, label="a")
    outs = [a * 3, a.tanh()]
    assert [role for role, _ in boxes_in(draw(outs)).values()].count("loss") == 2
    x = micrograd.tensor([1.0, 2.0], requires_grad=True)
    assert boxes_in(draw(x * 3, x=x))["x"][1][2] == "grad [3, 3]"


def test_labels_of_any_characters_come_through():
    for label in ("<a|b>{c}&\\N", "a b  c", "日本 é", "</title><script>", '"x"', "\\"):
        picture = draw(Value(1.0, label=label) * 2)
        assert label.replace("  ", " ") in [
            title.replace("\xa0", " ").replace("  ", " ") for title in boxes_in(picture)
        ]
    ET.fromstring(draw(Value(1.0, label="a\x00\x1b\ud800") * 2).svg())


def test_the_same_graph_gives_the_same_bytes_in_every_process(tmp_path, monkeypatch):
    program = (
        "from micrograd import nn, ones, manual_seed; from micrograd.draw import draw; manual_seed(1);"
        "net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1));"
        "draw(net(ones(2, 3)).sum()).save('a.svg'); draw(net(ones(2, 3)).sum()).save('b.svg')"
    )
    environment = os.environ | {"PYTHONHASHSEED": "2", "PYTHONPATH": os.getcwd()}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, check=True)
    found = {(tmp_path / name).read_bytes() for name in ("a.svg", "b.svg")}
    monkeypatch.chdir(tmp_path)
    exec(program, {})
    found |= {(tmp_path / name).read_bytes() for name in ("a.svg", "b.svg")}
    assert len(found) == 1


# Large graphs.


def test_what_is_alike_in_a_large_graph_is_drawn_once_and_counted():
    random.seed(0)
    net = nn.MLP(2, [16, 16, 1])
    loss = sum((net([Value(i / 20, label="x"), Value(1.0, label="y")]) - 1) ** 2 for i in range(20))
    picture = draw(loss, net=net)
    shown = boxes_in(picture)
    assert len(shown) < 30
    assert "boxes folded into" in picture.svg()
    titles = " ".join(shown)
    assert "\N{MULTIPLICATION SIGN} 320" in titles  # the relus of a layer, 16 neurons and 20 examples
    assert "\N{MULTIPLICATION SIGN} 272" not in titles
    assert "\N{MULTIPLICATION SIGN} 256" in titles  # the weights of the second layer


def test_modules_fold_where_a_net_is_large():
    net = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)) for _ in range(30)])
    picture = draw(net(micrograd.ones(1, 2)).sum())
    assert len(boxes_in(picture)) <= MOST_BOXES
    assert "29.2: Linear" in picture.svg()
    assert "each folded module is one box" in picture.svg()


@pytest.mark.parametrize("kind", ["values", "tensors"])
def test_thousands_of_operations_are_cut_to_the_nearest(kind):
    x = Value(1.0, label="x") if kind == "values" else micrograd.ones(2, requires_grad=True)
    y = x
    for i in range(3_000):
        y = y.tanh() if i % 2 else y + x
    picture = draw(y if kind == "values" else y.sum())
    assert MOST_BOXES <= picture.dot().count("shape=record") <= MOST_BOXES + 2
    assert "are not drawn" in picture.svg()


def test_depth_says_how_many_operations_are_drawn():
    made = neuron()
    assert set(boxes_in(draw(made["o"], depth=1))) == {"… \N{MULTIPLICATION SIGN} 2", "n", "o"}
    assert "b" in boxes_in(draw(made["o"], depth=2))
    assert "7 of 10 boxes" not in draw(made["o"], depth=9).svg()
    assert "8 of 10 boxes, those furthest back, are not drawn" in draw(made["o"], depth=1).svg()
    with pytest.raises(ValueError, match="depth"):
        draw(made["o"], depth=-1)


# Files, and what cannot be drawn.


def test_a_picture_shows_itself_and_is_saved(tmp_path):
    made = neuron()
    picture = draw(made["o"])
    assert picture._repr_svg_() == picture.svg()
    within = picture._repr_html_()
    assert f"<title>x1\ndata 2.0\ngrad {made['x1'].grad!r}</title>" in within
    assert ' id="' not in within  # of several in one page none is another's
    alt = "Compute graph of o, 10 boxes, from inputs x1, w1, x2, w2, b"
    assert repr(picture) == f"<{alt}>"
    assert ET.fromstring(picture.svg()).get("aria-label") == alt
    picture.save(tmp_path / "graph.svg")
    picture.save(tmp_path / "graph.dot")
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8") == picture.svg()
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8").startswith("digraph")
    for wrong in ("graph.jpg", "graph"):
        with pytest.raises(ValueError, match=r"saved as \.svg, \.png, \.pdf, \.dot"):
            picture.save(tmp_path / wrong)
    with pytest.raises(ValueError, match=r"\.html"):
        picture.steps(tmp_path / "page.svg")


@pytest.mark.parametrize(
    "thing", [3, None, "loss", torch.ones(1), [], [Value(1.0), 2], np.ones(2), [Value(1.0), micrograd.ones(1)]]
)
def test_what_is_no_graph_is_one_line(thing):
    with pytest.raises(TypeError, match=r"^draw takes a Value, a Tensor or a list of one of them, not \w+$"):
        draw(thing)


def test_a_tensor_without_a_graph_and_a_name_for_nothing_are_one_line():
    with pytest.raises(ValueError, match="has no graph"):
        draw(micrograd.ones(2) * 2)
    with pytest.raises(TypeError, match="lr names a float"):
        draw(Value(1.0), lr=0.1)


def test_a_leaf_is_a_graph_of_one_box():
    assert list(boxes_in(draw(Value(1.0, label="a")))) == ["a"]
    w = micrograd.ones(2, requires_grad=True)
    assert boxes_in(draw(w, w=w))["w"][1][-1] == "grad [1, 1]"


def test_infinities_are_drawn_in_silence():
    x = micrograd.tensor([0.0, 1e30], requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = draw((x * x).log().sum(), x=x)
        assert "nan" in picture.svg() or "inf" in picture.svg()


def no_wasmtime(*args, **kwargs):
    raise ImportError("wasmtime")


@pytest.mark.parametrize("shown", ["a\u00a0b", "a\u3000b", "a\u200db", "नि\u200cम"])
def test_spaces_and_joiners_of_all_kinds_stay(shown):
    assert shown in draw(Value(1.0, label=shown)).svg()


@pytest.mark.parametrize(
    ("name", "shown"), [("a\nb", "a\\nb"), ("a\u2028b", "a\\u2028b"), ("\x07", "\\x07"), ("\ud800", "\\ud800")]
)
def test_what_cannot_be_seen_is_escaped(name, shown):
    svg = draw(Value(1.0, label=name)).svg()
    assert f">{shown}</text>" in svg
    assert "\ufffd" not in svg
    minidom.parseString(svg.encode())


def test_after_a_rendering_that_failed_the_next_is_right():
    picture = draw(Value(1.0).tanh())
    before = picture.svg()
    with pytest.raises(Exception, match="parse"):
        dot._laid_out("digraph {")
    assert picture.svg() == before


def test_threads_draw_at_once():
    picture = draw((Value(1.0) * 2).tanh())
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(lambda _: picture.svg(), range(80)))) == 1


@pytest.mark.parametrize("name", ["graph.svg", "graph.dot", "steps.html"])
def test_a_full_disk_is_named_and_leaves_the_old_picture(tmp_path, monkeypatch, name):
    path = tmp_path / name
    path.write_text("old")
    write_bytes = Path.write_bytes

    def full(path, content):
        write_bytes(path, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    picture = draw(Value(1.0).tanh())
    with pytest.raises(OSError, match=f"No space left on device.*{name}"):
        picture.steps(path) if name.endswith("html") else picture.save(path)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(name, "old")]


def test_without_wasmtime_the_dot_that_is_installed_does_it_and_without_either_one_line_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(dot, "_laid_out_here", no_wasmtime)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OSError, match="pip install wasmtime"):
        draw(Value(1.0)).svg()
    program = tmp_path / "dot"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nassert 'digraph' in sys.stdin.read()\nprint('<svg id=\"it\"></svg>')\n"
    )
    program.chmod(0o755)
    assert 'id="it"' in draw(Value(1.0)).svg()


# The command.


def command(capsys, *arguments):
    """Run python -m micrograd.draw; returns its status, output and error."""
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: main(list(arguments)))
    captured = capsys.readouterr()
    return ended.value.code, captured.out, captured.err


def test_the_command_draws_an_expression(capsys, tmp_path):
    path = tmp_path / "graph.svg"
    numbers = ["a=2", "b=-3", "c=10"]
    assert command(capsys, "(a*b + c).tanh()", *numbers, "--parameters", "a,b", "-o", str(path))[0] == 0
    svg = path.read_text(encoding="utf-8")
    a, b, c = Value(2.0), Value(-3.0), Value(10.0)
    (a * b + c).tanh().backward()
    for name, x in (("a", a), ("b", b), ("c", c)):
        assert f"<title>{name}\ndata {x.data!r}\ngrad {x.grad!r}</title>" in svg
    assert svg.count('class="node parameter"') == 2
    page = tmp_path / "page.html"
    assert command(capsys, "a*b", "a=2", "b=3", "-o", str(page)) == (0, f"saved {page}\n", "")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["__import__('os')"], "no function known"),
        (["9**9**9"], "larger than the largest float"),
        (["(" * 10_000], "2,000 characters"),
        (["a*b", "a=1"], "'b'"),
        (["a", "a=1", "b=2"], "'b' is not in the expression"),
        (["a", "a=two"], "write it as a=2"),
        (["a", "a=nan"], "write it as a=2"),
        (["a", "a"], "write it as a=2"),
        (["a", "=1"], "write it as a=2"),
        (["a", "a=1", "a=2"], "given twice"),
        (["2*3"], "no name in it"),
        (["sqrt(a)", "a=0"], "infinite derivative"),
        (["a", "a=1", "-o", "graph.jpg"], "-o graph.jpg: the file is .svg, .png or .pdf"),
        (["a", "a=1", "--show", "none"], "invalid choice"),
        (["a", "a=1", "-o", "no/such/folder/graph.svg"], "No such file"),
        (["a", "a=1", "--parameters", "w"], "has no such name"),
        ([], "required"),
    ],
)
def test_what_the_command_cannot_use_is_one_line_and_status_2(capsys, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    status, out, err = command(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert words in err
    assert list(tmp_path.iterdir()) == []


def test_the_module_is_called_as_its_function():
    value = Value(2.0) * 3
    assert micrograd.draw(value).dot() == draw(value).dot() == micrograd.draw.draw(value).dot()
    assert micrograd.compare(lambda torch, x: x.sum(), [1.0, 2.0])
    counts = micrograd.arange(9.0).view(3, 3)
    with micrograd.guard(), pytest.raises(micrograd.guard.BroadcastError):
        counts / counts.sum(1)


def test_to_import_micrograd_reads_no_pictures():
    lines = "import sys, micrograd; print('micrograd.draw' in sys.modules, micrograd.draw.__name__)"
    assert subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True).stdout.split()[0] == "False"


def test_a_value_and_a_tensor_draw_themselves(tmp_path):
    value = Value(2.0) * 3
    tensor = micrograd.ones(2, requires_grad=True).sum()
    for root in (value, tensor):
        assert root.draw_dot().svg() == draw(root).svg()
        assert root.draw_dot(rankdir="TB").dot() == draw(root, direction="TB").dot()
        assert root.draw_dot().render(tmp_path / "graph", cleanup=True) == f"{tmp_path}/graph.svg"
        assert (tmp_path / "graph.svg").read_text() == draw(root).svg()
        with pytest.raises(ValueError, match="makes svg, png and pdf"):
            root.draw_dot(format="gif")


def test_pictures_for_slides_and_paper_are_the_same_in_png_and_pdf(tmp_path):
    pytest.importorskip("vl_convert", reason="it makes the PNG and PDF: pip install vl-convert-python")
    picture = draw(neuron()["o"])
    width, height = map(float, ET.fromstring(picture.svg()).get("viewBox").split()[2:])
    for name in ("png", "pdf"):
        picture.save(tmp_path / f"graph.{name}")
        drawn = Value(2.0).tanh().draw_dot(format=name)
        assert drawn.render(tmp_path / "other") == f"{tmp_path}/other.{name}"
    shape = imread(tmp_path / "graph.png").shape
    assert shape[1] / shape[0] == pytest.approx(width / height, rel=0.01)
    assert shape[1] >= 2 * width
    assert (tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")


def test_without_the_library_for_png_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(ImportError, match=r"pip install 'micrograd-makemore\[pictures\]'"):
        draw(neuron()["o"]).save(tmp_path / "graph.png")


def test_a_picture_shows_the_numbers_that_are_asked_for():
    made = bigram_step(micrograd)
    shown = {show: boxes_in(draw(made["loss"], show=show, **made)) for show in ("data", "grad", "shapes")}
    assert shown["data"]["total"][1][1:2] == ["data"] or shown["data"]["total"][1][1].startswith("data")
    assert not any(line.startswith("grad") for _, lines in shown["data"].values() for line in lines)
    assert not any(line.startswith("data") for _, lines in shown["grad"].values() for line in lines)
    assert shown["shapes"]["counts"][1] == ["exp", "[5, 4] float32"]
    assert shown["shapes"]["W"][1] == ["[4, 4] float32"]
    assert "class=op" not in draw(made["loss"], show="shapes").dot()
    third = Value(1 / 3, label="third")
    for digits, text in ((1, "0.3"), (6, "0.333333")):
        assert boxes_in(draw(third, digits=digits))["third"][1][0] == f"data {text}"
    with pytest.raises(ValueError, match="show is one of 'all', 'data', 'grad', 'shapes', not 'none'"):
        draw(third, show="none")
    with pytest.raises(ValueError, match="digits is how many decimals"):
        draw(third, digits=-1)


def test_attention_fits_a_slide():
    q, k, v = (micrograd.randn(1, 4, 8, requires_grad=True) for _ in "qkv")
    scores = (q @ k.transpose(-2, -1) * 8**-0.5).masked_fill(micrograd.tril(micrograd.ones(4, 4)) == 0, float("-inf"))
    out = scores.softmax(-1) @ v
    svg = ET.fromstring(draw(out.sum(), show="shapes", direction="TB", q=q, k=k, v=v, out=out).svg())
    width, height = map(float, svg.get("viewBox").split()[2:])
    assert height < 540  # points, as high as a slide: text of 11 points stays as large as that
    assert width < 960


def test_a_picture_from_top_to_bottom_is_higher():
    made = neuron()
    ratios = []
    for direction in ("LR", "TB"):
        svg = ET.fromstring(draw(made["o"], direction=direction).svg())
        width, height = map(float, svg.get("viewBox").split()[2:])
        ratios.append(height / width)
    assert ratios[1] > 1 > 2 * ratios[0]
    with pytest.raises(ValueError, match="direction is 'LR'"):
        draw(made["o"], direction="up")
