"""A file that needs a newer Python is told apart from a file that is wrong in every one."""

from __future__ import annotations

import sys
import time

import pytest

from autograder.sandbox.inside.newer_syntax import needed

needs_311 = pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python can read it")

NEWER = {
    "quotes": 'def f(d):\n    return f"{d["key"]}"\n',
    "nested": "x = f'{f'{f'{1 + 1}'}'}'\n",
    "backslash": "x = f\"{'\\n'.join(['a'])}\"\n",
    "comment": 'x = f"""{\n    1  # one\n}"""\n',
    "lines": 'x = f"{\n    1\n}"\n',
    "format": 'x = f"{d["a"]:>{w["b"]}} {d["c"]!r:4} {d["e"]=}"\n',
    "raw": 'x = rf"\\{d["key"]}"\n',
    "generic function": "def first[T](items: list[T]) -> T:\n    return items[0]\n",
    "generic class": "class Stack[T: (int, str), *Ts, **P](list):\n    pass\n",
    "generic method": "class A:\n    async def f[T](self, x: T): ...\n",
    "type": "type Pair = tuple[int, int]\n",
    "type with parameters": "type Pair[T] = tuple[T, T]\n",
    "several": 'type P = int\ndef f[T](x: T):\n    return f"{x["a"]}"\n',
    "and an error further down": 'x = f"{d["key"]}"\ny = (\n',
}


@needs_311
@pytest.mark.parametrize("name", NEWER)
def test_what_python_312_brought_is_recognized(name):
    assert needed(NEWER[name]) == (3, 12)


@needs_311
@pytest.mark.parametrize(
    ("source", "version"),
    [
        ("def first[T = int](x: T): ...\n", (3, 13)),
        ("class A[T: str = str]: ...\n", (3, 13)),
        ('x = t"{name}"\n', (3, 14)),
        ("try:\n    pass\nexcept ValueError, np.linalg.LinAlgError:\n    pass\n", (3, 14)),
        ("try:\n    pass\nexcept* A, B, C :\n    pass\n", (3, 14)),
    ],
)
def test_what_came_later_is_recognized(source, version):
    assert needed(source) == version


@pytest.mark.parametrize(
    "source",
    [
        "def f(:\n",
        "x = (\n",
        "%matplotlib inline\n",
        "print 'hello'\n",
        "x = f'{1 +}'\n",
        "x = f'{d['key'}'\n",
        "x = f'{d[\n",
        "def f[](x): ...\n",
        "def f[T](x:\n",
        "type = \n",
        "x = 'abc\n",
        "x = 1\0\n",
        'if x\n    y = f"{d["key"]}"\n',
        'x = 1\n  y = f"{1}"\n',
        "try:\n    pass\nexcept ValueError, e:\n    pass\n",
        "",
    ],
)
def test_what_is_wrong_in_every_python_is_not(source):
    assert needed(source) is None


@pytest.mark.parametrize(
    "source",
    [
        "match x:\n    case 1:\n        pass\n",
        "try:\n    pass\nexcept* ValueError:\n    pass\n",
        "type = 3\ntype(type)\nx = d['type']\n",
        'f"{x!r:>{10}} {{}} {y=}"\n',
    ],
)
def test_what_this_python_can_read_needs_nothing(source):
    assert needed(source) is None


@needs_311
def test_the_time_is_linear_in_the_file():
    def seconds(count: int) -> float:
        start = time.perf_counter()
        assert needed('x = f"{d["key"]}" + f"{1}"\n' * count) == (3, 12)
        return time.perf_counter() - start

    seconds(100)
    assert seconds(8000) < 12 * seconds(2000) + 0.5
