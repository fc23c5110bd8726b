"""A backward pass that takes differences of the forward pass costs too much, and one of plain loops does not."""

from __future__ import annotations

import pytest

from ..course.proofs import hand_in

BACKWARD = """\
    rows = x.reshape(x.shape[0], w.shape[0])
    dx = (dout @ w.T).reshape(x.shape)
    dw = rows.T @ dout
    db = dout.sum(axis=0)
"""
DIFFERENCES = """\
    given = [np.array(a, dtype=np.float64) for a in (x, w, cache[2])]
    found = []
    for one in given:
        d = np.zeros(one.shape)
        for place in np.ndindex(*one.shape):
            kept = one[place]
            one[place] = kept + 1e-5
            more = affine_forward(*given)[0]
            one[place] = kept - 1e-5
            d[place] = ((more - affine_forward(*given)[0]) * dout).sum() / 2e-5
            one[place] = kept
        found.append(d.astype(dout.dtype))
    dx, dw, db = found
"""
LOOPS = """\
    rows = x.reshape(x.shape[0], w.shape[0])
    dx, dw, db = np.zeros(rows.shape, dout.dtype), np.zeros_like(w), np.zeros(w.shape[1], dout.dtype)
    for n in range(len(rows)):
        for m in range(w.shape[1]):
            dx[n] += dout[n, m] * w[:, m]
            dw[:, m] += dout[n, m] * rows[n]
            db[m] += dout[n, m]
    dx = dx.reshape(x.shape)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "passes"), [(DIFFERENCES, False), (LOOPS, True)], ids=["differences", "loops"]
)
def test_affine_backward(body, passes, tmp_path):
    report = hand_in(tmp_path, "fc_net", edits={"layers/affine.py": [(BACKWARD, body)]})
    checks = {check["name"]: check for check in report["checks"]}
    assert (checks["affine_backward"]["verdict"] == "passed") is passes
    assert passes or checks["affine_backward"]["score"] == 0
    others = {name for name, check in checks.items() if check["verdict"] != "passed"}
    assert passes is False or others == {"best_fc_net"}
