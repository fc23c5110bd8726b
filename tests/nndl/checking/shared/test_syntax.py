"""What is said of a line that Python cannot read: the change with which it can, and nothing where none is known."""

import pytest

from nndl.checking.shared.errors.syntax import what_is_meant


def said(path, line, below="    return x"):
    path.write_text(f"def f(x, y):\n    z = 1\n    {line}\n{below}\n", encoding="utf-8")
    try:
        compile(path.read_text(encoding="utf-8"), str(path), "exec")
    except SyntaxError as error:
        return what_is_meant(error)
    return "it can be read"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("x = x .* y", "with `*` in the place of `.*`"),
        ("x = x ./ y", "with `/` in the place of `./`"),
        ("x = x .^ 2", "with `**` in the place of `.^`"),
        ("x = x * * 2", "with `**` in the place of `* *`"),
        ("x = y[x => 0]", "with `>=` in the place of `=>`"),
        ("x = y[x =< 0]", "with `<=` in the place of `=<`"),
        ("x = y[x > = 0]", "with `>=` in the place of `> =`"),
        ("x = y[x =! 0]", "with `!=` in the place of `=!`"),
        ("x = y[x === 0]", "with `==` in the place of `===`"),
        ("x = x && y", "with `and` in the place of `&&`"),
        ("x = x || y || z", "with `or` in the place of `||`"),
        ("x = !y", "with `not` in the place of `!`"),
        ("x := y", "with `=` in the place of `:=`"),
        ("x + = y", "with `+=` in the place of `+ =`"),
        ("x++", "with `+= 1` in the place of `++`"),
        ("retrun x", "with `return` in the place of `retrun`"),
        ("x = y for i im x", ""),
        ("x = 0.5 y", "between `5` and `y` stands neither an operator nor a comma"),
        ("x = 2(x", ""),
        ("x = (1 - z) y", "between `)` and `y` stands neither an operator nor a comma"),
        ("x = y  // the mean", "without `// the mean`"),
        ("x = np.maximum(x, 0", ""),
        ("if x > 0", ""),
        ("x = x >= 0 and y != 1 or x ** 2 > 1", "it can be read"),
    ],
)
def test_change_with_which_a_line_can_be_read(tmp_path, line, words):
    found = said(tmp_path / "layers.py", line)
    assert words in found
    assert bool(words) == bool(found)


def test_two_lines_that_cannot_be_read(tmp_path):
    assert "`.*`" in said(tmp_path / "layers.py", "x = x .* y", "    return x .* y")


def test_nothing_is_said_of_a_file_that_is_not_there():
    assert what_is_meant(SyntaxError("invalid syntax", ("gone.py", 1, 1, "x .* y"))) == ""


def test_long_lines_and_other_warnings_are_left_alone(tmp_path, recwarn):
    assert said(tmp_path / "data.py", "a = [" + " ".join(map(str, range(3000))) + "]") == ""
    said(tmp_path / "is.py", "y = 5 x\nz = x is 5")
    assert not recwarn.list


def test_what_is_meant_by_an_arrow_is_not_told_where_a_colon_is_missing(tmp_path):
    assert said(tmp_path / "arrow.py", "def f(x) -> int\n    return x") == ""
    assert "#" not in said(tmp_path / "halves.py", "x = 5 // 2 3")
