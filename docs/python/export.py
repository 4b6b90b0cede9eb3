"""Writes a two-layer network of PyTorch or JAX as kac reads it: f(x) = (1/m) sum_i a_i sigma(<w_i, x>).

    from export import export
    export("net", model[0].weight, model[2].weight)                   # torch.nn.Linear(d, m), sigma, Linear(m, 1), no biases
    export("net", params["w"].T, params["b"], initial=params0["w"].T) # JAX: a kernel of d x m is turned

writes net-w.npy (m x d), net-a.npy (m) and, with initial, net-w0.npy, and prints the command. The second layer b of
f(x) = sum_i b_i sigma(<w_i, x>) becomes a = m b; without one the a_i are 1. For an activation with
sigma(c z) = c^degree sigma(z) for c > 0 (relu: degree=1) the norms of the rows move into a, and the rows get norm 1.
"""
import numpy as np


def array(tensor):
    """A float64 NumPy array of a torch tensor, a JAX array, or anything like one."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu().double().numpy()
    return np.array(tensor, dtype=np.float64)


def export(name, first, second=None, initial=None, degree=None):
    w = array(first)
    if w.ndim != 2:
        raise ValueError(f"the first layer is {w.shape}; wanted is m x d, a neuron a row")
    m = len(w)
    a = np.ones(m) if second is None else m * array(second).reshape(-1)
    if len(a) != m:
        raise ValueError(f"{len(a)} weights of the second layer for the {m} neurons of the first")
    if degree is not None:
        norms = np.linalg.norm(w, axis=1)
        w, a = w / norms[:, None], a * norms**degree
    np.save(name + "-w.npy", w)
    np.save(name + "-a.npy", a)
    command = f"kac measure --particles {name}-w.npy --second-layer {name}-a.npy"
    if initial is not None:
        w0 = array(initial)
        if w0.shape != w.shape:
            raise ValueError(f"the initial neurons are {w0.shape}, the others {w.shape}")
        if degree is not None:
            w0 = w0 / np.linalg.norm(w0, axis=1)[:, None]
        np.save(name + "-w0.npy", w0)
        command += f" --initial {name}-w0.npy"
    print(command + " --problem ...")
