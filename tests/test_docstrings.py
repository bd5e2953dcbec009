"""The lines in docstrings give what they show, and what is public has such lines."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import makemore
import makemore.trained
import micrograd
from micrograd import autograd, compare, draw, guard, nn, optim, utils

MODULES = [
    found.name
    for package in (micrograd, makemore)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not found.name.endswith("__main__")
]


@pytest.mark.parametrize("name", ["micrograd", "makemore", *MODULES])
def test_the_lines_of_docstrings_give_what_they_show(name, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    results = doctest.testmod(
        importlib.import_module(name), extraglobs={"torch": micrograd}, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert results.failed == 0, capsys.readouterr().out


def public():
    """What the packages hand to their users, each once, by name; functions of ops show their examples without >>>."""
    places = {
        **{"torch": (micrograd, [*micrograd.ops.TORCH, "no_grad", "save", "load", "Value", "Tensor", "dtype", "Size"])},
        **{"nn": (nn, nn.__all__), "nn.init": (nn.init, nn.init.__all__), "optim": (optim, optim.__all__)},
        **{"utils.data": (utils.data, utils.data.__all__), "autograd": (autograd, autograd.__all__)},
        **{"compare": (compare, ["compare", "cmp"]), "draw": (draw, ["draw", "Picture"]), "guard": (guard, ["guard"])},
        **{"makemore": (makemore, makemore.__all__), "trained": (makemore.trained, ["train", "load"])},
    }
    for place, (module, names) in places.items():
        for name in names:
            thing = getattr(module, name, None)
            if inspect.isfunction(thing) or inspect.isclass(thing):
                yield f"{place}.{name}", thing


def test_what_is_public_has_a_line_to_run():
    without = [
        name
        for name, thing in public()
        if ">>>" not in (thing.__doc__ or "") and "Examples: " not in (thing.__doc__ or "")
    ]
    assert without == []
