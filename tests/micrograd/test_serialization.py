"""Saving and loading: what comes back, and that PyTorch's users can read and write the same files."""

import collections
import io
import json
import math
import os
import struct
import threading

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import micrograd
from micrograd import serialization
from micrograd.serialization import load, save

DTYPES = ["float32", "float64", "int32", "int64", "uint8", "bool"]


def there_and_back(obj):
    file = io.BytesIO()
    save(obj, file)
    file.seek(0)
    return load(file)


def same(a, b):
    """Whether two nests are of the same types, numbers, dtypes and shapes, and their dicts in the same order."""
    if isinstance(b, micrograd.Tensor):
        mine, theirs = a.detach().numpy(), b.detach().numpy()
        alike = a.dtype == b.dtype and a.shape == b.shape and a.requires_grad == b.requires_grad
        return alike and np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f")
    if type(a) is not type(b):
        return False
    if isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in b)
    if isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b or (a != a and b != b)


# Tensors

AWKWARD = {
    "without dimensions": np.array(3.5),
    "without numbers": np.zeros((0, 3)),
    "transposed": np.arange(6.0).reshape(2, 3).T,
    "every other": np.arange(10)[::2],
    "backwards": np.arange(4)[::-1],
    "broadcast": np.broadcast_to(np.ones(3), (2, 3)),
    "no numbers at all": np.array([math.nan, math.inf, -math.inf, -0.0]),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3)])
def test_a_tensor_comes_back(dtype, shape):
    array = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    assert same(there_and_back(micrograd.from_numpy(array)), micrograd.from_numpy(array))


@pytest.mark.parametrize("array", AWKWARD.values(), ids=AWKWARD)
def test_a_tensor_of_any_layout_comes_back(array):
    assert same(there_and_back(micrograd.from_numpy(array)), micrograd.from_numpy(array))


SHARING = {
    "one tensor twice": lambda torch, x: {"a": x, "b": x},
    "a part": lambda torch, x: {"whole": x, "part": x[1:], "more": x[:, 2]},
    "parts alone": lambda torch, x: [x[:2], x[1:]],
    "transposed": lambda torch, x: (x.t(), [x]),
    "detached": lambda torch, x: {"a": x.requires_grad_(), "b": x.detach()},
    "far apart": lambda torch, x: [torch.zeros(100, 4)[::99], torch.zeros(4), x[0]],
    "nothing": lambda torch, x: [x, x.clone()],
}


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("make", SHARING.values(), ids=SHARING)
def test_what_shares_memory_shares_it_again_as_in_pytorch(make, times):
    def tensors(obj):
        if not isinstance(obj, dict | list | tuple):
            return [obj]
        return [tensor for item in (obj.values() if isinstance(obj, dict) else obj) for tensor in tensors(item)]

    def program(torch):
        obj = make(torch, torch.arange(12.0).view(3, 4))
        for _ in range(times):
            file = io.BytesIO()
            torch.save(obj, file)
            file.seek(0)
            obj = torch.load(file)
        found = tensors(obj)
        seen = [[tensor.tolist() for tensor in found]]
        for tensor in found:
            tensor.data.fill_(7)
            seen.append([other.tolist() for other in found])
        return seen, [[a is b for a in found] for b in found], [tensor.requires_grad for tensor in found]

    assert program(micrograd) == program(torch)


def test_tensors_that_share_memory_are_whole_for_other_readers():
    x = micrograd.arange(6)
    file = io.BytesIO()
    save({"whole": x, "part": x[2:4], "again": x}, file)
    read = safetensors.torch.load(file.getvalue())
    assert {name: tensor.tolist() for name, tensor in read.items()} == {
        "whole": [0, 1, 2, 3, 4, 5],
        "part": [2, 3],
        "again": [0, 1, 2, 3, 4, 5],
    }


def test_a_change_through_loaded_shared_memory_is_noticed_on_the_way_back():
    x = micrograd.ones(3, requires_grad=True)
    back = there_and_back({"a": x, "b": x.detach()})
    loss = (back["a"] ** 2).sum()
    back["b"] += 1
    with pytest.raises(RuntimeError, match=r"in-?place"):
        loss.backward()


def test_what_came_back_can_be_changed_in_place():
    x = there_and_back(micrograd.zeros(3))
    x += 1
    assert x.tolist() == [1, 1, 1]


def test_requires_grad_comes_back_and_the_graph_does_not():
    x = micrograd.ones(2, requires_grad=True)
    back = there_and_back({"leaf": x, "inner": x * 2, "data": x.detach()})
    assert [tensor.requires_grad for tensor in back.values()] == [True, True, False]
    assert all(tensor.is_leaf for tensor in back.values())


# Plain data

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["tensor", "list", "dict", "__metadata__"])
    | st.builds(lambda n: micrograd.arange(n), st.integers(0, 3))
)
keys = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.tuples(st.integers(), st.text(max_size=2))
nests = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "a.b", "b", "a_", "__metadata__", "0"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(nests)
def test_any_nest_of_plain_data_and_tensors_comes_back(nest):
    assert same(there_and_back(nest), nest)


@pytest.mark.parametrize(
    "names",
    [["__metadata__"], ["__metadata__", "__metadata___"], ["tensor"], [""], ["a b\n", "\N{SNOWMAN}"]],
)
def test_tensors_may_have_any_names(names):
    tensors = {name: micrograd.arange(i) for i, name in enumerate(names)}
    assert same(there_and_back(tensors), tensors)


def test_ways_to_tensors_that_read_alike_are_told_apart():
    tensors = {"a": {"b": micrograd.arange(1), "b_": micrograd.arange(2)}, "a.b": micrograd.arange(3), 1: {}, "1": {}}
    tensors |= {"a.b_": micrograd.arange(4), "0": [micrograd.arange(5)], 0: [micrograd.arange(6)]}
    assert same(there_and_back(tensors), tensors)


def test_the_order_of_a_dict_comes_back():
    names = ["z", "a", "m", "weight", "bias"]
    kinds = [micrograd.float32, micrograd.int64, micrograd.uint8, micrograd.float64, micrograd.bool]
    sizes = {name: micrograd.zeros(len(name), dtype=kind) for name, kind in zip(names, kinds, strict=True)}
    assert list(there_and_back(sizes)) == names
    assert list(there_and_back(collections.OrderedDict(sizes))) == names


def test_numbers_of_numpy_come_back_as_pythons():
    back = there_and_back({"loss": [np.float64(0.1), np.float32(0.5)], "step": np.int64(3), "done": np.bool_(True)})
    assert same(back, {"loss": [0.1, 0.5], "step": 3, "done": True})


@pytest.mark.parametrize("obj", [object(), {1, 2}, b"bytes", 1j, np.ones(2), len, {"a": [0, {"b": slice(3)}]}])
def test_what_is_neither_plain_nor_a_tensor_is_refused_with_its_type_and_place(obj, tmp_path):
    where = " at 'a.1.b'" if isinstance(obj, dict) else ""
    kind = "slice" if isinstance(obj, dict) else type(obj).__name__
    if isinstance(obj, complex):
        kind = "complex"
    with pytest.raises(TypeError, match=rf"not {kind}{where}$"):
        save(obj, tmp_path / "file")
    assert not list(tmp_path.iterdir())


# A run


def test_a_run_goes_on_from_its_file_bit_for_bit(tmp_path):
    def net():
        micrograd.manual_seed(1)
        parameters = {"W": micrograd.randn(4, 3, requires_grad=True), "b": micrograd.zeros(3, requires_grad=True)}
        groups = [{"params": [parameters["W"]], "weight_decay": 0.1}, {"params": [parameters["b"]]}]
        optimizer = micrograd.optim.AdamW(groups, lr=0.1)
        return parameters, optimizer, micrograd.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)

    def train(parameters, optimizer, scheduler):
        for _ in range(5):
            x = micrograd.randn(8, 4)
            loss = ((x @ parameters["W"] + parameters["b"]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
        return [p.tolist() for p in parameters.values()]

    parameters, optimizer, scheduler = net()
    train(parameters, optimizer, scheduler)
    checkpoint = {"model": {name: p.detach() for name, p in parameters.items()}}
    checkpoint |= {"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}
    save(checkpoint | {"random": micrograd.default_generator.get_state(), "losses": [1.5, math.nan]}, tmp_path / "run")
    expected = train(parameters, optimizer, scheduler)

    parameters, optimizer, scheduler = net()
    saved = load(tmp_path / "run")
    for name, p in parameters.items():
        p.data.copy_(saved["model"][name])
    optimizer.load_state_dict(saved["optimizer"])
    scheduler.load_state_dict(saved["scheduler"])
    micrograd.default_generator.set_state(saved["random"])
    assert train(parameters, optimizer, scheduler) == expected


# PyTorch's users


def example(library):
    kinds = [getattr(library, dtype) for dtype in DTYPES]
    tensors = {f"layers.{i}.weight": (library.zeros(2, i) + i).to(kind) for i, kind in enumerate(kinds)}
    return {"scale": library.tensor(1.5)} | tensors


def test_pytorch_reads_a_state_dict_name_for_name(tmp_path):
    save(example(micrograd), tmp_path / "model.safetensors")
    read = safetensors.torch.load_file(tmp_path / "model.safetensors")
    for name, expected in example(torch).items():
        assert read.pop(name).equal(expected)
    assert not read


def test_a_state_dict_of_pytorch_is_read_name_for_name(tmp_path):
    safetensors.torch.save_file(example(torch), tmp_path / "model.safetensors", metadata={"format": "pt"})
    read = load(tmp_path / "model.safetensors")
    for name, expected in example(torch).items():
        tensor = read.pop(name)
        assert repr(tensor.dtype) == repr(expected.dtype)
        assert tuple(tensor.shape) == tuple(expected.shape)
        assert tensor.tolist() == expected.tolist()
    assert not read


def test_a_state_dict_goes_into_a_module_of_pytorch_and_back(tmp_path):
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.BatchNorm1d(4))
    safetensors.torch.save_file(theirs.state_dict(), tmp_path / "theirs")
    state = load(tmp_path / "theirs")
    assert set(state) == set(theirs.state_dict())
    save(collections.OrderedDict((name, tensor * 2) for name, tensor in state.items()), tmp_path / "mine")
    doubled = {name: tensor * 2 for name, tensor in theirs.state_dict().items()}
    theirs.load_state_dict(safetensors.torch.load_file(tmp_path / "mine"))
    assert all(tensor.equal(doubled[name]) for name, tensor in theirs.state_dict().items())


def test_tensors_that_lie_deeper_are_named_after_the_way_to_them():
    x = micrograd.ones(2, requires_grad=True)
    x.grad = micrograd.ones(2)
    optimizer = micrograd.optim.Adam([x])
    optimizer.step()
    file = io.BytesIO()
    save({"model": {"weight": x}, "optimizer": optimizer.state_dict(), "more": [x]}, file)
    names = set(safetensors.torch.load(file.getvalue()))
    state = {f"optimizer.state.0.{name}" for name in ("step", "exp_avg", "exp_avg_sq")}
    assert names == {"model.weight", "more.0", *state}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.int8])
def test_a_dtype_that_is_not_here_is_refused_by_name(dtype):
    content = safetensors.torch.save({"fine": torch.ones(1), "weight": torch.ones(2, dtype=dtype)})
    with pytest.raises(TypeError, match=r"'weight' is of the dtype (F16|BF16|I8)"):
        load(io.BytesIO(content))


def test_the_arguments_of_pytorchs_load_change_nothing(tmp_path):
    save({"a": 1}, tmp_path / "file")
    assert load(str(tmp_path / "file"), map_location="cpu", weights_only=False) == {"a": 1}
    with open(tmp_path / "file", "rb") as file:
        assert load(file, "cpu") == {"a": 1}


# Files


def damaged():
    file = io.BytesIO()
    save({"weight": micrograd.ones(100), "step": 3}, file)
    good = file.getvalue()
    theirs = io.BytesIO()
    torch.save({"weight": torch.ones(2)}, theirs)
    return {
        "empty": b"",
        "cut off": good[:-1],
        "cut off early": good[:20],
        "longer": good + b"x",
        "a file of torch.save": theirs.getvalue(),
        "text": b"hello, world, this is no file of tensors",
        "a huge header": struct.pack("<Q", 2**63) + good[8:],
    }


OTHERS = [
    "1",
    "0.2.0",
    "[[",
    "null",
    '["tensor", "weight", false]',
    '["list"]',
    '{"a": 1}',
    '["tensor"]',
    '["dict", 3]',
    "",
]
OTHERS += ['["again", "a", "b"]', '["list", ["tensor", "a", false, "a", 1e99, 0, [1]], ["tensor", "b", 1]]', "[" * 5000]


@pytest.mark.parametrize("metadata", OTHERS)
def test_another_writers_file_with_such_a_key_in_its_metadata_loads_whole(metadata, tmp_path):
    tensors = {"a": torch.ones(2), "b": torch.zeros(3, dtype=torch.int64)}
    safetensors.torch.save_file(tensors, tmp_path / "file", {"micrograd": metadata, "format": "pt"})
    with pytest.warns(UserWarning, match="file was changed or written by another program"):
        read = load(tmp_path / "file")
    assert {name: tensor.tolist() for name, tensor in read.items()} == {"a": [1, 1], "b": [0, 0, 0]}


def renamed(tensors):
    tensors["bias"] = tensors.pop("weight")


def changed_in_shape(tensors):
    tensors["part"] = torch.zeros(9)


CHANGES = [
    renamed,
    changed_in_shape,
    lambda tensors: tensors.update(more=torch.ones(3)),
    lambda tensors: tensors.pop("weight"),
    lambda tensors: tensors.update(again=tensors["again"] + 1),
    lambda tensors: tensors.update(part=tensors["part"] + 1),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_whose_tensors_another_program_changed_loads_whole_and_under_their_names(change, tmp_path):
    x = micrograd.arange(4.0)
    save({"weight": x, "again": x, "part": x[1:], "step": 3}, tmp_path / "file")
    content = (tmp_path / "file").read_bytes()
    metadata = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
    tensors = safetensors.torch.load_file(tmp_path / "file")
    change(tensors)
    safetensors.torch.save_file(tensors, tmp_path / "file", metadata)
    with pytest.warns(UserWarning, match="changed or written by another program"):
        read = load(tmp_path / "file")
    assert {name: tensor.tolist() for name, tensor in read.items()} == {k: v.tolist() for k, v in tensors.items()}


@pytest.mark.parametrize("name", damaged())
def test_a_damaged_or_foreign_file_is_an_error_that_names_it(name, tmp_path):
    (tmp_path / "bad").write_bytes(damaged()[name])
    with pytest.raises(RuntimeError, match=r"bad cannot be loaded.*safetensors\.torch\.save_file"):
        load(tmp_path / "bad")


def test_a_file_that_is_not_there_is_pythons_own_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load(tmp_path / "nowhere")


def test_a_folder_that_is_not_there_is_pytorchs_error(tmp_path):
    for library in (serialization, torch):
        with pytest.raises(RuntimeError, match=r"Parent directory .* does not exist"):
            library.save({}, tmp_path / "nowhere" / "file")


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file"
    save({"step": 1}, path)

    def full(self, content):
        os.write(os.open(self, os.O_CREAT | os.O_WRONLY), content[:10])
        raise OSError("No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        save({"step": 2}, path)
    assert load(path) == {"step": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_link_stays_a_link_and_its_file_is_replaced(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    save(1, tmp_path / "link")
    save(2, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert load(tmp_path / "file") == 2


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append(load(tmp_path / "pipe")), daemon=True)
    reader.start()
    save([1, 2], tmp_path / "pipe")
    reader.join(10)
    assert read == [[1, 2]]
    assert (tmp_path / "pipe").is_fifo()


def test_nothing_in_a_file_is_executed():
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was executed",))

    file = io.BytesIO()
    torch.save({"trap": Trap()}, file)
    file.seek(0)
    with pytest.raises(RuntimeError, match="cannot be loaded"):
        load(file, weights_only=False)
