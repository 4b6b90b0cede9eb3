// Package margin measures max-margin classifiers (particles/margin) against their exact laws and limits
// (meanfield/margin).
package margin
