"""What is seen in a student's code: true facts of wrong code, and nothing in right code."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

import nndl
from nndl.checking.shared.code.facts import facts, functions, seen_in_the_code

LIBRARY = Path(nndl.__file__).parent
INTENDED = {"class_visualization_update_step", "sgd"}
"""Functions of the library whose task it is to change an array that they are given."""


def said(code: str, changed: bool = False, none: bool = False) -> list[str]:
    """Return what is seen in the functions of a piece of code."""
    found = functions(textwrap.dedent(code))
    return [fact.says for function in found for fact in facts(function, changed, none)]


SEEN = {
    "this return stands inside the loop": """
        def f(x):
            out = []
            for row in x:
                out.append(row)
                return out
    """,
    "this raise stands inside the loop": """
        def f(x):
            while x.any():
                x = x - 1
                raise RuntimeError
    """,
    "counts upwards, and so has no rounds": """
        def f(last):
            total = 0
            for i in range(last - 1, 0):
                total += i
            return total
    """,
    "each round gives `loss` a new value": """
        def f(p, y):
            loss = 0
            for i in range(len(p)):
                loss = -p[i, y[i]]
            return loss
    """,
    "each round of the loop begins again with this value of `dw`": """
        def f(x):
            for row in x:
                dw = np.zeros(3)
                dw += row
            return dw
    """,
    "this makes `value` another thing": """
        def f(params, step):
            for name, value in params.items():
                value = value - step[name]
    """,
    "this is never run, as the return in line 3": """
        def f(x):
            return x
            x = x + 1
    """,
    "this function has no return": """
        def f(x) -> float:
            x = x + 1
            print(x)
    """,
    "the result of reshape() is not kept": """
        def f(x):
            x.reshape(-1)
            return x
    """,
    "this line compares and changes nothing": """
        def f(x):
            x == 3
            return x
    """,
    "zero_grad is not called": """
        def f(optimizer):
            optimizer.zero_grad
            return optimizer
    """,
    "`np.random.seed(0)` makes every call draw the same numbers": """
        def f(n):
            np.random.seed(0)
            return np.random.rand(n)
    """,
    "`grads['b2']` gets another value here": """
        def f(back, dout):
            grads = {}
            dout, grads['b2'] = back(dout)
            grads['b2'] = dout.sum()
            return grads
    """,
    "`dc` gets another value here; that of line 3 is lost": """
        def f(dout, std, share):
            dc = dout / std
            dc = share
            return dc
    """,
    "has no f in front, so {i} stays as it is": """
        def f(params, i):
            return params["W{i}"]
    """,
    "^ is no power": """
        def f(w):
            return w ^ 2
    """,
    "the word 'running_means' stands in no description here: did you mean 'running_mean'?": '''
        def f(bn_param):
            """Use ``running_mean``."""
            return bn_param.get("running_means", 0)
    ''',
    "the word 'w1' stands in no description here: did you mean 'W1'?": '''
        def f(dw):
            """Return a dict with ``W1``."""
            grads = {}
            grads["w1"] = dw
            return grads
    ''',
    "self.maks is set here and read nowhere in this class; self.mask is read": """
        class ReLU:
            def forward(self, x):
                self.maks = x > 0
                return x
            def backward(self, dout):
                return dout * self.mask
    """,
    "the argument `reg` is never read": """
        def f(x, reg):
            return x.sum()
    """,
    "`db` gets a value here that nothing reads": """
        def f(dout):
            db = dout.sum(axis=0)
            return dout
    """,
    "++t changes nothing in Python; t += 1 does": """
        def f(t):
            ++t
            return t
    """,
    "=+ gives a new value, with a sign; += changes the old one": """
        def f(x):
            total = 0
            for row in x:
                total =+ row.sum()
            return total
    """,
    "what the caller has handed over is lost, as nothing has read it": """
        def f(x, momentum):
            momentum = 0.9
            return momentum * x
    """,
    "this except hides every error of the lines above it": """
        def f(x, w):
            try:
                return x @ w
            except Exception:
                return x
    """,
    "== None asks each entry of an array; `is None` asks whether there is one": """
        def f(x, mask):
            if mask == None:
                return x
            return x * mask
    """,
    "this loop and the one around it, line 4, both use `i`": """
        def f(x):
            total = 0
            for i in range(3):
                for i in range(4):
                    total += x[i]
            return total
    """,
    "this loop makes `w` a number, but line 5 takes it for an array": """
        def f(x, w):
            out = []
            for w in range(3):
                out.append(x * w[0])
            return out
    """,
    "1e-07 stands here; the description above has 1e-09": '''
        def f(p):
            """Return the logarithm of ``p + 1e-9``."""
            return np.log(p + 1e-7)
    ''',
}


@pytest.mark.parametrize("fact", SEEN)
def test_what_is_seen_in_wrong_code(fact: str) -> None:
    assert any(fact in line for line in said(SEEN[fact])), said(SEEN[fact])


def test_ways_without_a_return_are_told_where_something_was_none() -> None:
    code = """
        def f(x, mode):
            if mode == "train":
                return x
            elif mode == "test":
                return -x
    """
    assert any("not every way through this function" in line for line in said(code, none=True))
    assert said(code) == []


@pytest.mark.parametrize(
    "code",
    [
        """
        def f(back, dout, reg, W):
            grads, sizes = {}, {}
            _, grads['W'], grads['b'] = back(dout)
            grads['W'] = grads['W'] + reg * W
            sizes['n'] = 3
            given = sizes
            sizes['n'] = 4
            return grads, given
        """,
        """
        def f(x, pad):
            out = []
            for i in range(-pad, 0):
                out.append(x[i])
            return out
        """,
        """
        def f(rates, x):
            best, chosen = -1, None
            for rate in rates:
                score = x.run(rate)
                if score > best:
                    chosen = rate
                    best = score
            return chosen
        """,
        """
        def f(x, w):
            N, C, H, W = x.shape
            F, C, HH, WW = w.shape
            return N * F * H * W * HH * WW
        """,
        """
        def f(x, verbose):
            verbose and print(x)
            np.maximum(x, 0, x)
            np.exp(x, x)
            x.dot(x, x)
            functional.relu(x, inplace=True)
            return x
        """,
        '''
        def f(x):
            return x
            """
            return x + 1
            """
        ''',
        """
        def f(rows, x):
            out = []
            for x in rows:
                out.append(x[0])
            return out
        """,
        """
        def f(x, w):
            for w in range(3):
                x = x + w
            w = x.copy()
            return w.shape
        """,
        """
        def f(x):
            total = 0
            for i in range(3):
                row = x[i]
                for i in range(4):
                    total += row[i]
            return total
        """,
        """
        def f(x, key):
            try:
                return x[key]
            except KeyError:
                return 0
        """,
        """
        def f(x, i):
            name = "W{i}"
            x=-x
            return name.format(i=i), x
        """,
        """
        def f(mask, other):
            return mask ^ other, (mask > 0) ^ (other > 0)
        """,
        """
        def f(x, w=None):
            if w is None:
                w = x.copy()
            return x @ w
        """,
        """
        def f(x):
            cache = {"xhatt": x}
            '''
            x_hat
            '''
            return cache, cache["xhatt"]
        """,
        """
        def f(x, y):
            for row in x:
                if row.any():
                    return row
            return y
        """,
        """
        def f(x):
            for k in range(3):
                if k == 1:
                    continue
                return k
            return x
        """,
        '''
        def f(shape):
            """Return ``w1``."""
            own = {}
            own["W1"] = np.zeros(shape)
            return list(own.values())
        ''',
        """
        def f(layers, x):
            out = x
            for layer in layers:
                out = layer(out)
            return out
        """,
        """
        def f(x):
            dx = np.zeros_like(x)
            dx = x * 2
            return dx
        """,
        """
        def f(x, flag):
            if flag:
                out = x
            else:
                out = -x
            return out
        """,
        '''
        def f(x, p):
            """Return a text with {p} in it."""
            assert p, f"p is {p}"
            return f"{p}" + "{p}".format(p=x)
        ''',
        """
        def f(n):
            while True:
                n -= 1
                if n < 0:
                    return n
        """,
        """
        def f(x, seed):
            np.random.seed(seed)
            return x * np.random.rand()
        """,
    ],
)
def test_nothing_is_seen_in_right_code(code: str) -> None:
    assert said(code, changed=True) == []


CHANGED = [
    ("def f(x: np.ndarray):\n    x -= 1\n    return x", True),
    ("def f(x):\n    x[x < 0] = 0\n    return x", True),
    ("def f(x):\n    y = x\n    y *= 2\n    return y", True),
    ("def f(X):\n    Z = X.detach().requires_grad_()\n    Z += 1\n    return Z", True),
    ("def f(x: np.ndarray):\n    x = x.copy()\n    x -= 1\n    return x", False),
    ("def f(X):\n    Z = X.detach().clone()\n    Z += 1\n    return Z", False),
    ("def f(config):\n    config['t'] = 1\n    return config", False),
    ("def f(loss: float):\n    loss += 1\n    return loss", False),
    ("def f(config: dict):\n    for key in config:\n        config[key] += 1\n    return config", False),
    ("def f(n: int):\n    left = n\n    left -= 1\n    return left", False),
]


@pytest.mark.parametrize(("code", "is_one"), CHANGED)
def test_changes_in_place_are_told_where_an_array_has_changed(code: str, is_one: bool) -> None:
    assert (
        any("the array that the caller has handed over" in line for line in said(code, changed=True))
        is is_one
    )
    assert not said(code)


def test_nothing_is_seen_in_the_library() -> None:
    for path in LIBRARY.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "### BEGIN SOLUTION" not in text:
            continue
        for function in functions(text):
            if function.name not in INTENDED:
                assert not facts(function, changed=True), (path, function.name)


def test_the_functions_that_a_check_names_are_read(tmp_path: Path) -> None:
    (tmp_path / "nndl").mkdir()
    wrong = "        for i in x:\n            return i\n"
    (tmp_path / "nndl" / "net.py").write_text(
        f"class A:\n    def loss(self, x):\n{wrong}    def other(self, x):\n{wrong}\n"
        f"class B:\n    def loss(self, x):\n{wrong}",
        encoding="utf-8",
    )
    one = seen_in_the_code("`loss` of `A` in nndl/net.py", root=tmp_path)
    assert len(one) == 1
    assert one[0].startswith("seen in `A.loss`, line 4: this return stands inside the loop")
    several = seen_in_the_code("`loss` of `A` in nndl/net.py with all of your parts", root=tmp_path)
    assert len(several) == 2  # more would not be read
    (tmp_path / "nndl" / "net.py").write_text("def f(:", encoding="utf-8")
    assert seen_in_the_code("`f` in nndl/net.py", root=tmp_path) == []
    assert seen_in_the_code("the training in the notebook", root=tmp_path) == []
