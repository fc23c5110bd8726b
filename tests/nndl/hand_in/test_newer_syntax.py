"""What a newer Python reads at home and the grader's does not: said by the packer, whichever Python runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nndl
from nndl.hand_in.newer_syntax import Token, new_in_f_strings, too_new

GRADER = (3, 11)
NEW = {
    (3, 12): [
        'x = f"{d["a"]}"',
        "x = f'{d['a']}'",
        'x = f"{chr(10)!r:{w}}{"\\n".join(a)}"',
        "x = f'{a\n}'",
        'x = f"""{a # note\n}"""',
        "x = f'{f'{a}'}'",
        'x = f"{f\'{f"{a}"}\'}"',
        'x = f"{x:{y:{z}}}"',
        "x = f\"{'\\n'.join(a)}\"",
        'x = f"""{\'\\n\'}"""',
        "x = f'{[\n1,\n2]}'",
        'x = f"""{d["""a"""]}"""',
        "type Pair = tuple[int, int]",
        "def first[T](x: T) -> T: ...",
        "class Layer[T]: ...",
    ],
    (3, 13): ["def first[T = int](x): ..."],
    (3, 14): ['x = t"{a}"', "try: pass\nexcept A, B: pass"],
}
OLD = [
    'x = f"{a}\\n{b}"',
    "x = f\"{d['a']}\"",
    'x = f"""{d["a"]}\n{a:{w}.{p}}"""',
    'x = f"""{\na\n+ b}\n"""',
    "x = f'{a:>10}\\t{b!r}' 'it\\'s' \"x\"",
    "x = f'{{}}\\\\{a}'",
    'x = f"{a=}"',
    "x = rf'\\d{a}\\d'",
    "x = (f'{a}'\n  f'{b}')  # fine, 'yes'",
    "x = f'{f\"{a}\"}'",
    "x = f'{a:%H:%M}'",
    'x = f"""{a}\'s "{b}" """',
    "x = f'a\\\nb{c}'",
    "x = f'{a}' \\\n  f'{b}'",
    "x = f'{(lambda x: {1: x})(2)}'",
    "x = f\"{a:{'>'}{10}}\"",
]


def tokens(text: str) -> list[Token]:
    """Return tokens, written as a kind and a text each, in a row on one line; ``/`` begins the next line."""
    found, line, column = [], 1, 0
    for part in text.split("  "):
        kind, _, content = part.partition(" ")
        if kind == "/":
            line, column = line + 1, 0
            continue
        end = (line, column + len(content))
        found.append(Token(kind, content, (line, column), end))
        column = end[1]
    return found


@pytest.mark.parametrize(
    ("text", "what"),
    [  # as Python 3.12 takes these apart
        ('FSTRING_START f"  LBRACE {  STRING "a"  RBRACE }  FSTRING_END "', "quotes"),
        ("FSTRING_START f\"  LBRACE {  STRING 'a'  RBRACE }  FSTRING_MIDDLE \\n  FSTRING_END \"", ""),
        ('FSTRING_START f"""  LBRACE {  NAME a  COMMENT # b  NL \n  /  RBRACE }  FSTRING_END """', "comment"),
        ("FSTRING_START f\"  LBRACE {  STRING '\\n'  RBRACE }  FSTRING_END \"", "backslash"),
        (
            "FSTRING_START f'  LBRACE {  LSQB [  NL \n  /  NUMBER 1  RSQB ]  RBRACE }  FSTRING_END '",
            "line end",
        ),
        ('FSTRING_START f"""  LBRACE {  NL \n  /  NAME a  COLON :  RBRACE }  FSTRING_END """', ""),
        (
            "FSTRING_START f\"  LBRACE {  FSTRING_START f'  FSTRING_MIDDLE \\t  FSTRING_END '  RBRACE }",
            "backslash",
        ),
        (
            "FSTRING_START f\"  LBRACE {  FSTRING_START f'  LBRACE {  NAME a  RBRACE }  FSTRING_END '  RBRACE }  "
            'FSTRING_END "  STRING "b"',
            "",
        ),
    ],
)
def test_the_tokens_of_an_f_string_show_what_is_new(text, what):
    found = new_in_f_strings(tokens(text))
    assert (found is not None and what in found[1]) if what else found is None


@pytest.mark.parametrize("source", OLD)
def test_what_the_grader_reads_is_not_new(source):
    assert too_new(source, GRADER) is None


def python(version: tuple[int, int]) -> str:
    """Return a Python of a version that works here, or an empty text."""
    name = "python{}.{}".format(*version)
    installed = (Path.home() / ".pyenv" / "versions").glob("{}.{}.*/bin/python".format(*version))
    for path in (shutil.which(name), *map(str, installed)):
        if path and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return path
    return ""


SCRIPT = """
import json, sys
sys.path.insert(0, sys.argv[1])  # the folder itself: the package would need NumPy
from newer_syntax import too_new
print(json.dumps([too_new(source, (3, 11)) for source in json.load(sys.stdin)]))
"""


@pytest.mark.parametrize("version", [(3, 12), (3, 13), (3, 14)])
def test_a_newer_python_says_it(version):
    path = sys.executable if sys.version_info[:2] == version else python(version)
    if not path:
        pytest.skip("there is no Python {}.{} here".format(*version))
    new = [source for needed, sources in NEW.items() if needed <= version for source in sources]
    folder = str(Path(nndl.__file__).parent / "hand_in")
    done = subprocess.run(
        [path, "-c", SCRIPT, folder], input=json.dumps(new + OLD), capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert [source for source, said in zip(new, found, strict=False) if not said] == []
    assert [source for source, said in zip(OLD, found[len(new) :], strict=True) if said] == []
