"""One-hot and indexing: W[xs] is the product of one-hot rows and W."""

import micrograd as torch
import micrograd.nn.functional as F  # noqa: N812 - as everywhere
from makemore.data import Vocabulary
from micrograd.draw import draw
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save

vocabulary = Vocabulary("abcdefghijklmnopqrstuvwxyz")


def bigrams(word):
    """The token ids of the characters of .word, and of those that follow them, word."""
    return [0, *vocabulary.encode(word)], [*vocabulary.encode(word), 0]


def rows_with_gradient(word):
    """How many rows of a table of logits get a gradient from a word."""
    W = torch.zeros((27, 27), requires_grad=True)
    xs, ys = bigrams(word)
    F.cross_entropy(W[xs], torch.tensor(ys)).backward()
    return int((W.grad != 0).any(1).sum())


def lesson(folder) -> None:
    xs, ys = [torch.tensor(numbers) for numbers in bigrams("emma")]
    print("'emma' gives 5 examples: . -> e, e -> m, m -> m, m -> a, a -> . The inputs are", xs.tolist())

    print("\nOne-hot: each token id as a row of 27, all 0 but for a 1 at its index.")
    onehot = F.one_hot(xs, num_classes=27)
    check("its shape", onehot.shape, "==", (5, 27))
    check("each row has a single 1", onehot.sum(1), "==", [1, 1, 1, 1, 1])
    check("and its index is the token id", onehot.argmax(1), "==", xs)
    print("It comes as integers; a product with W needs floats: onehot.float() @ W.")

    print("\nThe product picks a row: 0 times 26 of them, plus 1 times one. Indexing picks it directly.")
    g = torch.Generator().manual_seed(1)
    W = torch.randn((27, 27), generator=g, requires_grad=True)
    product, picked = onehot.float() @ W, W[xs]
    check("onehot @ W is W[xs], to the last bit", product, "==", picked)
    print(f"The product took 5 * 27 * 27 = {5 * 27 * 27:,} multiplications, W[xs] none. And the one-hot rows")
    print("of a whole list of names, some 230,000 examples, are 6 million numbers, nearly all of them 0.")
    print("\nBackward is the same for both, too: the gradient is added to the row that was picked.")
    loss = F.cross_entropy(product, ys)
    loss.backward()
    by_product = W.grad.clone()
    W.grad = None
    loss = F.cross_entropy(W[xs], ys)
    save(draw(loss, W=W, xs=xs, ys=ys), folder / "one_hot.svg")
    loss.backward()
    check("the gradients", by_product, "~", W.grad)
    check("only rows that were picked have one: . a e m", (W.grad != 0).any(1).nonzero().view(-1), "==", [0, 1, 5, 13])
    print("Row 13, m, was picked twice and gets the sum of both: += again.")
    p = picked.detach().softmax(1)
    both = (p[2] - F.one_hot(ys[2], 27) + p[3] - F.one_hot(ys[3], 27)) / 5
    check("its gradient, p minus one-hot for each, over 5 examples", W.grad[13], "~", both)

    def by_indexing(torch, W, xs, ys):
        return torch.nn.functional.cross_entropy(W[xs], ys)

    compare_with_pytorch(by_indexing, W, xs, ys)


exercise_1 = Exercise(
    "After one backward on the word 'anna' alone, how many rows of W.grad are not all 0?",
    rows_with_gradient("anna"),
    (5, "there are 5 examples, but a and n are inputs twice each, and use the same row again"),
    (2, "a and n, and one more: what is the input for the first character?"),
    (4, "a character that occurs twice uses the same row again"),
    (27, "a row that was not picked has no part in the loss"),
    hint="which characters are inputs, the boundary included? Each different one has a row",
)

exercise_2 = Exercise(
    "How many multiplications does onehot @ W take for 10 examples of 27 characters, W being (27, 100)?",
    10 * 27 * 100,
    (10 * 27, "that is the size of the one-hot rows; each of these numbers is multiplied by 100 columns"),
    (10 * 100, "that is the size of the result; each of its numbers is a sum of 27 products"),
    (27 * 100, "that is for one example"),
    (0, "that is how many indexing takes"),
    hint="the result is (10, 100), and each number of it is a sum of 27 products",
)
