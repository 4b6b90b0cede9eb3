"""What docs/python/kac.py promises beyond its page; run by TestPythonReadersClient with KAC_PROGRAM set, in an empty directory."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd

import kac


def raises(kind, code, start, call, *arguments, **flags):
    try:
        call(*arguments, **flags)
    except kind as e:
        assert str(e).startswith(start) and "\n" not in str(e) and e.code == code, (str(e), e.code)
    else:
        raise AssertionError(f"no {kind.__name__}: {start}")


# Numbers are those of the program, bit for bit, by CSV as another route.
flags = dict(problem="he4", dim=6, widths=[8, 16], seeds=2, seed=2**64 - 2, horizon=1.5, points=3, tolerance=1e-6)
study = kac.gap(**flags, out="gap")
with open("gap/gap.csv", encoding="utf-8") as f:
    header, *lines = [line.rstrip("\n").split(",") for line in f]
table = study.files.gap
assert list(table.columns) == header and len(table) == len(lines) == 12
for k, name in enumerate(header):
    for row, line in zip(table[name], lines):
        assert str(row) == line[k] if isinstance(row, str) else float(row).hex() == float(line[k]).hex() or int(line[k]) == int(row), (name, row, line[k])
assert table.seed.iloc[-1] == 2**64 - 1
typed = subprocess.run([os.environ["KAC_PROGRAM"], "gap", "--problem", "he4", "--dim", "6", "--widths", "8,16", "--seeds", "2", "--seed", str(2**64 - 2),
                        "--horizon", "1.5", "--points", "3", "--tolerance", "1e-06", "--format", "csv", "-q"], capture_output=True, text=True, check=True)
with open("summary.csv", "w", encoding="utf-8") as f:
    f.write(typed.stdout)
pd.testing.assert_frame_equal(study.rows, pd.read_csv("summary.csv", float_precision="round_trip"), check_exact=True, check_dtype=False)
again = kac.load("gap")
pd.testing.assert_frame_equal(again.gap, table, check_exact=True)
assert study.parameters["widths"] == [8, 16] and again.record["complete"] is True

# Arrays: of any float type, of PyTorch where it is there, frames of pandas; answers do not depend on it.
rng = np.random.default_rng(3)
W = rng.normal(size=(32, 6))
W /= np.linalg.norm(W, axis=1, keepdims=True)
measured = dict(problem="he4", dim=6, time=0, networks=2)
want = kac.measure(W, **measured)
assert want.risk == want["risk"] == want.values["risk"] and want.answer
assert abs(want.function_error * 32 - want.m_function_error) < 1e-12
assert kac.measure(np.asfortranarray(W), **measured).risk == want.risk
assert kac.measure(pd.DataFrame(W), **measured).risk == want.risk
assert abs(kac.measure(W.astype(np.float32), **measured).risk - want.risk) < 1e-5
try:
    import torch
except ImportError:
    pass
else:
    assert kac.measure(torch.tensor(W, requires_grad=True), **measured).risk == want.risk
twins = kac.measure(W, initial=W, **measured)
assert twins.coupling_max < 1e-12

# Mistakes: the program's line, nothing more.
raises(kac.KacInputError, 2, "kac gap: --widths 8,8: 8 is there twice", kac.gap, dim=6, widths=[8, 8], horizon=1)
raises(ValueError, 2, "kac: there is no command gapp; there are gap, ", kac.gapp, dim=6)
raises(kac.KacInputError, 2, "kac measure: ", kac.measure, W[:, :5], **measured)
broken = W.copy()
broken[7, 2] = np.nan
raises(kac.KacInputError, 2, "kac measure: ", kac.measure, broken, **measured)
raises(kac.KacInputError, 2, "nowhere: is no directory", kac.load, "nowhere")
os.mkdir("empty")
raises(kac.KacInputError, 2, "empty: has no run.json", kac.load, "empty")
program, path = os.environ.pop("KAC_PROGRAM"), os.environ.pop("PATH")
raises(kac.KacError, 1, "the program kac is not on the path", kac.gap, dim=6)
os.environ.update(KAC_PROGRAM=program, PATH=path)
try:
    study.files.nothing
except AttributeError as e:
    assert "gap, reference" in str(e)

# A sweep's frames and arrays, the recording of kac explore.
with open("study.toml", "w", encoding="utf-8") as f:
    f.write("dim = 6\nwidths = [8, 16]\nseeds = 2\nhorizon = 1\npoints = 3\ntolerance = 1e-4\n")
kac.sweep("study.toml", out="sweep")
sweep = kac.load("sweep")
assert sweep["he4-d6-function_error"].shape == (2, 2, 3) and len(sweep.table) == 12
# Its neurons at the last time are those that kac gap and kac train keep as files.
for verb, keys in {"gap": dict(seeds=2, points=3, tolerance=1e-4), "train": dict(samples=64, repeats=2, points=2)}.items():
    keys = dict(problem="he4", dim=6, widths=[8, 16], horizon=1, **keys)
    with open("study.toml", "w", encoding="utf-8") as f:
        f.write(f"measure = '{verb}'\n" + "".join(f"{k} = {v!r}\n" for k, v in keys.items()))
    kac.sweep("study.toml", out="sweep-" + verb)
    ends, single = kac.load("sweep-" + verb).particles(), kac.run(verb, out="single-" + verb, **keys).files
    assert len(ends) == 4
    for (group, m, s), w in ends.items():
        assert group.startswith("he4-d6") and w.shape == (m, 6) and np.array_equal(w, single[f"particles-m{m}-s{s}-t1"]), (verb, m, s)
kac.explore(no_browser=True, dim=6, width=16, horizon=1, points=5, tolerance=1e-4, record="live")
live = kac.load("live")
assert live["twin-alpha"].shape == (5, 16) and live.frames["frames"].time.tolist() == [0, 0.25, 0.5, 0.75, 1]

# Progress goes to a function; Ctrl-C ends kac in order, and the same call goes on.
lines = []
long = dict(dim=16, widths=[64, 2048], seeds=2, horizon=40, points=3, out="long", progress=lines.append)
threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    kac.gap(**long)
except KeyboardInterrupt:
    assert os.path.isfile("long/run.json") or not os.path.isdir("long")
    time.sleep(0.1)
    assert kac.gap(**{**flags, "out": "gap"}).notes  # the next call is not disturbed
else:
    print("the study was done before Ctrl-C", file=sys.stderr)
assert all(isinstance(line, str) for line in lines)
print("in order")
