package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"kac/bench"
	"kac/bench/sweep"
	"kac/bench/theory"
	"kac/bench/training"
)

// Plans as tables: times in seconds, memory in bytes, of one cell or network unless the name says more. The totals of
// the text are in the JSON's summary.

// tableOf writes records as CSV.
func tableOf(records [][]string) func(io.Writer) error {
	return func(w io.Writer) error {
		out := csv.NewWriter(w)
		if err := out.WriteAll(records); err != nil {
			return fmt.Errorf("writing the table: %w", err)
		}
		return nil
	}
}

// cellsTable is the plan of a sweep or a gap study.
func cellsTable(plan *sweep.Plan) [][]string {
	rows := [][]string{{"group", "horizon", "width", "cells", "form", "right_hand_sides", "flops_per_cell", "seconds_per_cell", "measured", "memory"}}
	for _, g := range plan.Groups {
		for _, c := range g.Sizes {
			rows = append(rows, []string{g.Group.Name, bench.Number(g.Group.Horizon()), strconv.Itoa(c.Size), strconv.Itoa(c.Cells), c.Form,
				bench.Number(g.Evaluations), bench.Number(c.Flops), bench.Number(c.Seconds), strconv.FormatBool(c.Measured), bench.Number(c.Memory)})
		}
	}
	return rows
}

// cellsSummary is what the plan of a sweep says of the whole.
type cellsSummary struct {
	Cells         int     `json:"cells"`
	Groups        int     `json:"groups"`
	Rows          int     `json:"rows"`
	Flops         float64 `json:"flops"`
	Seconds       float64 `json:"seconds"`
	WorkerSeconds float64 `json:"worker_seconds"`
	Workers       int     `json:"workers"`
	Memory        float64 `json:"memory"` // of the cells that run at once
	Disk          float64 `json:"disk"`
	Temporary     float64 `json:"disk_of_checkpoints"`
}

func summaryOf(plan *sweep.Plan) cellsSummary {
	return cellsSummary{plan.Cells, len(plan.Groups), plan.Rows, plan.Flops, plan.Seconds, plan.WorkerSeconds, plan.Workers, plan.Memory, plan.Disk, plan.Temporary}
}

// cellsPlan is the output of a plan of cells.
func cellsPlan(program string, parameters any, plan *sweep.Plan) output {
	return output{program: program, parameters: parameters, csv: tableOf(cellsTable(plan)), text: plan.Write, summary: summaryOf(plan)}
}

// theoryTable is the plan of a theory, a part a row: the reference, the bounds, the constants, and the networks of
// each width, whose seconds and memory are those of one.
func theoryTable(plan *theory.Plan, networks *sweep.Plan) [][]string {
	rows := [][]string{
		{"part", "width", "networks", "steps", "nodes", "times", "seconds", "measured", "memory"},
		{"reference", "", "", strconv.Itoa(plan.Steps), strconv.Itoa(plan.Nodes), "", bench.Number(plan.Reference), "true", ""},
		{"bounds", "", "", "", "", strconv.Itoa(plan.Bounds()), "", "false", ""},
		{"constants", "", "", "", "", strconv.Itoa(plan.Times()), seconds0(plan.Constants), strconv.FormatBool(plan.Constants > 0), bench.Number(plan.Memory)},
	}
	if networks == nil {
		return rows
	}
	for _, g := range networks.Groups {
		for _, c := range g.Sizes {
			rows = append(rows, []string{"network", strconv.Itoa(c.Size), strconv.Itoa(c.Cells), "", "", strconv.Itoa(g.Group.Facts.Points),
				bench.Number(c.Seconds), strconv.FormatBool(c.Measured), bench.Number(c.Memory)})
		}
	}
	return rows
}

// seconds0 is empty where nothing is known.
func seconds0(x float64) string {
	if x == 0 {
		return ""
	}
	return bench.Number(x)
}

// theorySummary is what the plan of a theory says of the whole.
type theorySummary struct {
	Memory   float64       `json:"memory"` // of the constants
	Disk     float64       `json:"disk"`
	Networks *cellsSummary `json:"networks,omitempty"`
}

// scalingTable is the plan of a sweep in the dimension.
func scalingTable(plan *theory.ScalingPlan) [][]string {
	rows := [][]string{{"problem", "dim", "time", "seconds", "measured", "memory"}}
	for _, r := range plan.Rows {
		rows = append(rows, []string{r.Problem, strconv.Itoa(r.Dim), bench.Number(r.Time), bench.Number(r.Seconds), strconv.FormatBool(r.Measured), bench.Number(r.Memory)})
	}
	return rows
}

// scalingSummary is what it says of the whole.
type scalingSummary struct {
	Seconds float64 `json:"seconds"`
	Memory  float64 `json:"memory"`
	Disk    float64 `json:"disk"`
}

// trainingSummary is what the plan of a training says of the whole.
type trainingSummary struct {
	Work       float64 `json:"particle_samples"`
	Seconds    float64 `json:"seconds"`
	Draw       float64 `json:"seconds_per_batch"`
	Observe    float64 `json:"seconds_per_observation"`
	Workers    int     `json:"workers"`
	Memory     float64 `json:"memory"` // of arrays
	Checkpoint float64 `json:"checkpoint"`
}

// trainingPlan is the output of a plan of a training.
func trainingPlan(program string, plan *training.Plan) output {
	p := &plan.Parameters
	rows := [][]string{{"width", "networks", "form", "particle_samples", "particle_samples_per_second", "seconds"}}
	for _, n := range plan.Networks {
		count := n.Count * p.Runs()
		work := float64(n.Width*count) * float64(p.Batch) * float64(p.Steps)
		rows = append(rows, []string{strconv.Itoa(n.Width), strconv.Itoa(count), n.Form.String(), bench.Number(work), bench.Number(n.Rate), bench.Number(work / n.Rate)})
	}
	return output{
		program: program, parameters: p, csv: tableOf(rows), text: plan.WriteText,
		summary: trainingSummary{plan.Work, plan.Seconds, plan.Draw, plan.Observe, plan.Workers, plan.Memory, plan.Checkpoint},
	}
}
