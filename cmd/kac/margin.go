package main

// marginCommand is max-margin classifiers: their exact law.
type marginCommand struct {
	Law marginLawCommand `cmd:"" help:"Exact means over data sets, by one integral, and the limit of infinitely many dimensions."`
}

func (c *marginCommand) Help() string {
	return "Max-margin classifiers of n points y mu + noise in d dimensions: exact law over data sets, and the limit d -> infinity at fixed kappa = n/(d s2).\n\n" +
		"Example:\n\n  kac margin law --samples 40 --dim 3000 --variance .03 --fraction .97"
}
