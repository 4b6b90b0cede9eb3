// Package store keeps the files of a run in a directory so that whatever ends the process, what is
// there is in order and the same command goes on.
//
//	run.json       what was asked, by whom it was computed, whether it is complete, and the checksums
//	               of all files beside it
//	other files    replaced whole, each after a run.json that has the checksum of its next content
//
// A Run is that directory for any study: Results is one for what is computed in one go or keeps its cells in a table,
// kac gap's and kac train's stores are others. All of it goes through a disk.FS, so that every operation is tested on
// disks that fail.
package store
