"""No text of a picture leaves its box, and no arrow goes through the label of a frame: thirty graphs, in two viewers.

Each viewer shows them in a font as narrow as Helvetica and in DejaVu Sans, the widest that a reader is likely to have.
"""

import io
import random
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.image import imread

import micrograd as torch
from micrograd import Value, nn
from micrograd.draw import draw
from micrograd.draw.dot import FONTS, _pairs, _points_along

SVG = "{http://www.w3.org/2000/svg}"
NARROW_AND_WIDE = pytest.mark.parametrize("font", ["Liberation Sans", "DejaVu Sans"])
ET.register_namespace("", SVG[1:-1])


def scalar_graphs():
    a, b, c = (Value(number, label=name) for name, number in (("a", 2.0), ("b", -3.0), ("c", 0.7)))
    yield (a * b + c).tanh(), {}
    yield ((a / b) ** 3 - (b - c).exp() + 1e-7 * a * 123456.0).sigmoid() * 1e9, {}
    for name in (
        "iiiiiiiillll",
        "MMMMWWWW",
        "learning_rate_of_the_last_layer",
        "日本語テキスト",
        "Žluťoučký kůň",
        "x_{i|j}<0>",
    ):
        yield Value(-0.12345, label=name) * Value(1.0, label=f"{name}{name}"), {}
    random.seed(1)
    for sizes in ([1], [3, 1], [2, 2], [4, 4, 1]):
        net, xs = nn.MLP(2, sizes), [Value(1.0), Value(-2.0)]
        yield net(xs), {"net": net, "xs": xs}


def nets():
    x, words = torch.randn(5, 3), torch.tensor([[0, 2], [1, 1], [3, 0]])
    linear, tanh = nn.Linear(3, 4), nn.Tanh()
    yield x, linear
    yield x, nn.Sequential(linear, tanh, nn.Linear(4, 2))
    yield x, nn.Sequential(nn.Linear(3, 4, bias=False), nn.BatchNorm1d(4), nn.ReLU(), nn.Sequential(nn.Linear(4, 1)))
    yield x, nn.Sequential(nn.Linear(3, 8), nn.LayerNorm(8), nn.GELU(), nn.Dropout(0.1), nn.Linear(8, 3))
    yield words, nn.Sequential(nn.Embedding(4, 3), nn.Flatten(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 4))
    yield torch.randn(1, 4, 8), nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)


def tensor_graphs():
    for x, net in nets():
        yield net(x).sum(), {"x": x}
    W, xs = torch.randn(4, 4, requires_grad=True), torch.tensor([0, 3, 3, 1])
    counts = W[xs].exp()
    probs = counts / counts.sum(1, keepdim=True)
    yield -probs[torch.arange(4), xs].log().mean() + 0.1 * (W**2).mean(), {"W": W, "xs": xs, "probs": probs}
    q, k, v = (torch.randn(1, 4, 8, requires_grad=True) for _ in "qkv")
    scores = (q @ k.transpose(-2, -1) * 8**-0.5).masked_fill(torch.tril(torch.ones(4, 4)) == 0, float("-inf"))
    yield (scores.softmax(-1) @ v).sum(), {"q": q, "k": k, "v": v}


@cache
def pictures():
    """The SVG of each graph: as it is, and those of tensors from top to bottom with shapes and with many digits too."""
    torch.manual_seed(1)
    graphs = [draw(root, **labels) for root, labels in scalar_graphs()]
    for root, labels in tensor_graphs():
        graphs += [draw(root, **labels), draw(root, show="shapes", direction="TB", **labels)]
    graphs += [draw(root, show="grad", digits=9, **labels) for root, labels in list(scalar_graphs())[:2]]
    found = [graph.svg() for graph in graphs]
    assert len(found) == 30
    return found


def nodes(svg):
    return [g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("class", "").startswith("node")]


def test_every_title_is_bold_in_any_viewer():
    for svg in pictures():
        for node in nodes(svg):
            bold = [text.get("font-weight") for text in node.iter(f"{SVG}text")]
            assert bold == [None] if "op" in node.get("class") else bold == ["bold", *[None] * (len(bold) - 1)]


@NARROW_AND_WIDE
def test_no_text_leaves_its_box_in_a_browser(browser, font):
    page = browser.new_page()
    page.set_content("".join(pictures()).replace(FONTS, font))
    beyond = page.evaluate("""() => [...document.querySelectorAll('g.node')].flatMap(g => {
        const box = g.querySelector('polygon, path, ellipse').getBBox();
        return [...g.querySelectorAll('text')].map(text => [text.textContent, text.getBBox()]).map(([text, is]) =>
            [text, Math.min(is.x - box.x, box.x + box.width - is.x - is.width, is.y - box.y + 3)]);
    })""")
    page.close()
    assert len(beyond) > 1000
    assert [text for text, room in beyond if room < 0] == []


@NARROW_AND_WIDE
def test_no_text_leaves_its_box_in_librsvg(font, tmp_path):
    if shutil.which("rsvg-convert") is None:
        pytest.skip("there is no librsvg here: install librsvg2-bin")
    shown, height = [], 0
    for svg in pictures()[::2]:
        page = ET.Element("svg", {"y": str(height), "viewBox": ET.fromstring(svg).get("viewBox")})
        page.set("width", page.get("viewBox").split()[2])
        page.set("height", page.get("viewBox").split()[3])
        height += float(page.get("height"))
        graph = ET.SubElement(page, "g", {"transform": re.search(r'transform="([^"]*)"', svg)[1]})
        boxes = [part for node in nodes(svg) for part in node if part.tag != f"{SVG}text"]
        for part in [text for node in nodes(svg) for text in node.iter(f"{SVG}text")] + boxes:  # the boxes lie on top
            part.set("fill", "#000000" if part.tag == f"{SVG}text" else "#ffffff")
            part.set("stroke", "none")
            part.set("fill-rule", "nonzero")
            graph.append(part)
        shown.append(ET.tostring(page, encoding="unicode").replace(FONTS, font))
    path = tmp_path / "all.svg"
    size = f'width="1100" height="{height}"'
    path.write_text(f'<svg xmlns="{SVG[1:-1]}" {size}>{"".join(shown)}</svg>', encoding="utf-8")
    done = subprocess.run(["rsvg-convert", "--unlimited", "-b", "white", path], capture_output=True, check=True)
    pixels = imread(io.BytesIO(done.stdout))[:, :, :3]
    rows = np.flatnonzero((pixels < 0.5).any((1, 2)))
    assert rows.tolist() == [], "text beside its box"


def test_no_arrow_goes_through_the_label_of_a_frame():
    frames = behind = 0
    for svg in pictures():
        edges = [_points_along(_pairs(path)) for path in re.findall(r'<path fill="none" [^>]*d="([^"]*)"', svg)]
        points = np.concatenate([np.zeros((1, 2)), *edges])
        for x, y, text in re.findall(r'<text class="frame".*? x="([-\d.]+)" y="([-\d.]+)".*?>([^<]*)', svg):
            frames += 1
            crossed = (abs(points[:, 0] - float(x)) < 2.8 * len(text)) & (abs(points[:, 1] - float(y) + 4) < 5)
            behind += crossed.any()
    assert frames > 40
    assert behind <= 2  # frames with an arrow at either side of the one place there is: it goes behind the label


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("sizes", [[3, 5, 1], [2, 2, 2], [1, 3, 2], [3, 2, 3], [2, 3, 3], [2, 4, 4, 1]], ids=str)
def test_inputs_neurons_weights_and_results_are_in_their_order(sizes, direction):
    random.seed(1)
    net, xs = nn.MLP(sizes[0], sizes[1:]), [Value(float(i)) for i in range(sizes[0])]
    texts = [
        t for node in nodes(draw(net(xs), net=net, xs=xs, direction=direction).svg()) for t in node.iter(f"{SVG}text")
    ]
    place = {t.text: float(t.get("y" if direction == "LR" else "x")) for t in reversed(texts)}
    rows = [[f"xs[{i}]" for i in range(sizes[0])], [f"result[{i}]" for i in range(sizes[-1])][sizes[-1] == 1 :]]
    for layer, (n, n_neurons) in enumerate(pairwise(sizes)):
        neurons = [f"net.layers[{layer}].neurons[{i}]" for i in range(n_neurons)]
        rows += [[f"{neuron}.b" for neuron in neurons]]
        rows += [[f"{neuron}.w[{j}]" for j in range(n)] for neuron in neurons]
    for row in rows:
        assert [place[name] for name in row] == sorted(place[name] for name in row)
