"""kac from Python: runs a command of kac and returns what it prints and writes as pandas frames and NumPy arrays.

    import kac
    study = kac.gap(problem="he4", dim=16, widths=[64, 128], horizon=5)
    study.rows                       # the table that kac gap prints
    study.files.gap                  # gap.csv, one row a network and time
    kac.measure(W, problem="he4", dim=16, time=5).answer
    kac.load("DIR")                  # any directory that kac has written

Every command is a function of this module: kac.theory, kac.reference, kac.train, kac.hessian, ... Flags are keywords, with
underscores for dashes; lists are joined by commas, True is a switch. Arrays (of NumPy, PyTorch or JAX) in the place of a file are
handed over as .npy. Numbers are read back bit for bit.

One file, without dependencies but NumPy and pandas. The program is found by PROGRAM, the variable KAC_PROGRAM, or the path.
"""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

__all__ = ["KacError", "KacInputError", "Result", "Directory", "load", "measure", "run"]

PROGRAM = None  # the path of kac, if it is not to be sought

# Commands whose files are read although no directory was asked for.
_WITH_FILES = {"gap", "train"}

# Flags that take a file: a sequence in their place is an array.
_FILES = {"particles", "second_layer", "initial", "data", "labels", "test_data", "test_labels", "teachers"}


class KacError(RuntimeError):
    """What kac says when it fails, its one line; code is the exit code, notes what it said besides."""

    def __init__(self, message, code=1, notes=()):
        super().__init__(message)
        self.code = code
        self.notes = list(notes)


class KacInputError(KacError, ValueError):
    """Bad input, exit code 2: the line names the flag, the value and what is allowed."""


class Result:
    """What a command printed: rows (DataFrame), parameters, summary; its other numbers are attributes and items.

    files is the Directory that it wrote, None without one; notes are its lines for people; text is what it printed, where that is
    no JSON.
    """

    def __init__(self, verb, arguments, printed, notes, files):
        self.verb, self.arguments, self.notes, self.files = verb, arguments, notes, files
        self.text, self.values = printed, {}
        try:
            values = json.loads(printed)
        except ValueError:
            values = None
        if isinstance(values, dict):
            self.text, self.values = None, values
        self.parameters = self.values.pop("parameters", {})
        self.summary = self.values.pop("summary", {})
        self.rows = _frame(self.values.pop("rows", []))

    def __getitem__(self, name):
        return self.values[name]

    def __getattr__(self, name):
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(f"kac {self.__dict__.get('verb')} gave no {name!r}; it gave {', '.join(self.__dict__.get('values', {}))}") from None

    def __repr__(self):
        parts = [f"{len(self.rows)} rows"] if len(self.rows) else []
        parts += [f"{k}={v!r}" for k, v in self.values.items() if k != "program"][:6]
        return f"<kac {self.verb}: {', '.join(parts) or (self.text or '').strip()}>"

    def _repr_html_(self):
        return self.rows.to_html() if len(self.rows) else None


class Directory:
    """A directory that kac has written: frames (its .csv), arrays (its .npy), record (run.json or study.json).

    Both are attributes and items, too, by their name without its ending: d.gap, d["he4-d16-function_error"].
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        if not self.path.is_dir():
            raise KacInputError(f"{self.path}: is no directory", 2)
        self.record = None
        for name in ("run.json", "study.json"):
            if (self.path / name).is_file():
                self.record = json.loads((self.path / name).read_text(encoding="utf-8"))
                break
        if self.record is None:
            raise KacInputError(f"{self.path}: has no run.json and no study.json; give a directory that kac has written", 2)
        self.parameters = self.record.get("parameters", self.record.get("study", {}))
        self.frames, self.arrays = {}, {}
        for file in sorted(self.path.rglob("*.csv")):
            self.frames[file.stem] = pd.read_csv(file, float_precision="round_trip", dtype={"seed": "uint64"})
        for file in sorted(self.path.rglob("*.npy")):
            self.arrays[file.stem] = np.load(file, allow_pickle=False)

    def __getitem__(self, name):
        if name in self.frames:
            return self.frames[name]
        if name in self.arrays:
            return self.arrays[name]
        raise KeyError(f"{self.path} has no {name!r}; it has {', '.join([*self.frames, *self.arrays])}")

    def __getattr__(self, name):
        if name.startswith("_") or "frames" not in self.__dict__ or "arrays" not in self.__dict__:
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as e:
            raise AttributeError(e.args[0]) from None

    def particles(self):
        """The neurons (m x d) of a sweep of gap or train at the last time, by (group, width, seed).

        kac gap and kac train keep them as .npy: they are among the arrays.
        """
        out = {}
        for group in self.record.get("groups", []):
            for file in sorted((self.path / "cells" / group["name"]).glob("*.final")):
                for w in _final(file, group["parameters"]):
                    out[group["name"], len(w), int(file.stem.rpartition("s")[2])] = w
        return out

    def __repr__(self):
        shown = [*self.frames, *(name for name in self.arrays if not name.startswith("particles-"))]
        if particles := len(self.frames) + len(self.arrays) - len(shown):
            shown.append(f"particles ({particles})")
        return f"<kac directory {self.path}: {', '.join(shown)}>"


def load(directory):
    """The frames and arrays of a directory that kac has written."""
    return Directory(directory)


def measure(W, second_layer=None, initial=None, **flags):
    """How far the network of neurons W (m x d, a row a neuron) is from its infinite-width limit; see kac measure --help.

    second_layer has m numbers; initial are the neurons before training in the same order. .answer is the sentence, .risk,
    .function_error, .gap_constant and the others are its numbers.
    """
    return run("measure", particles=W, second_layer=second_layer, initial=initial, **flags)


def run(verb, *arguments, out=None, files=None, progress=None, **flags):
    """Run "kac VERB ARGUMENTS --flags" and return its Result.

    out is the directory for its files; without it kac.gap and kac.train, or any command with files=True, write to one that is read
    and removed. progress: True shows the progress on standard error, False does not, a function gets every line; by itself it
    is shown to people. Errors of kac are KacError, bad input KacInputError. Ctrl-C stops kac in order.
    """
    words = verb.split()
    takes = _flags_of(tuple(words))
    if not takes and words[0] not in _verbs():
        raise KacInputError(f"kac: there is no command {words[0]}; there are {', '.join(_verbs())}", 2)
    if files is None:
        files = words[0] in _WITH_FILES and not flags.get("plan")
    with tempfile.TemporaryDirectory(prefix="kac-") as temporary:
        command = [_program(), *words, *(_text(a) for a in arguments)]
        for name, value in flags.items():
            command += _flag(name, value, temporary)
        if out is None and files:
            out = os.path.join(temporary, "out")
        if out is not None:
            command += ["--out", os.fspath(out)]
        if "--format" in takes and "format" not in flags:
            command += ["--format", "json"]
        printed, notes = _call(command, progress)
        written = load(out) if out is not None and not flags.get("plan") and _is_written(out) else None
        return Result(verb, command[1:], printed, notes, written)


def __getattr__(name):
    if name.startswith("_"):
        raise AttributeError(name)

    def command(*arguments, **options):
        return run(name.replace("_", "-"), *arguments, **options)

    command.__name__ = command.__qualname__ = name
    command.__doc__ = f"kac {name}: flags are keywords; see kac {name} --help and kac.run."
    return command


def _is_written(out):
    return any(os.path.isfile(os.path.join(out, name)) for name in ("run.json", "study.json"))


def _program():
    path = PROGRAM or os.environ.get("KAC_PROGRAM") or shutil.which("kac")
    if not path:
        raise KacError("the program kac is not on the path; set kac.PROGRAM or the variable KAC_PROGRAM to where it is")
    return os.fspath(path)


_known = {}


def _flags_of(words):
    """The flags of a command, by its --help."""
    key = (_program(), words)
    if key not in _known:
        done = subprocess.run([*key[:1], *words, "--help"], capture_output=True, text=True, encoding="utf-8", check=False)
        _known[key] = {w.split("=")[0].rstrip(",") for w in done.stdout.split() if w.startswith("--")} if done.returncode == 0 else set()
    return _known[key]


def _verbs():
    """The commands, by kac --help: the indented words after "Commands:"."""
    text = subprocess.run([_program(), "--help"], capture_output=True, text=True, encoding="utf-8", check=False).stdout
    lines = text.partition("Commands:")[2].splitlines()
    return [line.split()[0] for line in lines if line.startswith("  ") and line[2:3].isalpha()]


def _text(value):
    """A value as one types it."""
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, bool):
        raise KacInputError(f"{value} has no meaning here", 2)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (list, tuple, range, np.ndarray)):
        return ",".join(_text(v) for v in value)
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def _array(value):
    """A NumPy array of what holds numbers: a tensor, a frame, nested lists; None for anything else."""
    if isinstance(value, (str, bytes, os.PathLike)):
        return None
    if hasattr(value, "detach"):  # a tensor of PyTorch
        value = value.detach().cpu()
    array = np.asarray(value)
    return array if array.ndim > 0 and array.dtype.kind in "fiub" else None


def _flag(name, value, temporary):
    if value is None or value is False:
        return []
    flag = "--" + name.rstrip("_").replace("_", "-")
    if value is True:
        return [flag]
    array = _array(value)
    if array is not None and (name in _FILES or array.ndim > 1):
        path = os.path.join(temporary, name + ".npy")
        np.save(path, np.ascontiguousarray(array), allow_pickle=False)
        return [flag, path]
    return [flag, _text(value)]


def _call(command, progress):
    """Run the command; its standard output, and the lines of its standard error that are no progress."""
    shown = progress
    if shown is None:
        shown = sys.stderr.isatty() or "ipykernel" in sys.modules
    last, notes, width = "", [], 0
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        try:
            for raw in process.stderr:
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                if not line:
                    continue
                last = line
                notes.append(line)
                if callable(shown):
                    shown(line)
                elif shown:
                    sys.stderr.write("\r" + line.ljust(width))
                    sys.stderr.flush()
                    width = len(line)
            code = process.wait()
        except BaseException:
            process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
            process.wait()
            raise
        finally:
            process.stderr.close()
            if shown is True and width:
                sys.stderr.write("\n")
        out.seek(0)
        printed = out.read().decode("utf-8", "replace")
    if code:
        # The error, and perhaps a line about how to go on behind it.
        name = "kac " + command[1] if len(command) > 1 else "kac"
        lines = [n for n in notes if n.startswith((name + ":", "kac:"))] or [last or f"exit code {code}"]
        message = next((n for n in reversed(lines) if "go on with:" not in n and "kept in" not in n), lines[-1])
        kind = KacInputError if code == 2 else KacError
        raise kind(message, code, notes)
    return printed, notes


def _final(file, parameters):
    """The networks in the state of a finished cell of gap or train; docs/formats.md, Sealed files, has its form."""
    b = file.read_bytes()
    if b[:8] != b"kacSeal\n" or hashlib.sha256(b[:-32]).digest() != b[-32:]:
        raise KacError(f"{file}: is damaged")
    at = 0

    def take(size):
        nonlocal at
        at += size
        return b[at - size : at]

    def number():
        return int.from_bytes(take(8), "little")

    def matrix(numbers):
        return np.frombuffer(take(8 * numbers), "<f8").reshape(-1, parameters["dim"]).astype(float)

    take(36 + 48 + 16)  # of the seal; whose it is; share and seconds
    take(number())  # who ran it
    take(48)  # whose the state is
    if file.stem.startswith("m"):  # gap: its rows have seven numbers, the ensemble a head of 64 bytes
        take(56 * number() + 8)
        head = take(64)
        if head[:4] == b"kacE":
            return [matrix(int.from_bytes(head[8:16], "little") * parameters["dim"])]
    elif "widths" in parameters:  # train: the networks of its widths and then, perhaps, a wide one
        take(number())
        count = min(number(), len(parameters["widths"]))
        return [matrix(number()) for _ in range(count)]
    raise KacInputError(f"{file}: particles are read of sweeps of gap and train", 2)


def _frame(rows):
    """A DataFrame of records, whose unknown numbers (null) are NaN."""
    frame = pd.DataFrame(rows)
    for name in frame.columns:
        if frame[name].isna().all():
            frame[name] = frame[name].astype(float)
    return frame
