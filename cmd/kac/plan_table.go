package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"kac/bench"
	"kac/bench/sweep"
	"kac/bench/training"
)

// Plans as tables: times in seconds, memory in bytes, of one cell or network unless the name says more. The totals of the text are in the
// JSON's summary.

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

// cellsPlan is the output of a plan of cells.
func cellsPlan(program string, parameters any, plan *sweep.Plan) output {
	return output{
		program: program, parameters: parameters, csv: tableOf(cellsTable(plan)), text: plan.Write,
		summary: cellsSummary{plan.Cells, len(plan.Groups), plan.Rows, plan.Flops, plan.Seconds, plan.WorkerSeconds, plan.Workers, plan.Memory, plan.Disk, plan.Temporary},
	}
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
