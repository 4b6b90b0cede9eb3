package main

import (
	"kac/bench"
	"kac/bench/training"
)

// taskFlags choose the problem of kac train: a name, changes of it, or its parts.
type taskFlags struct {
	Problem     string       `group:"Problem:" placeholder:"NAME" help:"Problem by name: he3, he4, he6, misspecified, circle, random6, staircase, xor4 (xorK for any K from 1 to 32)."`
	Dim         *wholeNumber `group:"Problem:" placeholder:"D" help:"Dimension d of the inputs. Default: the paper's, or that of --data."`
	Activation  *string      `group:"Problem:" placeholder:"SIGMA" help:"relu, tanh, sigmoid, erf: erf(z), gelu: z Phi(z) exactly (Phi the normal distribution), relu:H: max(z,0)^H, softplus:T: log(1+e^{Tz})/T, or a Hermite series in the orthonormal h_k = He_k/sqrt(k!), degree:coefficient pairs such as 4:0.8,6:0.6, or one of your own: expr:FORMULA in x, such as expr:max(0,x)-.1*x, or table:FILE of rows x,y. Default: the problem's."`
	Law         *string      `group:"Problem:" placeholder:"WORD" help:"Law of the inputs: gaussian, sphere (uniform, of radius sqrt d) or boolean (uniform on {-1,1}^d). Default: the problem's, or gaussian."`
	SecondLayer *string      `group:"Problem:" placeholder:"C" help:"C: second layer of +-C in equal halves; ones: a_i = 1. Default: the problem's, or ones."`

	Link              *string      `group:"Target:" placeholder:"SERIES" help:"Hermite series, such as 4:1; without teachers any activation, such as relu: f*(x) = relu(x_1), expr:FORMULA or table:FILE."`
	Rank              *wholeNumber `group:"Target:" placeholder:"R" help:"With --link: coordinates that the target depends on. Default: 1, or the number of random teachers."`
	Teachers          *string      `group:"Target:" placeholder:"FILE" help:"With --link: directions, one a row, .npy or .csv."`
	RandomTeachers    *wholeNumber `group:"Target:" placeholder:"K" help:"With --link: K random directions."`
	TeacherSeed       *seedNumber  `group:"Target:" placeholder:"S" help:"Seed of the random teachers. Default: 0."`
	TeacherWeights    realNumbers  `group:"Target:" placeholder:"P,P,..." help:"Weights p_j of the teachers (default: 1/K each), or second layer a_j of the teacher network (default: 1 each)."`
	Parities          *string      `group:"Target:" placeholder:"PAIRS" help:"Sum of parities, degree:coefficient pairs: k:c is c x_1 x_2...x_k."`
	TeacherNetwork    *string      `group:"Target:" placeholder:"FILE" help:"Network as target: neurons, one a row, .npy or .csv."`
	TeacherActivation *string      `group:"Target:" placeholder:"SIGMA" help:"Of the teacher network. Default: the trained network's."`
}

// set puts the choice into the parameters of a study. What is typed out and empty or zero is a mistake,
// since bench takes it for the default.
func (f *taskFlags) set(p *training.Parameters) error {
	c := &p.ProblemChoice
	c.Problem = f.Problem
	for _, s := range []struct {
		key   string
		given *string
		into  *string
	}{
		{"activation", f.Activation, &c.Activation}, {"law", f.Law, &c.Law}, {"second-layer", f.SecondLayer, &c.SecondLayer},
		{"link", f.Link, &c.Link}, {"teachers", f.Teachers, &c.Teachers}, {"parities", f.Parities, &c.Parities},
		{"teacher-network", f.TeacherNetwork, &c.TeacherNetwork}, {"teacher-activation", f.TeacherActivation, &c.TeacherActivation},
	} {
		if s.given == nil {
			continue
		}
		if *s.into = *s.given; *s.given == "" {
			return &bench.InputError{Key: s.key, Reason: "is empty; see kac train --help"}
		}
	}
	for _, n := range []struct {
		key   string
		given *wholeNumber
		into  *int
		least string
	}{
		{"dim", f.Dim, &c.Dim, "at least the target's coordinates"}, {"rank", f.Rank, &c.Rank, "at least 1"}, {"random-teachers", f.RandomTeachers, &c.RandomTeachers, "at least 1"},
	} {
		if n.given == nil {
			continue
		}
		if *n.into = int(*n.given); *n.given == 0 {
			return &bench.InputError{Key: n.key, Value: "0", Reason: "give a whole number, " + n.least}
		}
	}
	c.Weights = f.TeacherWeights
	if f.TeacherSeed == nil {
		return nil
	}
	if c.TeacherSeed = uint64(*f.TeacherSeed); f.RandomTeachers == nil {
		return &bench.InputError{Key: "teacher-seed", Value: "given", Reason: "it draws random-teachers; leave it out or give their number"}
	}
	return nil
}
