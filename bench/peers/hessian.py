# PyTorch's functional Hessian beside kac's local Hessians: python3 hessian.py KAC [WIDTH DIM SAMPLES]
#
# The local Hessian of particle j on n samples is that of w -> mean_i r_i sigma(<w, x_i>/|w|), r_i = y_i - f_m(x_i) held fixed,
# at w_j, on the tangent space: torch.autograd.functional.hessian of minus that loss, one particle after another. kac hessian
# --tensor gives all at once, packed. Printed: the largest difference relative to the largest element, and seconds on one thread.
import os
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import torch


def sigma(z):
    return (z**4 - 6 * z**2 + 3) / 24**0.5


def hessians(w, x, y):
    m = len(w)
    residual = y - sigma(x @ w.T).mean(1)
    out = []
    for j in range(m):
        value = lambda v: (residual * sigma(x @ (v / v.norm()))).mean()
        out.append(torch.autograd.functional.hessian(value, w[j]))
    d = torch.stack(out)
    # At |w| = 1 the Hessian of a function of w/|w| on the tangent space is the one on the sphere; its rows along w are not.
    p = torch.eye(w.shape[1], dtype=w.dtype) - w[:, :, None] * w[:, None, :]
    return p @ d @ p


def main(kac, m=64, d=16, n=2048):
    torch.set_num_threads(1)
    rng = np.random.default_rng(1)
    w = rng.normal(size=(m, d))
    w /= np.linalg.norm(w, axis=1)[:, None]
    x = rng.normal(size=(n, d))
    y = sigma(x[:, 0])
    with tempfile.TemporaryDirectory() as folder:
        at = lambda name: os.path.join(folder, name)
        np.save(at("w.npy"), w), np.save(at("x.npy"), x), np.save(at("y.npy"), y)
        run = [kac, "hessian", "--particles", at("w.npy"), "--problem", "he4", "--data", at("x.npy"), "--labels", at("y.npy"),
               "--tensor", at("D.npy"), "--workers", "1", "-q", "--format", "csv"]  # fmt: skip
        own = []
        for _ in range(3):
            began = time.perf_counter()
            subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
            own.append(time.perf_counter() - began)
        packed = np.load(at("D.npy"))
    began = time.perf_counter()
    full = hessians(*(torch.tensor(a) for a in (w, x, y))).numpy()
    took = time.perf_counter() - began
    a, b = np.triu_indices(d)
    error = np.abs(full[:, a, b] - packed).max() / np.abs(full).max()
    print(f"m = {m}, d = {d}, n = {n}: PyTorch {torch.__version__} {took:.3g} s, kac {min(own):.3g} s with its start and eigenvalues, largest relative difference {error:.2g}")
    if not error < 1e-10:
        sys.exit("the Hessians differ")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python3 hessian.py KAC [WIDTH DIM SAMPLES]")
    main(sys.argv[1], *map(int, sys.argv[2:]))
