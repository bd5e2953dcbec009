"""Bigram and trigram, by counting and by gradient descent, on the names that come with the package."""

import itertools
import math
import sys

import numpy as np
import pytest
import torch
from torch.nn import functional as TF  # noqa: N812 - as everywhere

import micrograd
from makemore import data, language_model
from makemore.corpus import Corpus
from makemore.data import Vocabulary, WordList
from makemore.language_model import ContextCounts, Sampler, Uniform, evaluate, log_probabilities, score
from makemore.models.ngram import Counts, NGram, frequencies_of
from makemore.new_words import TRIES_PER_WORD, Drawing, draw_words
from makemore.steps import loss_of_step
from micrograd import Generator
from micrograd.command import UsageError
from micrograd.nn import functional as F  # noqa: N812 - as everywhere

SEED = 2147483647
ORDERS = pytest.mark.parametrize("order", [2, 3])
pytestmark = pytest.mark.filterwarnings("ignore:divide by zero")  # pytest shows what micrograd keeps quiet
SMOOTHING = pytest.mark.parametrize("smoothing", [0.0, 1.0])


@pytest.fixture(scope="module")
def vocabulary(names):
    return Vocabulary("".join(names))


@pytest.fixture(scope="module")
def ids(names, vocabulary):
    """The token ids of the names."""
    return vocabulary.encode_text(data.text_of(names))


@pytest.fixture(scope="module")
def tables(names, vocabulary):
    """The table of counts of all names, by its order."""
    return {order: data.count_ngrams([data.text_of(names)], vocabulary, order) for order in (1, 2, 3)}


def descend(model, counts, steps, learning_rate=50.0, weight_decay=0.0):
    """Gradient descent on all examples, as the lecture spells it out."""
    frequencies = frequencies_of(counts)
    for _ in range(steps):
        loss = model.loss_of_counts(frequencies)
        if weight_decay:
            loss = loss + model.penalty(weight_decay)
        model.zero_grad()
        loss.backward()
        model.W.data += -learning_rate * model.W.grad
    return model


def new_net(order=2, size=27):
    return NGram(size, order, Generator().manual_seed(SEED))


@pytest.fixture(scope="module")
def trained(tables):
    """A bigram net trained to the end, without a penalty."""
    return descend(new_net(), tables[2], 20_000)


def words_of(model, vocabulary, n=20, *, legacy=False, **settings):
    generator = Generator(legacy_multinomial=legacy).manual_seed(SEED)
    return list(itertools.islice(Sampler(model, vocabulary, generator, **settings).words(), n))


def probabilities(model):
    """p(next | context) of all contexts, a row each."""
    return np.exp(log_probabilities(model, every_context(model.context_length)))


def every_context(context_length, size=27):
    return np.array(list(itertools.product(range(size), repeat=context_length)), np.int64)


def net_of(logits):
    """An NGram with these logits."""
    net = new_net(1 + round(math.log(len(logits), logits.shape[1])), logits.shape[1])
    net.W.data = micrograd.from_numpy(logits.astype(np.float32))
    return net


# What the lecture finds


def test_the_trained_net_reaches_the_loss_of_the_counts(trained, tables):
    found = ContextCounts.of_table(tables[2])
    counted = evaluate(Counts(tables[2]), found)
    assert counted == pytest.approx(2.4543, abs=1e-4)
    # Counting gives the least loss there is, but for the rounding of float32 weights.
    assert -1e-7 < evaluate(trained, found) - counted < 1e-4


def test_weights_trained_to_the_end_are_log_counts_up_to_a_constant_per_row(trained, tables):
    often = tables[2] >= 100
    assert often.sum() > 250
    assert often.any(1).sum() == 27
    difference = np.where(often, trained.W.detach().numpy() - np.log(np.maximum(tables[2], 1)), np.nan)
    assert np.nanmax(np.nanmax(difference, 1) - np.nanmin(difference, 1)) < 0.01


def test_the_trained_net_and_the_counts_invent_the_same_20_names(trained, tables, vocabulary):
    counted = words_of(Counts(tables[2]), vocabulary)
    assert words_of(trained, vocabulary) == counted
    assert len(set(counted)) > 15
    assert counted[0] == "cexze"


@ORDERS
def test_training_gets_steadily_better(tables, order):
    model, found, losses = new_net(order), ContextCounts.of_table(tables[order]), []
    for _ in range(8):
        losses.append(evaluate(model, found))
        descend(model, tables[order], 25)
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > math.log(27) > losses[-1]


@pytest.mark.parametrize("kind", ["counted", "trained"])
def test_a_bigram_beats_the_unigram_and_the_unigram_the_uniform_model_on_names_not_seen(
    names, vocabulary, kind, tables
):
    split = data.split_words(names)
    text = {part: data.text_of(words) for part, words in split._asdict().items()}
    bigrams = data.count_ngrams([text["train"]], vocabulary, 2)
    model = Counts(bigrams, 1.0) if kind == "counted" else descend(new_net(), bigrams, 300, weight_decay=0.01)
    unigram = Counts(bigrams.sum(0), 1.0)
    for part in ("dev", "test"):
        found = ContextCounts.of_table(data.count_ngrams([text[part]], vocabulary, 2))
        uniform, one, two = (evaluate(model, found) for model in (Uniform(27), unigram, model))
        assert uniform == pytest.approx(math.log(27), abs=1e-12)
        assert one < uniform - 0.4
        assert two < one - 0.3


def test_a_trigram_beats_a_bigram(tables):
    two, three = (evaluate(Counts(tables[order]), ContextCounts.of_table(tables[order])) for order in (2, 3))
    assert three < two - 0.2


# Smoothing


def test_the_more_is_added_to_the_counts_the_nearer_they_come_to_uniform(tables):
    far = [np.abs(probabilities(Counts(tables[2], s)) - 1 / 27).max() for s in (0, 0.1, 1, 10, 100, 1e4, 1e8)]
    assert far == sorted(far, reverse=True)
    assert far[0] > 0.5
    assert far[-1] < 1e-5


def test_the_stronger_the_penalty_the_nearer_the_net_comes_to_uniform(tables):
    far = []
    for weight_decay in (0, 0.01, 0.1, 1, 10, 100):
        # The penalty's curvature is 2 * weight_decay / 729, and a rate above 2 / curvature diverges.
        net = descend(new_net(), tables[2], 400, min(50, 500 / (weight_decay + 1e-9)), weight_decay)
        far.append(np.abs(probabilities(net) - 1 / 27).max())
    assert far == sorted(far, reverse=True)
    assert far[0] > 0.5
    assert far[-1] < 0.01


def test_the_penalty_is_that_of_the_lecture(tables):
    net = new_net()
    assert net.penalty(0.3).item() == pytest.approx(0.3 * (net.W.detach().numpy() ** 2).mean(), rel=1e-6)


def test_smoothing_adds_to_each_count(tables):
    counts = tables[2].astype(float)
    smoothed = (counts + 1.5) / (counts + 1.5).sum(1, keepdims=True)
    np.testing.assert_allclose(probabilities(Counts(tables[2], 1.5)), smoothed, rtol=1e-12)


@pytest.mark.parametrize("smoothing", [1e300, 1e307, 1e308, sys.float_info.max])
def test_however_much_is_added_nothing_overflows(tables, smoothing):
    model = Counts(tables[2], smoothing)
    np.testing.assert_allclose(probabilities(model), 1 / 27, rtol=1e-12)
    assert evaluate(model, ContextCounts.of_table(tables[2])) == pytest.approx(math.log(27), rel=1e-12)


# What was never seen


def test_a_pair_never_seen_has_infinite_loss_without_smoothing_and_never_nan(tables, vocabulary):
    q, x = vocabulary.encode("qx")
    assert tables[2][q, x] == 0
    scored = score(Counts(tables[2]), vocabulary, "aqx")
    assert scored.log_probabilities[2] == -math.inf
    assert scored.log_likelihood == -math.inf
    assert not any(map(math.isnan, scored.log_probabilities))
    found = ContextCounts.of_examples(data.examples(vocabulary.encode_text("emma\naqx\n"), 1), 27)
    assert evaluate(Counts(tables[2]), found) == math.inf
    assert evaluate(Counts(tables[2], 1.0), found) < 10
    assert evaluate(Counts(tables[2]), ContextCounts.of_table(tables[2])) < math.inf, "0 times infinity is no nan"


def test_a_context_never_seen_has_the_uniform_distribution(tables):
    found, counts = probabilities(Counts(tables[3])), tables[3].reshape(-1, 27)
    never = counts.sum(1) == 0
    assert never.sum() > 50
    np.testing.assert_allclose(found[never], 1 / 27, rtol=1e-12)
    np.testing.assert_allclose(found[~never], counts[~never] / counts[~never].sum(1, keepdims=True), rtol=1e-12)


def test_a_model_of_a_table_of_zeros_invents_words_like_the_uniform_model(vocabulary):
    assert words_of(Counts(np.zeros((27, 27), np.int64)), vocabulary) == words_of(Uniform(27), vocabulary)


def test_a_loss_of_nothing_is_not_minus_nothing():
    certain = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    assert str(evaluate(Counts(certain), ContextCounts.of_table(certain))) == "0.0"


# The same numbers, whichever way


@ORDERS
def test_one_hot_times_weights_and_a_row_of_the_weights_are_the_same(ids, order):
    found = data.examples(ids[:2000], order - 1)
    contexts, targets = micrograd.from_numpy(found.contexts), micrograd.from_numpy(found.targets)
    by_row, by_product = new_net(order), new_net(order)
    one_hot = F.one_hot(micrograd.from_numpy(data.context_index(found.contexts, 27)), 27 ** (order - 1)).float()
    logits_by_row, logits_by_product = by_row(contexts), one_hot @ by_product.W
    np.testing.assert_array_equal(logits_by_row.detach().numpy(), logits_by_product.detach().numpy())
    losses = [F.cross_entropy(logits, targets) for logits in (logits_by_row, logits_by_product)]
    for loss in losses:
        loss.backward()
    assert losses[0].item() == losses[1].item()
    # The same float32 numbers, added up in another order.
    np.testing.assert_allclose(by_row.W.grad.numpy(), by_product.W.grad.numpy(), atol=1e-7)


@ORDERS
def test_the_loss_of_the_counts_is_the_loss_over_all_examples(ids, tables, order):
    found = data.examples(ids, order - 1)
    net = new_net(order)
    loss = net.loss_of_counts(frequencies_of(tables[order]))
    loss.backward()

    over_all = new_net(order)
    F.cross_entropy(over_all(micrograd.from_numpy(found.contexts)), micrograd.from_numpy(found.targets)).backward()

    # PyTorch's in float64 is the exact one. A frequency in float32 is off by at most 6e-8 of itself. Over all examples
    # a row's gradient is the sum of up to 34,000 float32 numbers one after the other; PyTorch's own is off by 1.3e-5.
    theirs = torch.tensor(net.W.detach().numpy(), dtype=torch.float64, requires_grad=True)
    rows = torch.tensor(data.context_index(found.contexts, 27))
    exact = TF.cross_entropy(theirs[rows], torch.tensor(found.targets))
    exact.backward()
    assert loss.item() == pytest.approx(exact.item(), rel=1e-6)
    np.testing.assert_allclose(net.W.grad.numpy(), theirs.grad.numpy(), atol=1e-8, rtol=1e-5)
    np.testing.assert_allclose(over_all.W.grad.numpy(), theirs.grad.numpy(), atol=2e-5)
    assert evaluate(net, ContextCounts.of_table(tables[order])) == pytest.approx(exact.item(), rel=1e-12)


@ORDERS
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_steps_on_minibatches_are_those_of_pytorch(order, weight_decay, vocabulary):
    path, learning_rate = data.bundled_names(), 10.0
    corpus = Corpus.read(path, "80/10/10")
    found = corpus.examples("train", order - 1)
    config = {"type": {2: "bigram", 3: "trigram"}[order], "batch_size": 32, "weight_decay": weight_decay}
    micrograd.manual_seed(SEED)
    net = NGram(27, order)
    step = loss_of_step(config, corpus, net)

    theirs = torch.Generator().manual_seed(SEED)
    weights = torch.randn((27 ** (order - 1), 27), generator=theirs)
    # randn agrees with PyTorch's to 1e-6 and no closer, so PyTorch goes on from the weights here.
    np.testing.assert_allclose(weights.numpy(), net.W.detach().numpy(), atol=4e-6)
    weights = torch.tensor(net.W.detach().numpy(), requires_grad=True)
    xs, ys = torch.tensor(data.context_index(found.contexts, 27)), torch.tensor(found.targets)
    for _ in range(50):
        loss = step()
        net.zero_grad()
        loss.backward()
        net.W.data += -learning_rate * net.W.grad

        ix = torch.randint(0, len(ys), (32,), generator=theirs)
        expected = TF.cross_entropy(weights[xs[ix]], ys[ix]) + weight_decay * (weights**2).mean()
        weights.grad = None
        expected.backward()
        weights.data += -learning_rate * weights.grad
        assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    np.testing.assert_allclose(net.W.detach().numpy(), weights.detach().numpy(), atol=1e-4)


@ORDERS
def test_context_counts_of_a_table_and_of_examples_are_the_same(ids, tables, order):
    of_table = ContextCounts.of_table(tables[order])
    of_examples = ContextCounts.of_examples(data.examples(ids, order - 1), 27)
    for one, other in zip(of_table, of_examples, strict=True):
        np.testing.assert_array_equal(one, other)
    assert of_table.counts.sum() == len(ids) - 1
    assert (of_table.counts > 0).all()


@ORDERS
def test_a_model_is_asked_in_parts_and_answers_alike(tables, order, monkeypatch):
    contexts = every_context(order - 1)
    whole = log_probabilities(Counts(tables[order], 1.0), contexts)
    for name, most in (("CHARACTERS_AT_ONCE", 10), ("LOGITS_AT_ONCE", 100)):
        with monkeypatch.context() as patch:
            patch.setattr(language_model, name, most)
            np.testing.assert_array_equal(log_probabilities(Counts(tables[order], 1.0), contexts), whole)


def test_a_model_that_looks_back_less_far_takes_the_latest_of_a_context(tables):
    bigram = Counts(tables[2], 1.0)
    contexts = np.array([[1, 2, 3], [0, 0, 5]])
    np.testing.assert_array_equal(log_probabilities(bigram, contexts), log_probabilities(bigram, contexts[:, 2:]))


# New words


def naive_words(model, n, legacy):
    """The lecture's loop: look up the row, draw with multinomial, stop at the boundary."""
    table = micrograd.from_numpy(probabilities(model)).float()
    generator, words = Generator(legacy_multinomial=legacy).manual_seed(SEED), []
    for _ in range(n):
        context, word = [0] * model.context_length, []
        while True:
            row = table[int(data.context_index(np.array([context]), 27)[0])]
            drawn = micrograd.multinomial(row, 1, replacement=True, generator=generator).item()
            if drawn == 0:
                break
            word.append(drawn)
            context = [*context, drawn][1:]
        words.append(word)
    return words


@ORDERS
@pytest.mark.parametrize("legacy", [False, True])
def test_words_are_drawn_with_multinomial_as_in_the_lecture(tables, vocabulary, order, legacy):
    model = Counts(tables[order], 1.0)
    expected = [vocabulary.decode(word) for word in naive_words(model, 50, legacy)]
    assert words_of(model, vocabulary, 50, legacy=legacy) == expected


def test_words_are_those_of_pytorch_s_multinomial(tables, vocabulary):
    generator = torch.Generator().manual_seed(SEED)
    arrivals = torch.empty(27).exponential_(generator=generator)
    if not np.allclose(arrivals, Generator().manual_seed(SEED).exponential(27)):
        pytest.skip("on this processor PyTorch draws exponentials from another stream")
    table = torch.tensor(probabilities(Counts(tables[2], 1.0))).float()
    generator, words = torch.Generator().manual_seed(SEED), []
    for _ in range(20):
        word, ix = [], 0
        while ix := torch.multinomial(table[ix], 1, replacement=True, generator=generator).item():
            word.append(ix)
        words.append(vocabulary.decode(word))
    assert words_of(Counts(tables[2], 1.0), vocabulary) == words


@ORDERS
def test_drawn_characters_follow_the_model_s_probabilities(tables, vocabulary, order):
    model = Counts(tables[order])
    drawn = vocabulary.encode_text(data.text_of(words_of(model, vocabulary, 6000)))
    found = data.examples(drawn, order - 1)
    rows = data.context_index(found.contexts, 27)
    observed = np.zeros((27 ** (order - 1), 27), np.int64)
    np.add.at(observed, (rows, found.targets), 1)
    expected = probabilities(model) * observed.sum(1, keepdims=True)
    assert (observed[expected == 0] == 0).all()
    enough = expected >= 5
    chi_square = ((observed - expected)[enough] ** 2 / expected[enough]).sum()
    freedom = enough.sum() - enough.any(1).sum()  # a row of k cells has k - 1 degrees of freedom
    assert freedom > 300
    # Its mean is about its degrees of freedom, and its variance twice that: four standard deviations either way.
    assert abs(chi_square - freedom) < 4 * math.sqrt(2 * freedom)


@ORDERS
@pytest.mark.parametrize("temperature", [0.3, 0.7, 1.8])
def test_a_temperature_divides_the_logits(tables, vocabulary, order, temperature):
    logits = np.log(probabilities(Counts(tables[order], 1.0)))
    divided = words_of(net_of(logits / temperature), vocabulary, 40)
    assert words_of(net_of(logits), vocabulary, 40, temperature=temperature) == divided
    assert divided != words_of(net_of(logits), vocabulary, 40)


def test_a_temperature_near_0_always_takes_the_likeliest(tables, vocabulary):
    best = tables[3].argmax(-1)
    word, context = [], (0, 0)
    while best[context]:
        word.append(best[context])
        context = (context[1], word[-1])
    expected = [vocabulary.decode(word)] * 5
    assert words_of(Counts(tables[3]), vocabulary, 5, temperature=1e-4) == expected
    assert words_of(Counts(tables[3]), vocabulary, 5, top_k=1) == expected
    assert words_of(Counts(tables[3]), vocabulary, 5, temperature=1e-300) == expected


@pytest.mark.parametrize("top_k", [1, 2, 5, 26])
def test_only_the_k_likeliest_characters_are_drawn(tables, vocabulary, top_k):
    logits = np.log(probabilities(Counts(tables[2], 1.0)))
    words = words_of(net_of(logits), vocabulary, 300, top_k=top_k)
    drawn = vocabulary.encode_text(data.text_of(words))
    least = -np.sort(-logits, axis=1)[:, top_k - 1]  # characters as likely as the last of the k may be drawn too
    assert (logits[drawn[:-1], drawn[1:]] >= least[drawn[:-1]]).all()
    if top_k <= 5:
        assert set(drawn[1:][drawn[:-1] == 0]) == set(np.argsort(-logits[0])[:top_k]), "each of the k is drawn"


def test_all_characters_are_drawn_where_k_is_the_whole_vocabulary(tables, vocabulary):
    model = Counts(tables[2], 1.0)
    assert words_of(model, vocabulary) == words_of(model, vocabulary, top_k=27) == words_of(model, vocabulary, top_k=99)


@ORDERS
@pytest.mark.parametrize("prompt", ["e", "mar", "x"])
def test_words_begin_with_the_prompt_and_go_on_from_it(tables, vocabulary, order, prompt):
    model = Counts(tables[order])
    words = words_of(model, vocabulary, 3000, prompt=prompt, longest=1)  # what comes next is all that is looked at
    assert all(word.startswith(prompt) for word in words)
    after = [word[len(prompt)] if len(word) > len(prompt) else "." for word in words]
    context = np.array([[0, *vocabulary.encode(prompt)][-order + 1 :]])
    expected = np.exp(log_probabilities(model, context)[0])
    observed = np.array([after.count(token) for token in vocabulary.tokens]) / len(words)
    # The standard deviation of a frequency out of 3,000 is at most 0.0092.
    np.testing.assert_allclose(observed, expected, atol=4 * 0.0092)


def test_a_prompt_with_an_unknown_character_is_refused(tables, vocabulary):
    with pytest.raises(UsageError, match="'É' of 'É'"):
        words_of(Counts(tables[2]), vocabulary, prompt="É")


@pytest.mark.parametrize("settings", [{"temperature": t} for t in (0, -1, math.nan, math.inf)] + [{"top_k": 0}])
def test_settings_that_make_no_sense_are_refused(tables, vocabulary, settings):
    with pytest.raises(ValueError, match=f"^{next(iter(settings))} has to be"):
        words_of(Counts(tables[2]), vocabulary, **settings)


@pytest.mark.parametrize("prompt", ["", "abab", "ab" * 30])
def test_a_word_that_finds_no_end_is_cut_so_many_characters_after_the_prompt(prompt):
    vocabulary = Vocabulary("ab")
    endless = Counts(np.array([[0, 1, 1], [0, 1, 1], [0, 1, 1]]))
    words = words_of(endless, vocabulary, 5, longest=30, prompt=prompt)
    assert [len(word) - len(prompt) for word in words] == [30] * 5
    assert len({word.removeprefix(prompt) for word in words}) == 5


def test_the_same_seed_draws_the_same_words_and_another_seed_others(tables, vocabulary):
    model = Counts(tables[2])
    other = Sampler(model, vocabulary, Generator().manual_seed(1))
    assert words_of(model, vocabulary) == words_of(model, vocabulary)
    assert words_of(model, vocabulary) != list(itertools.islice(other.words(), 20))


# Words marked as new or seen


@pytest.fixture
def name_list():
    return WordList(data.bundled_names())


def sampler(model, vocabulary):
    return Sampler(model, vocabulary, Generator().manual_seed(SEED))


def test_drawn_words_are_marked_as_seen_or_new(tables, vocabulary, names, name_list):
    drawn = draw_words(sampler(Counts(tables[3]), vocabulary), 100, name_list)
    assert [word.word for word in drawn] == words_of(Counts(tables[3]), vocabulary, 100)
    assert [word.seen for word in drawn] == [word.word in set(names) for word in drawn]
    assert {word.seen for word in drawn} == {True, False}


def test_without_the_list_words_are_not_marked(tables, vocabulary):
    assert {word.seen for word in draw_words(sampler(Counts(tables[3]), vocabulary), 10, None)} == {None}


def test_only_new_words_leave_out_those_seen_and_nothing_else(tables, vocabulary, names, name_list):
    every = [word for word in words_of(Counts(tables[3]), vocabulary, 300) if word not in set(names)]
    drawn = draw_words(sampler(Counts(tables[3]), vocabulary), 100, name_list, Drawing(only_new=True))
    assert [word.word for word in drawn] == every[:100]
    assert {word.seen for word in drawn} == {False}


def test_a_word_of_no_characters_is_no_word():
    vocabulary = Vocabulary("ab")
    often_empty = Counts(np.array([[9, 1, 0], [1, 0, 0], [1, 0, 0]]))
    assert [word.word for word in draw_words(sampler(often_empty, vocabulary), 10, None)] == ["a"] * 10


def test_looking_for_new_words_ends_where_there_are_none(tmp_path, monkeypatch):
    path = tmp_path / "words.txt"
    path.write_text("ab\n")
    vocabulary = Vocabulary("ab")
    only_ab = Counts(np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]))
    drawn, seen = [], WordList.seen
    monkeypatch.setattr(WordList, "seen", lambda self, words: drawn.append(len(words)) or seen(self, words))
    assert draw_words(sampler(only_ab, vocabulary), 3, WordList(path), Drawing(only_new=True)) == []
    assert sum(drawn) == 3 * TRIES_PER_WORD
    assert len(drawn) <= 20, "a long list takes seconds to go through"


# How likely a word is


@ORDERS
@SMOOTHING
@pytest.mark.parametrize("word", ["emma", "a", "", "zyx"])
def test_the_score_of_a_word_is_the_product_of_its_entries_in_the_table(tables, vocabulary, order, smoothing, word):
    model = Counts(tables[order], smoothing)
    table = probabilities(model)
    padded = [0] * (order - 1) + vocabulary.encode(word) + [0]
    entries = []
    for i in range(len(word) + 1):
        row = 0
        for number in padded[i : i + order - 1]:
            row = row * 27 + number
        entries.append(table[row, padded[i + order - 1]])
    scored = score(model, vocabulary, word)
    assert scored.tokens == [*word, "."]
    np.testing.assert_allclose(np.exp(scored.log_probabilities), entries, rtol=1e-12)
    assert math.exp(scored.log_likelihood) == pytest.approx(math.prod(entries), rel=1e-9)


@ORDERS
def test_the_scores_of_the_words_add_up_to_the_loss(tables, vocabulary, names, order):
    model, words = Counts(tables[order], 1.0), names[::40]
    scores = [score(model, vocabulary, word) for word in words]
    characters = sum(len(scored.tokens) for scored in scores)
    found = ContextCounts.of_examples(data.examples(vocabulary.encode_text(data.text_of(words)), order - 1), 27)
    total = sum(scored.log_likelihood for scored in scores)
    assert -total / characters == pytest.approx(evaluate(model, found), rel=1e-12)


def test_all_words_of_a_model_together_have_probability_1():
    """Of an alphabet of two, the words up to a length, and what is longer."""
    vocabulary = Vocabulary("ab")
    model = Counts(np.array([[1, 3, 2], [2, 1, 1], [3, 1, 2]]), 0.5)
    shorter = sum(
        math.exp(score(model, vocabulary, "".join(letters)).log_likelihood)
        for length in range(9)
        for letters in itertools.product("ab", repeat=length)
    )
    assert 0.99 < shorter < 1


def test_the_score_of_an_unknown_character_is_refused(tables, vocabulary):
    with pytest.raises(UsageError, match="'E' of 'Emma'"):
        score(Counts(tables[2]), vocabulary, "Emma")
