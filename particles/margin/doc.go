// Package margin has finite data sets and their max-margin classifiers: the hard-margin linear classifier of points y
// mu + noise in many dimensions, and what it does on new points. Its ideal is in meanfield/margin.
//
// The setting is that of Glasgow, Wei, Wootters and Ma, "Max-Margin Works while Large Margin Fails: Generalization
// without Uniform Convergence", ICLR 2023, arXiv:2206.07892.
package margin
