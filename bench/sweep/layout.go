package sweep

import "strings"

// Names in a study's directory.
const (
	StudyFile     = "study.json"
	TableFile     = "table.csv"
	ParquetFile   = "table.parquet"
	ReferenceFile = "reference.csv"
	SummaryFile   = "summary.csv"
	SlopesFile    = "slopes.csv"
	SumsFile      = "SHA256SUMS"

	cellsDir  = "cells"
	arraysDir = "arrays"

	cellExt       = ".cell"
	checkpointExt = ".ckpt"
	finalExt      = ".final" // a finished cell's state, a checkpoint from which a study up to a later time goes on
	lockExt       = ".lock"

	studyLock = "study" + lockExt           // held while study.json, tables and sums are written
	runLock   = cellsDir + "/run" + lockExt // shared by the processes that run cells
)

// isState reports whether a file is a checkpoint or a final state.
func isState(name string) bool { return isCheckpoint(name) || strings.HasSuffix(name, finalExt) }

func isCheckpoint(name string) bool {
	return strings.HasSuffix(name, checkpointExt) || strings.HasSuffix(name, checkpointExt+".prev")
}
