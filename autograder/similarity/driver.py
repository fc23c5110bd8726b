"""Runs compare50; a program of its own, because compare50 needs older libraries than the grader does.

It is run by the Python of an environment with compare50 in it, reads JSON from standard input and writes JSON. It
imports the standard library and compare50, and nothing of ours.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    """Compare what standard input names, and write pairs with their matching passages."""
    from compare50 import _api, _data, passes

    asked = json.load(sys.stdin)
    kind = getattr(passes, asked["pass"])
    preprocessor = _data.Preprocessor(kind.preprocessors)

    def submissions(folders: dict[str, list[str]], archive: bool = False) -> list[Any]:
        return [
            _data.Submission(folder, files, preprocessor=preprocessor, is_archive=archive)
            for folder, files in folders.items()
            if files
        ]

    subs, archive = submissions(asked["submissions"]), submissions(asked["archive"], archive=True)
    starter = {file for sub in submissions(asked["starter"]) for file in sub.files}
    if len(subs) + len(archive) < 2:
        json.dump([], sys.stdout)
        return
    scores = [score for score in _api.rank(subs, archive, starter, kind, n=asked["most"]) if score.score > 0]
    found = _api.compare(scores, starter, kind) if scores else []
    json.dump([_pair(result) for result in found], sys.stdout)


def _pair(result: Any) -> dict[str, Any]:
    passages = []
    for group in result.groups:
        spans = sorted(group.spans, key=lambda span: (str(span.file.path), span.start))
        passages.append([[str(span.file.path), span.start, span.end] for span in spans])
    return {
        "a": str(result.sub_a.path),
        "b": str(result.sub_b.path),
        "score": float(result.score.score),
        "passages": passages,
    }


if __name__ == "__main__":
    main()
