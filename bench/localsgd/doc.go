// Package localsgd measures replicas that are averaged now and then (particles/localsgd) against their ideals
// (meanfield/localsgd).
//
//	Parameters (checked) ─> references: bias, exact moments, fixed points
//	                    └─> cells (clients, seed) ─> rounds ─> Rows ─> summary with M * gap, picture
package localsgd
