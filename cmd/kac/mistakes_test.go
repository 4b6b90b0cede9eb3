package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Typed mistakes: the whole message, exit code 2, nothing on standard output, nothing written. Arguments are separated
// by one space, so that two spaces make an empty one.
func TestTypedMistakes(t *testing.T) {
	const (
		gap   = "gap --problem he4 --dim 6 --widths 8,16 --horizon 1 --points 3 --seeds 2"
		train = "train --problem he4 --dim 6 --widths 8,16 --samples 64 --batch 32 --horizon 0.2 --points 3 --repeats 2"
		path  = "; give a path, or leave the flag out"
		lists = "; give whole numbers separated by commas, such as 64,128,256, 64,128,...,1024, 2^6..2^10 or d^1.5,d^2"
	)
	cases := map[string]string{
		// Nothing in the place of a value, in every verb.
		gap + " --out ":                            `kac gap: --out "": is empty` + path,
		gap + " --out=":                            `kac gap: --out "": is empty` + path,
		gap + " --out":                             `kac gap: --out "": has no value; give a path`,
		gap + " --out --quiet":                     `kac gap: --out "": has no value, --quiet comes next; give a path`,
		gap + " --out -q":                          `kac gap: --out -q: begins with a dash like a flag; for the path write ./-q`,
		gap + " --out=--quiet":                     `kac gap: --out --quiet: begins with a dash like a flag; for the path write ./--quiet`,
		train + " --out ":                          `kac train: --out "": is empty` + path,
		train + " --data  --labels y.npy":          `kac train: --data "": is empty` + path,
		train + " --data x.npy --labels ":          `kac train: --labels "": is empty` + path,
		train + " --teachers ":                     `kac train: --teachers "": is empty` + path,
		train + " --teacher-network -x":            `kac train: --teacher-network -x: begins with a dash like a flag; for the path write ./-x`,
		"theory --times 1 --out ":                  `kac theory: --out "": is empty` + path,
		"scaling --out ":                           `kac scaling: --out "": is empty` + path,
		"figure 2 --out ":                          `kac figure: --out "": is empty` + path,
		"figure 3 --plan --out -x":                 `kac figure: --out -x: begins with a dash like a flag; for the path write ./-x`,
		"roofline --out ":                          `kac roofline: --out "": is empty` + path,
		"report d --out ":                          `kac report: --out "": is empty` + path,
		"sweep good.toml --out ":                   `kac sweep: --out "": is empty` + path,
		"sweep good.toml --plan --out -d":          `kac sweep: --out -d: begins with a dash like a flag; for the path write ./-d`,
		"slurm good.toml --out ":                   `kac slurm: --out "": is empty` + path,
		"slurm good.toml --out d --program ":       `kac slurm: --program "": is empty` + path,
		"sweep  --plan":                            `kac sweep: STUDY "": is empty; give a path`,
		"slurm  --out d":                           `kac slurm: STUDY "": is empty; give a path`,
		"check ":                                   `kac check: DIR "": is empty; give a path`,
		"status ":                                  `kac status: DIR "": is empty; give a path`,
		"report ":                                  `kac report: DIR "": is empty; give a path`,
		"check -- -d":                              `kac check: DIR -d: begins with a dash like a flag; for the path write ./-d`,
		"gap --problem  --widths 8 --horizon 1":    `kac gap: --problem "": is empty; give a word, or leave the flag out`,
		"gap --widths  --horizon 1":                `kac gap: --widths "": is empty` + lists,
		"gap --widths 8 --horizon ":                `kac gap: --horizon "": is empty; give a number, or d^1.5, or "reach 0.1"`,
		"gap --activation  --widths 8 --horizon 1": `kac gap: --activation "": is empty; give a word, or leave the flag out`,
		"train --problem  --widths 8 --horizon 1":  `kac train: --problem "": is empty; give a word, or leave the flag out`,
		gap + " --seed ":                           `kac gap: --seed "": is empty; give a whole number from 0 to 18446744073709551615`,
		gap + " --format ":                         `kac gap: --format "": is empty; give a word, or leave the flag out`,
		"scaling --problem ":                       `kac scaling: --problem "": is empty; give a word, or leave the flag out`,
		"slurm good.toml --out d --partition ":     `kac slurm: --partition "": is empty; give a word, or leave the flag out`,
		"sweep good.toml  --plan":                  `kac sweep: argument "": write key=value, such as dim=16`,
		"sweep empty.toml --plan":                  `kac sweep: empty.toml: problem "": is empty; leave the key out for its default`,
		// Numbers are decimal, and whole where they count.
		gap + " --horizon2 1":                       `kac gap: unknown flag --horizon2, did you mean "--horizon"?; see kac gap --help`,
		"gap --dim 6 --widths 8 --horizon 1_0":      `kac gap: --horizon 1_0: give a number, or d^1.5, or "reach 0.1"`,
		"gap --dim 6 --widths 8 --horizon 0x10":     `kac gap: --horizon 0x10: give a number, or d^1.5, or "reach 0.1"`,
		"gap --dim 6 --widths 8 --horizon Inf":      `kac gap: --horizon Inf: give a number, or d^1.5, or "reach 0.1"`,
		"gap --dim 6 --widths 8 --horizon 1,2":      `kac gap: --horizon 1,2: "1,2" is not a number, a power such as 2^7 or d^1.5, or a multiple such as 3*d^1.5; give a number, or d^1.5, or "reach 0.1"`,
		"gap --dim 6_0 --widths 8 --horizon 1":      `kac gap: --dim 6_0: give a whole number`,
		"gap --dim 2^2.5 --widths 8 --horizon 1":    `kac gap: --dim 2^2.5: "2^2.5" is not a whole number; give a whole number`,
		"gap --dim 6 --widths 2^3..100 --horizon 1": `kac gap: --widths 2^3..100: the range "2^3..100" does not arrive at its end by doubling; write for example 2^7..2^16` + lists,
		"gap --dim 6 --widths d^30 --horizon 1":     `kac gap: --widths d^30: 2.2107391972073336e+23 is not allowed in dimension 6; widths are whole numbers from 1 to 16777216`,
		"gap --dim 6 --widths 8 --horizon d^30":     `kac gap: --horizon d^30 (2.21074e+23): allowed are numbers above 0 and up to 1e+07 (paper time)`,
		"gap --dim 6 --widths 8 --horizon reach":    `kac gap: --horizon reach: give a number, or d^1.5, or "reach 0.1"`,
		"gap --dim 6 --widths 8 --horizon reach=9":  `kac gap: --horizon reach=9: give a number, or d^1.5, or "reach 0.1"`,
		gap + " --tolerance 2^-100":                 `kac gap: --tolerance 2^-100 (7.888609052210118e-31): allowed are numbers from 1e-12 to 0.01 (absolute error of the reference risk)`,
		// Once is enough.
		gap + " --dim 8":                                                            `kac gap: --dim 8: the flag is there twice, --dim 6 before it; give it once`,
		gap + " --dim=6":                                                            `kac gap: --dim 6: the flag is there twice, --dim 6 before it; give it once`,
		gap + " --widths 8":                                                         `kac gap: --widths 8: the flag is there twice, --widths 8,16 before it; give it once`,
		gap + " --out a --out b":                                                    `kac gap: --out b: the flag is there twice, --out a before it; give it once`,
		"sweep good.toml dim=8 dim=9":                                               `kac sweep: --out is missing: give the directory of the study (or --plan)`,
		"sweep good.toml dim=8 dim=9 --plan":                                        `kac sweep: argument dim=9: dim is there twice, dim=8 before it; every key is given once`,
		"sweep good.toml dim=2 --plan":                                              `kac sweep: argument dim=2: he4 needs a dimension from 3 to 4096`,
		"slurm good.toml dim=2 --out d":                                             `kac slurm: argument dim=2: he4 needs a dimension from 3 to 4096`,
		"sweep good.toml dim --plan":                                                `kac sweep: argument dim: write key=value, such as dim=16`,
		"sweep good.toml sedes=3 --plan":                                            `kac sweep: argument sedes=3: unknown; did you mean seeds? Known are problem, dim, activation, link, rank, basis, law, widths, seeds, seed, horizon, points, dynamics, eta, tolerance, flow-tolerance, form, precision, initial, initial-tensor, measure`,
		"sweep good.toml widths=8,d^30 --plan":                                      `kac sweep: argument widths=8,d^30 (d^30): 2.2107391972073336e+23 is not allowed in dimension 6; widths are whole numbers from 1 to 16777216`,
		"slurm good.toml --out d --sbatch qos=a --sbatch qos=b":                     `kac slurm: --sbatch qos=b: qos is there twice, qos=a before it; give it once`,
		"sweep good.toml widths=8,8 --plan":                                         `kac sweep: argument widths=8,8: in dimension 6: 8 is there twice; every width may appear once`,
		"sweep good.toml horizon=1,1 --plan":                                        `kac sweep: argument horizon=1,1: in dimension 6 two horizons are the same, T1`,
		"gap --activation 4:1,4:2 --link 4 --dim 8 --widths 8 --horizon 1":          `kac gap: --activation 4:1,4:2: term "4:2": degree 4 is given twice; write degree:coefficient pairs such as 4:0.8,6:0.6`,
		"gap --activation 4 --link 4,4:2 --dim 8 --widths 8 --horizon 1":            `kac gap: --link 4,4:2: term "4:2": degree 4 is given twice; write degree:coefficient pairs such as 4:0.8,6:0.6`,
		"train --activation tanh --parities 2:1,2:3 --dim 8 --widths 8 --horizon 1": `kac train: --parities 2:1,2:3: degree 2 is given twice`,
		"gap --activation 4:0x1p-1 --link 4 --dim 8 --widths 8 --horizon 1":         `kac gap: --activation 4:0x1p-1: term "4:0x1p-1": the coefficient must be a finite decimal number, or a power such as 2^-1; write degree:coefficient pairs such as 4:0.8,6:0.6`,
		"gap --activation 4 --link 4:1_0 --dim 8 --widths 8 --horizon 1":            `kac gap: --link 4:1_0: term "4:1_0": the coefficient must be a finite decimal number, or a power such as 2^-1; write degree:coefficient pairs such as 4:0.8,6:0.6`,
		train + " --activation softplus:0x1p1":                                      `kac train: --activation softplus:0x1p1: the temperature of softplus must be a positive finite decimal number`,
		train + " --second-layer 0x1p1":                                             `kac train: --second-layer 0x1p1: allowed are ones, and C > 0 up to 1e6 for a second layer of +-C in equal halves`,
		"sweep good.toml widths=[0x10] --plan":                                      `kac sweep: argument widths=[0x10] (0x10): "0x10" is not a number, a power such as 2^7 or d^1.5, or a multiple such as 3*d^1.5`,
		"reference --times 0,1,1":                                                   `kac reference: --times 0,1,1: 1 comes after 1; times must increase`,
		"theory --times 1,1":                                                        `kac theory: --times 1,1: 1 comes after 1; times must increase`,
		"scaling --dims 8,16,8":                                                     `kac scaling: --dims 8,16,8 (8): it is there twice; every dimension may appear once`,
		train + " --out o --snapshots 0.1,0.2,0.1":                                  `kac train: --snapshots 0.1,0.2,0.1 (0.1): the same step as 0.1, which is there too; every time may appear once`,
		train + " --test-samples 1":                                                 `kac train: --test-samples 1: allowed are whole numbers from 2 to 16777216 (held-out inputs)`,
		"sweep twice.toml --plan":                                                   `kac sweep: twice.toml: dim 9: dim is there twice, 8 before it; every key is given once`,
		// Of what was typed, not of what follows from it.
		"gap --activation 4 --link 4 --widths 8 --horizon 1": `kac gap: --dim is missing: a problem given by activation and link needs a dimension, from 3 to 4096`,
		"help gapp":                `kac: unexpected argument gapp, did you mean "gap"?; see kac --help`,
		gap + " --activation relu": `kac gap: --activation relu: not together with problem he4; give a preset, or activation and link`,
		"gap --activation relu --link 3 --dim 8 --widths 8 --horizon 1":            `kac gap: --link 3: information exponent is infinite: activation and target share no degree above 0 (activation relu, link 3:1)`,
		"gap --activation thanh --link 3 --dim 8 --widths 8 --horizon 1":           `kac gap: --activation thanh: known are relu, tanh, sigmoid, erf, gelu, relu:H, softplus:T, and Hermite series such as "4:0.8,6:0.6"`,
		"gap --activation tanh --link 3 --rank 2 --dim 8 --widths 8 --horizon 1":   `kac gap: --rank 2: targets of more than one coordinate are known for Hermite series over gaussian inputs only; leave rank out`,
		"gap --activation 4 --link 4 --law boolean --dim 8 --widths 8 --horizon 1": `kac gap: --law boolean: allowed are gaussian and sphere, whose inputs have an exact infinite-width limit`,
		"gap --activation 4 --link 4 --basis x --dim 8 --widths 8 --horizon 1":     `kac gap: --basis x: allowed are hermite and legendre`,
		"gap --problem quartic --law sphere --widths 8 --horizon 1":                `kac gap: --law sphere: not together with problem quartic; give activation and link`,
		"gap --problem xor4 --widths 8 --horizon 1":                                `kac gap: --problem xor4: it has no exact infinite-width limit; kac train learns it from samples. Known here are he3, he4, he6, misspecified, circle, relu, tanh, erf, softplus, gelu, quartic`,
		"figure 1": `kac figure: figure 1: no such figure; there are 2 to 9, bias, fixed-points and crossover`,
		"figure ":  `kac figure: figure "": no such figure; there are 2 to 9, bias, fixed-points and crossover`,
		"train --problem he4 --widths 16777216 --horizon 1":     `kac train: --widths 16777216: the wide reference would have 134217728 neurons, 8 times as many; allowed are 16777216: give its width by --reference-width, or another --reference`,
		"train --problem he4 --widths 8 --horizon .1 --eta .05": `kac train: --points is 21 if it is left out: allowed are whole numbers from 2 to 3 (observations, at most one a step)`,
	}
	for line, want := range cases {
		t.Run(strings.ReplaceAll(line, "/", "|"), func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range map[string]string{
				"good.toml":  "dim = 6\nwidths = 8\nseeds = 2\nhorizon = 1\npoints = 3\n",
				"twice.toml": "dim = 8\nwidths = 8\nhorizon = 1\ndim = 9\n",
				"empty.toml": "dim = 8\nwidths = 8\nhorizon = 1\nproblem = ''\n",
			} {
				t.Run(name, func(t *testing.T) {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
						t.Fatal(err)
					}
				})
			}
			before := tree(t, dir)
			r := kac(t, dir, strings.Split(line, " ")...)
			if r.code != 2 || r.stdout != "" || r.stderr != want+"\n" {
				t.Errorf("exit code %d, standard output %q, standard error\n%swant\n%s", r.code, r.stdout, r.stderr, want)
			}
			if tree(t, dir) != before {
				t.Error("it wrote something")
			}
		})
	}
}
