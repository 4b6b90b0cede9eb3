package store

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Between two saves pass at least keepInterval, and keepShare times what the last one took to write.
const (
	keepInterval = 5 * time.Second
	keepShare    = 20
)

// Keeper has the finished cells of a study under way, and writes them to its directory every so often, so that the same
// command goes on where it was interrupted. What tells cells apart (K), what a cell is (V) and in which files they are
// is the study's own. (bench.Keeper saves the state of one cell under way.) Its methods may be called concurrently.
type Keeper[K comparable, V any] struct {
	out   *Results // nil: cells are in memory alone
	files func(cells map[K]V, fresh []K) []File
	mu    sync.Mutex
	cells map[K]V
	fresh []K // not yet saved
	saved time.Time
	took  time.Duration
}

// Keep begins with cells that an earlier process left in out, which may be nil. files are those that have all cells;
// fresh ones are not yet in them.
func Keep[K comparable, V any](out *Results, cells map[K]V, files func(cells map[K]V, fresh []K) []File) *Keeper[K, V] {
	return &Keeper[K, V]{out: out, files: files, cells: cells, saved: time.Now()}
}

// Get is a cell; false: it is not finished.
func (k *Keeper[K, V]) Get(name K) (V, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, is := k.cells[name]
	return v, is
}

// Cells are all of them.
func (k *Keeper[K, V]) Cells() map[K]V {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.cells)
}

// Put takes a cell, and saves nothing.
func (k *Keeper[K, V]) Put(name K, v V) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.put(name, v)
}

func (k *Keeper[K, V]) put(name K, v V) { k.cells[name], k.fresh = v, append(k.fresh, name) }

// Drop removes a cell.
func (k *Keeper[K, V]) Drop(name K) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.cells, name)
	k.fresh = slices.DeleteFunc(k.fresh, func(at K) bool { return at == name })
}

// Add takes a cell, and saves all now and then.
func (k *Keeper[K, V]) Add(name K, v V) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.put(name, v)
	if time.Since(k.saved) < max(keepInterval, keepShare*k.took) {
		return nil
	}
	return k.save()
}

// Save writes the cells, if any is new.
func (k *Keeper[K, V]) Save() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.save()
}

func (k *Keeper[K, V]) save() error {
	if k.out == nil || len(k.fresh) == 0 {
		return nil
	}
	start := time.Now()
	if err := k.out.Save(k.files(k.cells, k.fresh)...); err != nil {
		return err
	}
	k.saved, k.took, k.fresh = time.Now(), time.Since(start), nil
	return nil
}
