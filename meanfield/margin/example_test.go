package margin_test

import (
	"fmt"

	"kac/meanfield/margin"
)

func ExampleSetting() {
	s := margin.Setting{Samples: 40, Dim: 3000, Variance: .03}
	m, e := s.Margin(), s.TestError()
	fmt.Printf("margin %.9f +- %.4f over data sets, limit %.4f; test error %.6e\n", m.Value, m.SD, margin.Margin(s.Kappa()), e.Value)
	// Output: margin 1.794363817 +- 0.0161 over data sets, limit 1.8028; test error 5.419255e-05
}

func ExampleXOR() {
	x := margin.XOR{Kappa: 2.5, Power: 1.5}
	fmt.Printf("generalises from kappa %.4f on; margin %.4f, signal %.4f\n", margin.KappaGeneralise(x.Power), x.Margin(), x.Signal())
	// Output: generalises from kappa 1.0397 on; margin 0.5119, signal 0.6202
}
