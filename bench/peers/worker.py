# One library's side of the comparison: python3 worker.py numpy|torch THREADS. It reads one command a line on standard input and answers
# each with one line, "ok ..." or "error ...":
#
#   load OPERATION TYPE N M D DIR   read x, w, y from DIR (little-endian, row-major) and prepare
#   run                             compute once; the answer is the seconds it took
#   save FILE                       write the last result, little-endian, of the type that was loaded
#
# It ends with its input. The arithmetic is what its library does best: products of row blocks that stay in cache, in-place element
# operations, no n x m matrix of all rows. C = 1/sqrt(6) is that of h_3(z) = (z^3 - 3z)/sqrt(6), C4 = 1/sqrt(24) that of
# h_4(z) = (z^4 - 6z^2 + 3)/sqrt(24); ETA is the step of a training, RIDGE that of kernel ridge regression.
import ctypes
import sys
import time

C, C4, ETA, RIDGE = 6**-0.5, 24**-0.5, 0.02, 0.01


def block(m, size):
    """Samples in a block: m of their elements of so many bytes take 2 MiB, the best of 32 to 1024 rows for both libraries, or nearly."""
    return min(max((2 << 20) // (m * size), 64), 512)


def velocity_numpy(np, x, w, y):
    n, m = len(x), len(w)
    rows = block(m, x.itemsize)
    wt = np.ascontiguousarray(w.T)
    v = np.empty_like(w)
    z_all, s_all = np.empty((rows, m), x.dtype), np.empty((rows, m), x.dtype)

    def run():
        v[:] = 0
        for i in range(0, n, rows):
            b = x[i : i + rows]
            z, s = z_all[: len(b)], s_all[: len(b)]
            np.matmul(b, wt, out=z)
            np.multiply(z, z, out=s)
            f = (np.einsum("ij,ij->i", s, z) - 3 * z.sum(1)) * (C / m)
            np.subtract(s, 1, out=s)
            v[:] += s.T @ (b * ((y[i : i + rows] - f) * (3 * C / n))[:, None])
        return v

    return run


def velocity_torch(torch, x, w, y):
    n, m = len(x), len(w)
    rows = block(m, x.element_size())
    wt = w.t().contiguous()
    v = torch.empty_like(w)
    z_all, s_all, t_all = (torch.empty((rows, m), dtype=x.dtype) for _ in range(3))

    def run():
        v.zero_()
        for i in range(0, n, rows):
            b = x[i : i + rows]
            z, s, t = z_all[: len(b)], s_all[: len(b)], t_all[: len(b)]
            torch.mm(b, wt, out=z)
            torch.mul(z, z, out=s)
            torch.sub(s, 3, out=t)
            f = t.mul_(z).sum(1) * (C / m)
            s.sub_(1)
            v.addmm_(s.t(), b * ((y[i : i + rows] - f) * (3 * C / n))[:, None])
        return v

    return run


def step_numpy(np, x, w, y):
    n, m = len(x), len(w)
    rows = block(m, x.itemsize)
    wt = np.ascontiguousarray(w.T)
    v = np.empty_like(w)
    z_all, s_all = np.empty((rows, m), x.dtype), np.empty((rows, m), x.dtype)

    def run():
        v[:] = 0
        for i in range(0, n, rows):
            b = x[i : i + rows]
            z, s = z_all[: len(b)], s_all[: len(b)]
            np.matmul(b, wt, out=z)
            np.multiply(z, z, out=s)
            f = (np.einsum("ij,ij->i", s, s) - 6 * s.sum(1)) * (C4 / m) + 3 * C4
            np.subtract(s, 3, out=s)
            np.multiply(s, z, out=s)
            v[:] += s.T @ (b * ((y[i : i + rows] - f) * (4 * C4 / n))[:, None])
        v[:] -= np.einsum("ij,ij->i", v, w)[:, None] * w
        v[:] *= ETA
        v[:] += w
        v[:] /= np.sqrt(np.einsum("ij,ij->i", v, v))[:, None]
        return v

    return run


def step_torch(torch, x, w, y):
    n, m = len(x), len(w)
    rows = block(m, x.element_size())
    wt = w.t().contiguous()
    v = torch.empty_like(w)
    z_all, s_all, t_all = (torch.empty((rows, m), dtype=x.dtype) for _ in range(3))

    def run():
        v.zero_()
        for i in range(0, n, rows):
            b = x[i : i + rows]
            z, s, t = z_all[: len(b)], s_all[: len(b)], t_all[: len(b)]
            torch.mm(b, wt, out=z)
            torch.mul(z, z, out=s)
            torch.sub(s, 6, out=t)
            f = t.mul_(s).sum(1) * (C4 / m) + 3 * C4
            s.sub_(3).mul_(z)
            v.addmm_(s.t(), b * ((y[i : i + rows] - f) * (4 * C4 / n))[:, None])
        v.sub_((v * w).sum(1, keepdim=True) * w).mul_(ETA).add_(w)
        v.div_(v.norm(dim=1, keepdim=True))
        return v

    return run


def xor_numpy(np, x, w, y):
    n, m = len(x), len(w)
    d = x.shape[1]
    rows = block(m, x.itemsize)
    wt = np.ascontiguousarray(w.T)
    a = np.where(np.arange(m) % 2 == 0, 1, -1).astype(x.dtype)
    out = np.empty(m * (d + 1), x.dtype)
    v, gain = out[: m * d].reshape(m, d), out[m * d :]
    z_all = np.empty((rows, m), x.dtype)

    def run():
        v[:] = 0
        gain[:] = 0
        for i in range(0, n, rows):
            b, t = x[i : i + rows], y[i : i + rows]
            z = z_all[: len(b)]
            np.matmul(b, wt, out=z)
            np.maximum(z, 0, out=z)
            r = t * 2 / (1 + np.exp(t * (z @ a) / m)) / n
            gain[:] += r @ z
            np.sign(z, out=z)
            v[:] += z.T @ (b * r[:, None])
        v[:] *= (ETA * a)[:, None]
        v[:] += w
        gain[:] *= ETA
        gain[:] += a
        return out

    return run


def xor_torch(torch, x, w, y):
    n, m = len(x), len(w)
    d = x.shape[1]
    rows = block(m, x.element_size())
    wt = w.t().contiguous()
    a = torch.ones(m, dtype=x.dtype)
    a[1::2] = -1
    out = torch.empty(m * (d + 1), dtype=x.dtype)
    v, gain = out[: m * d].view(m, d), out[m * d :]
    z_all = torch.empty((rows, m), dtype=x.dtype)

    def run():
        out.zero_()
        for i in range(0, n, rows):
            b, t = x[i : i + rows], y[i : i + rows]
            z = z_all[: len(b)]
            torch.mm(b, wt, out=z)
            z.clamp_(min=0)
            r = t * 2 / (1 + torch.exp(t * torch.mv(z, a) / m)) / n
            gain.addmv_(z.t(), r)
            z.sign_()
            v.addmm_(z.t(), b * r[:, None])
        v.mul_((ETA * a)[:, None]).add_(w)
        gain.mul_(ETA).add_(a)
        return out

    return run


def hessian_numpy(np, x, w, r):
    n, d = x.shape
    rows = block(len(w), x.itemsize)
    wt = np.ascontiguousarray(w.T)
    ia, ib = np.triu_indices(d)
    diagonal = (ia == ib).astype(x.dtype)

    def run():
        h, c = 0, 0
        for i in range(0, n, rows):
            b, k = x[i : i + rows], (r[i : i + rows] * (3 * C / n))[:, None]
            z = b @ wt
            c = c + ((z * z - 1) * z * k).sum(0)
            z *= 2 * k
            h = h + z.T @ (b[:, ia] * b[:, ib])
        full = np.empty((len(w), d, d), x.dtype)
        full[:, ia, ib] = h
        full[:, ib, ia] = h
        u = np.matmul(full, w[:, :, None])[:, :, 0]
        q = (u * w).sum(1)
        wa, wb = w[:, ia], w[:, ib]
        return h - wa * u[:, ib] - u[:, ia] * wb + (q + c)[:, None] * wa * wb - c[:, None] * diagonal

    return run


def hessian_torch(torch, x, w, r):
    n, d = x.shape
    rows = block(len(w), x.element_size())
    wt = w.t().contiguous()
    ia, ib = torch.triu_indices(d, d)
    diagonal = (ia == ib).to(x.dtype)

    def run():
        h, c = 0, 0
        for i in range(0, n, rows):
            b, k = x[i : i + rows], (r[i : i + rows] * (3 * C / n))[:, None]
            z = b @ wt
            c = c + ((z * z - 1) * z * k).sum(0)
            z *= 2 * k
            h = h + z.t() @ (b[:, ia] * b[:, ib])
        full = torch.empty((len(w), d, d), dtype=x.dtype)
        full[:, ia, ib] = h
        full[:, ib, ia] = h
        u = torch.bmm(full, w[:, :, None])[:, :, 0]
        q = (u * w).sum(1)
        wa, wb = w[:, ia], w[:, ib]
        return h - wa * u[:, ib] - u[:, ia] * wb + (q + c)[:, None] * wa * wb - c[:, None] * diagonal

    return run


def pairwise_numpy(np, x, w, y):
    m = len(w)
    rows = block(m, w.itemsize)
    wt = np.ascontiguousarray(w.T)
    v = np.empty_like(w)
    s_all, t_all = np.empty((rows, m), w.dtype), np.empty((rows, m), w.dtype)

    def run():
        for i in range(0, m, rows):
            b = w[i : i + rows]
            s, t = s_all[: len(b)], t_all[: len(b)]
            np.matmul(b, wt, out=s)
            np.multiply(s, s, out=t)
            np.multiply(t, s, out=t)
            np.matmul(t, w, out=v[i : i + rows])
        v[:] *= 4 / m
        return v

    return run


def pairwise_torch(torch, x, w, y):
    m = len(w)
    rows = block(m, w.element_size())
    wt = w.t().contiguous()
    v = torch.empty_like(w)
    s_all, t_all = torch.empty((rows, m), dtype=w.dtype), torch.empty((rows, m), dtype=w.dtype)

    def run():
        for i in range(0, m, rows):
            b = w[i : i + rows]
            s, t = s_all[: len(b)], t_all[: len(b)]
            torch.mm(b, wt, out=s)
            torch.mul(s, s, out=t)
            t.mul_(s)
            torch.mm(t, w, out=v[i : i + rows])
        v.mul_(4 / m)
        return v

    return run


def kernel(d, s):
    """K(s) = .64 P_2(s) + .36 P_4(s), in place; P_k are the Legendre polynomials of dimension d."""
    a, b = 0.36 / 0.5625, 0.2025 / 0.5625
    s *= s
    t = s * (b * (d + 2) * (d + 4) / (d * d - 1))
    t += a * d / (d - 1) - 6 * b * (d + 2) / (d * d - 1)
    s *= t
    s += 3 * b / (d * d - 1) - a / (d - 1)
    return s


def substitute(np, factor, y):
    """The solution of L c = y, L lower triangular, block by block: NumPy has none."""
    c = y.copy()
    for i in range(0, len(c), 128):
        part = slice(i, i + 128)
        c[part] = np.linalg.solve(factor[part, part], c[part] - factor[part, :i] @ c[:i])
    return c


def ridge_numpy(np, x, w, y):
    def run():
        k = kernel(x.shape[1], x @ x.T)
        k[np.diag_indices(len(x))] += RIDGE
        factor = np.linalg.cholesky(k)
        half = substitute(np, factor, y)
        # L^T c = half, from the end: with the order of both turned around it is lower triangular too.
        c = substitute(np, factor.T[::-1, ::-1], half[::-1])[::-1]
        return kernel(x.shape[1], w @ x.T) @ c

    return run


def ridge_torch(torch, x, w, y):
    def run():
        k = kernel(x.shape[1], x @ x.t())
        k.diagonal().add_(RIDGE)
        c = torch.cholesky_solve(y[:, None], torch.linalg.cholesky(k))
        return (kernel(x.shape[1], w @ x.t()) @ c)[:, 0]

    return run


FORMS = {
    "numpy": {"ridge": ridge_numpy, "xor": xor_numpy, "velocity": velocity_numpy, "step": step_numpy, "hessian": hessian_numpy, "pairwise": pairwise_numpy},
    "torch": {"ridge": ridge_torch, "xor": xor_torch, "velocity": velocity_torch, "step": step_torch, "hessian": hessian_torch, "pairwise": pairwise_torch},
}


def blas():
    """The BLAS that this process has loaded and the processor it takes this one for, where the system can tell."""
    try:
        with open("/proc/self/maps") as maps:
            paths = {line.split()[-1] for line in maps if "blas" in line or "mkl" in line or "blis" in line}
    except OSError:
        return "unknown BLAS"
    for path in paths:
        try:
            core = ctypes.CDLL(path).openblas_get_corename
        except (OSError, AttributeError):
            continue
        core.restype = ctypes.c_char_p
        return f"OpenBLAS for {core().decode()}"
    return " ".join(sorted(path.split("/")[-1] for path in paths)) or "no BLAS file"


def main():
    library, threads = sys.argv[1], int(sys.argv[2])
    try:
        import numpy as np

        if library == "torch":
            import torch

            torch.set_num_threads(threads)
            torch.set_grad_enabled(False)
            torch.ones(64, 64) @ torch.ones(64, 64)
            version = torch.__version__
        else:
            np.ones((64, 64)) @ np.ones((64, 64))
            version = np.__version__
    except ImportError as problem:
        print("error", problem, flush=True)
        return
    print("ok", version, blas(), flush=True)
    run, result, dtype = None, None, None
    for line in sys.stdin:
        words = line.split()
        try:
            if words[0] == "load":
                operation, kind, n, m, d = words[1], words[2], *map(int, words[3:6])
                dtype = {"f64": "<f8", "f32": "<f4"}[kind]
                shapes = {"x": (n, d), "w": (m, d), "y": (n,)}
                data = [np.fromfile(f"{words[6]}/{name}", dtype).reshape(shape) for name, shape in shapes.items()]
                if library == "torch":
                    run = FORMS[library][operation](torch, *map(torch.from_numpy, data))
                else:
                    run = FORMS[library][operation](np, *data)
                answer = ""
            elif words[0] == "run":
                start = time.perf_counter()
                result = run()
                answer = f"{time.perf_counter() - start:.9f}"
            elif words[0] == "save":
                np.asarray(result).astype(dtype).tofile(words[1])
                answer = ""
            else:
                raise ValueError(f"unknown command {words[0]}")
        except Exception as problem:  # whatever it is, the other side must hear of it
            print("error", type(problem).__name__, str(problem).replace("\n", " "), flush=True)
        else:
            print("ok", answer, flush=True)


main()
