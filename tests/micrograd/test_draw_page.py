"""The page that steps through backward, driven in a browser: the gradients it shows are the engine's, at every step."""

import json
import random
import re
from itertools import islice

import numpy as np
import pytest

import micrograd
from micrograd import Value, nn
from micrograd.draw import draw
from micrograd.draw.formulas import formula
from micrograd.draw.reading import AGAIN, Names, read
from micrograd.draw.stepping import walk


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the page of a picture: opened(picture, color_scheme="dark"); nothing it does may fail or make a request."""
    requests, errors, contexts = [], [], []

    def open_page(picture, **options):
        path = tmp_path / "page.html"
        picture.steps(path)
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
    assert [url for url in requests if not re.match(r"file://.*/page\.html$|data:,$", url)] == []
    assert len(requests) >= len(contexts)


def exact(page):
    """The numbers with all their digits that the page tells of now, by the node they belong to."""
    elements = page.locator("#told [data-exact][data-node]").all()
    return {each.get_attribute("data-node"): float(each.get_attribute("data-exact")) for each in elements}


def shown_grads(page):
    """The last line of each box of the picture, by the box's title."""
    script = "all => all.map(g => [...g.querySelectorAll('text')].map(t => t.textContent))"
    return {texts[0]: texts[-1] for texts in page.locator("#graph g.node:not(.op)").evaluate_all(script)}


def expression():
    """One in which every leaf is used twice, with nothing done backward yet."""
    a, b, c = (Value(number, label=name) for name, number in (("a", 2.0), ("b", -3.0), ("c", 0.7)))
    out = (a * b + c).tanh() * a + Value.dot([b, c], [a, b], c) ** 2
    out.label = "out"
    return out, {"a": a, "b": b, "c": c}


def test_the_gradients_at_the_end_are_those_of_the_engine_to_the_last_digit(opened):
    out, leaves = expression()
    page = opened(draw(out))
    assert all(leaf.grad == 0 for leaf in leaves.values())
    page.get_by_role("button", name="Last").click()
    out.backward()
    rows = page.locator("#told tbody tr").all()
    shown = {row.locator("th").inner_text(): float(row.locator("td").get_attribute("data-exact")) for row in rows}
    assert {name: shown[name] for name in leaves} == {name: leaf.grad for name, leaf in leaves.items()}
    assert {name: text for name, text in shown_grads(page).items() if name in leaves} == {
        name: f"grad {leaf.grad:.4f}" for name, leaf in leaves.items()
    }


def test_each_step_adds_to_what_was_there(opened):
    out, leaves = expression()
    page = opened(draw(out))
    assert set(shown_grads(page).values()) == {"grad 0.0000", "grad 1.0000"}
    steps = 0
    grads: dict[str, float] = {}
    for _ in range(100):
        before = shown_grads(page)
        page.keyboard.press("ArrowRight")
        if "The end" in page.locator("#told").inner_text():
            break
        steps += 1
        for row in page.locator("#told tbody tr").all():
            name, (how, given, added) = (
                row.locator("th").inner_text(),
                [td.inner_text() for td in row.locator("td").all()],
            )
            held, plus, result = re.fullmatch(r"(\S+) \+ (\S+) = (\S+)", added).groups()
            assert plus == given
            assert float(held) == pytest.approx(grads.get(name, 0.0), abs=1e-4)
            assert float(result) == pytest.approx(float(held) + float(given), abs=2e-4)
            local, gradient = map(float, how.split(" = ")[-1].split(" · "))
            # Each of these numbers is shown with four digits behind the point.
            assert local * gradient == pytest.approx(float(given), abs=1e-4 * (1 + abs(local) + abs(gradient)))
            grads[name] = float(result)
        now = shown_grads(page)
        assert {name: now[name] for name in now if now[name] != before[name]}.keys() <= grads.keys()
    assert steps == len(list(walk(read([out], Names({}, ())))))
    out.backward()
    assert {name: grads[name] for name in leaves} == pytest.approx({n: x.grad for n, x in leaves.items()}, abs=1e-4)


def test_buttons_keys_and_the_slider_go_forward_and_back(opened):
    page = opened(draw(expression()[0]))
    told, last = page.locator("#told h2"), int(page.get_by_role("slider").get_attribute("max"))
    assert told.inner_text() == "The start"
    page.get_by_role("button", name="Back").click(force=True)  # it says that it is disabled
    assert told.inner_text() == "The start"
    page.get_by_role("button", name="Next").click()
    assert told.inner_text().startswith(f"Step 1 of {last - 1}: out = tanh(a * b + c) * a + ")
    page.keyboard.press("ArrowRight")
    assert told.inner_text().startswith("Step 2")
    page.keyboard.press("ArrowLeft")
    assert told.inner_text().startswith("Step 1")
    page.keyboard.press("End")
    assert told.inner_text() == "The end"
    page.keyboard.press("ArrowRight")
    assert told.inner_text() == "The end"
    page.keyboard.press("Home")
    assert told.inner_text() == "The start"
    page.get_by_role("slider").fill("3")
    assert told.inner_text().startswith("Step 3")
    page.get_by_role("button", name="First").click()
    assert told.inner_text() == "The start"


def test_it_can_be_used_by_keyboard_and_screen_reader(opened):
    page = opened(draw(expression()[0]))
    reached = []
    for _ in range(10):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert reached[:10] == ["out", "in", "whole", "graph", "told", "first", "back", "next", "last", "slider"]
    page.locator("#graph").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    before = page.evaluate("document.getElementById('graph').scrollLeft")
    page.keyboard.press("ArrowLeft")  # scrolls the picture, and is no step
    for _ in range(50):  # wait_for_function evaluates text in the page, which the page forbids
        if page.evaluate("document.getElementById('graph').scrollLeft") < before:
            break
        page.wait_for_timeout(100)
    assert page.evaluate("document.getElementById('graph').scrollLeft") < before
    assert page.locator("#told h2").inner_text() == "The start"
    page.locator("#next").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert page.locator("#told h2").inner_text().startswith("Step 2")
    assert page.evaluate("document.activeElement.id") == "next"
    assert page.locator("#told").get_attribute("aria-live") == "polite"
    assert page.get_by_role("slider").get_attribute("aria-valuetext").startswith("step 2 of")
    page.keyboard.press("End")
    assert page.locator("#next").get_attribute("aria-disabled") == "true"
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_it_is_readable_on_a_phone_and_a_wide_screen_in_light_and_dark(opened, scheme, width):
    page = opened(draw(expression()[0]), color_scheme=scheme, viewport={"width": width, "height": 740})
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box = page.locator("#graph .current").first.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    for name in ("First", "Back", "Next", "Last"):
        button = page.get_by_role("button", name=name).bounding_box()
        assert min(button["width"], button["height"]) >= 44
        assert button["y"] + button["height"] <= 740
    script = """selector => {
        const of = (element, what) => getComputedStyle(element)[what].match(/[\\d.]+/g).slice(0, 3).map(Number);
        const light = rgb => rgb.map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        return [...document.querySelectorAll(selector)].map(g => {
            const behind = of(g.querySelector('polygon, path'), 'fill'), text = of(g.querySelector('text'), 'fill');
            const [low, high] = [light(behind), light(text)].sort((x, y) => x - y);
            return (high + 0.05) / (low + 0.05);
        });
    }"""
    assert min(page.evaluate(script, "#graph g.node:not(.op)")) > 4.5  # the contrast that WCAG 2 asks for at level AA


def test_of_tensors_it_tells_the_shapes_and_the_axes_that_broadcasting_made(opened):
    x = micrograd.ones(4, 3)
    w, b = micrograd.ones(3, 2, requires_grad=True), micrograd.ones(1, 2, requires_grad=True)
    page = opened(draw((x @ w + b).sum(), x=x, w=w, b=b))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    told = page.locator("#told").inner_text()
    assert "[4, 2] summed over dim 0 to [1, 2], since broadcasting made them" in told
    assert "Step 2 of 3: x @ w + b" in told
    page.keyboard.press("ArrowRight")
    told = page.locator("#told").inner_text()
    assert "xᵀ @ g" in told
    assert "g @ wᵀ" not in told  # x asks for no gradient
    assert "[3, 2] float32" in told
    assert (
        "return x @ y, save(lambda g: g @ y.T, y), save(lambda g: x.T @ g, x)"
        in page.locator("#told pre").text_content()
    )


def ten_pictures():
    """Small and large, of numbers and of tensors."""
    random.seed(1)
    micrograd.manual_seed(1)
    yield draw(expression()[0])
    yield draw(expression()[0], direction="TB")
    yield draw(Value(2.0, label="x") ** 3)
    for sizes in ([1], [4, 1], [2, 2]):
        net, xs = nn.MLP(2, sizes), [Value(1.0), Value(-2.0)]
        yield draw(net(xs), net=net, xs=xs)
    x, y = micrograd.randn(5, 3), micrograd.tensor([0, 1, 1, 0, 1])
    for net in (nn.Linear(3, 2), nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2))):
        yield draw(nn.functional.cross_entropy(net(x), y), x=x, y=y)
    yield draw(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)(micrograd.randn(1, 4, 8)).sum())
    W = micrograd.randn(4, 4, requires_grad=True)
    yield draw(W[y].softmax(1).log()[:, 0].mean() + 0.1 * (W**2).mean(), W=W, ys=y)


IN_VIEW = """last => {
    const within = (box, id) => {
        const frame = document.getElementById(id).getBoundingClientRect();
        return box.left >= frame.left - 1 && box.right <= frame.right + 1
            && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
    };
    const root = document.documentElement, found = [];
    for (let step = 0; step < Math.min(last, slider.max); step += 1) {
        show(step);
        const marked = [...document.querySelectorAll('#graph .current, #graph .gets')];
        const sum = [...document.querySelectorAll('#told .after')].at(-1);
        found.push([marked.length > 0 && marked.every(each => within(each.getBoundingClientRect(), 'graph')),
            !sum || within(sum.getBoundingClientRect(), 'told'),
            root.scrollHeight <= innerHeight && root.scrollWidth <= innerWidth]);
    }
    return found;
}"""


def test_on_a_phone_the_receivers_and_the_last_sum_are_in_view_at_every_step(opened, tmp_path):
    wide = draw(nn.MLP(3, [16, 1])([Value(1.0)] * 3))
    page = opened(wide, viewport={"width": 360, "height": 740})
    assert page.evaluate(IN_VIEW, 2) == [[True] * 3] * 2  # the start, and the first step with 17 receivers
    for picture in ten_pictures():
        picture.steps(tmp_path / "page.html")
        page.reload()
        assert [step for step, seen in enumerate(page.evaluate(IN_VIEW, 50)) if seen != [True] * 3] == []


PHONE, WIDE = {"width": 360, "height": 740}, {"width": 1200, "height": 800}
EVERY = [(size, scheme, ("Home", "ArrowRight", "End")) for size in (PHONE, WIDE) for scheme in ("light", "dark")]


@pytest.mark.parametrize(
    ("pages", "looks"), [(1, [(PHONE, "light", ["ArrowRight"])]), pytest.param(10, EVERY, marks=pytest.mark.slow)]
)
def test_axe_finds_nothing_to_complain_of(browser, tmp_path, pages, looks):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python").Axe()
    for picture in islice(ten_pictures(), pages):
        picture.steps(tmp_path / "page.html")
        for size, scheme, keys in looks:
            page = browser.new_page(viewport=size, color_scheme=scheme, bypass_csp=True)  # axe is put into the page
            page.goto((tmp_path / "page.html").as_uri())
            for key in keys:
                page.keyboard.press(key)
                found = axe.run(page)
                assert found.violations_count == 0, found.generate_report()
                assert len(found.response["passes"]) > 30
            page.close()


def test_on_paper_all_steps_are_there(opened):
    page = opened(draw(expression()[0]))
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    headings = page.locator("#told h2").all_inner_texts()
    assert [text.split(":")[0] for text in headings] == [*[f"Step {i} of 9" for i in range(1, 10)], "The end"]
    assert not page.locator("nav").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#told h2").all_inner_texts() == ["The start"]


def test_formulas_are_in_the_names_of_the_picture():
    x, w = (Value(number, label=name) for name, number in (("x", 2.0), ("w", 3.0)))
    boxes = {box.title: formula(box) for box in read([(w * x + x).tanh() / (w - x) ** 3], Names({}, ())) if box.parents}
    assert boxes["w * x"] == ("w * x", "x · g", "w · g")
    assert boxes["tanh(w * x + x)"][1:] == ("(1 - tanh(w * x + x)²) · g",)
    assert boxes["(w - x)**3"] == ("(w - x)**3", "3 · (w - x)**2 · g")
    assert boxes["result"][0] == "result = tanh(w * x + x) / (w - x)**3"
    net, xs = nn.Linear(2, 1), micrograd.ones(1, 2)
    (found,) = [box for box in read([net(xs).sum()], Names({"net": net, "xs": xs}, ())) if box.op == "linear"]
    assert formula(found)[0].endswith("= xs @ net.weightᵀ + net.bias")
    assert formula(found)[1:3] == ("g @ net.weight", "gᵀ @ xs")


def test_the_walk_ends_with_the_gradients_of_the_engine_and_touches_no_grad():
    w, b = micrograd.randn(3, 2, requires_grad=True), micrograd.randn(2, requires_grad=True)
    hidden = (micrograd.randn(4, 3) @ w + b).tanh()
    hidden.retain_grad()
    loss = (hidden * hidden * b).mean() + w[0].sum()
    gradients = {one.to.node: one.after for step in walk(read([loss], Names({}, ()))) for one in step.contributions}
    assert w.grad is None
    assert hidden._grad is None
    loss.backward()
    for tensor, node in ((w, w), (b, b), (hidden, hidden.grad_fn)):
        np.testing.assert_array_equal(gradients[node], tensor.grad.numpy())


def test_an_operation_with_a_backward_of_its_own_is_walked_through():
    x = Value(3.0, label="x")
    out = Value(9.0, (x,), "square")
    out._backward = lambda: setattr(x, "grad", x.grad + 6.0 * out.grad)
    x.grad = 5.0
    (last,) = [step for step in walk(read([out * 2], Names({}, ()))) if step.box.sign == "square"]
    assert [(one.how, one.added, one.after) for one in last.contributions] == [("its own _backward", 12.0, 12.0)]
    assert (x.grad, out.grad) == (5.0, 0)


def test_what_backward_cannot_do_the_page_does_not_do(tmp_path):
    with pytest.raises(ZeroDivisionError, match="infinite derivative"):
        draw(Value(0.0).sqrt()).steps(tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_the_page_after_backward_is_the_one_before_it_and_says_so(tmp_path):
    pages = []
    for before in (True, False):
        x = micrograd.ones(2, requires_grad=True)
        loss = (x * x).sum()
        if not before:
            loss.backward()
        draw(loss, x=x).steps(tmp_path / "page.html")
        pages.append((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert pages[0] == pages[1].replace(AGAIN, "")
    assert AGAIN in pages[1]


def test_a_large_graph_gives_a_page_of_what_is_nearest_to_the_result(tmp_path):
    x = y = Value(1.0, label="x")
    for i in range(1500):
        y = y.tanh() if i % 2 else y + x
    draw(y).steps(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    content = json.loads(re.search(r'id="content">(.*?)</script>', text)[1])
    assert 150 < len(content["steps"]) <= 200
    assert "are not drawn" in content["note"]
    assert len(text) < 1_000_000


def test_a_name_cannot_break_out_of_the_page(opened):
    page = opened(draw(Value(1.0, label="</script><b>@@</title>") * Value(2.0, label="@name@")))
    page.keyboard.press("End")
    assert "</script><b>@@</title>" in page.locator("#told").inner_text()
    assert page.locator("b").count() == 0


def test_the_page_of_a_compiled_call_shows_its_program_and_any_other_page_none(opened, tmp_path):
    @micrograd.compile
    def square(x):
        return (x * x).sum()

    @micrograd.compile
    def neuron(w, x):
        return (w * x).tanh()

    x = micrograd.ones(2, requires_grad=True)
    w = Value(0.5, label="w")
    for function, arguments in ((square, [x]), (neuron, [w, Value(2.0)])):
        first, again = function(*arguments), function(*arguments)
        draw(first).steps(tmp_path / "first.html")
        draw(again)  # which puts the graph in the place of the call
        page = opened(draw(again))
        page.get_by_text("the program that compile recorded").click()
        assert page.locator("#told pre").inner_text().strip() == function.source().strip()
    again = square(x)
    again.backward()
    draw(again).steps(tmp_path / "after.html")
    assert "np.ones" in (tmp_path / "after.html").read_text(encoding="utf-8")
    draw((x * x).sum()).steps(tmp_path / "eager.html")
    assert '"program": ""' in (tmp_path / "eager.html").read_text(encoding="utf-8")
