package sealed

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"
	"math/rand/v2"
	"testing"

	"kac/internal/disk"
	"kac/internal/disk/disktest"
)

const kind, version = "test state", 3

// payload is a few thousand bytes that differ between generations.
func payload(generation byte) []byte {
	random := rand.New(rand.NewPCG(uint64(generation), 1))
	b := make([]byte, 5000)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	b[0] = generation
	return b
}

// put writes bytes as they are.
func put(t *testing.T, on disk.FS, path string, data []byte) {
	t.Helper()
	_ = on.Remove(path)
	f, err := on.CreateTemp(".", "raw*")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := on.Rename(f.Name(), path); err != nil {
		t.Fatal(err)
	}
}

func writeNext(t *testing.T, on disk.FS, generations ...byte) {
	t.Helper()
	for _, g := range generations {
		if err := WriteNext(on, "a", kind, version, payload(g)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGenerations(t *testing.T) {
	on := disktest.NewMemory()
	if p, from, damaged := ReadNewest(on, "a", kind, version); p != nil || from != "" || damaged != nil {
		t.Fatalf("of nothing: %d bytes from %q, %v", len(p), from, damaged)
	}
	for g := byte(1); g <= 4; g++ {
		writeNext(t, on, g)
		p, from, damaged := ReadNewest(on, "a", kind, version)
		if !bytes.Equal(p, payload(g)) || from != "a" || damaged != nil {
			t.Fatalf("generation %d: %d bytes from %q, %v", g, len(p), from, damaged)
		}
		before, err := Read(on, Previous("a"), kind, version)
		if g == 1 && !errors.Is(err, fs.ErrNotExist) || g > 1 && !bytes.Equal(before, payload(g-1)) {
			t.Fatalf("generation %d has the wrong predecessor: %v", g, err)
		}
	}
	if err := Remove(on, "a"); err != nil {
		t.Fatal(err)
	}
	if entries, err := on.ReadDir("."); err != nil || len(entries) != 0 {
		t.Errorf("after Remove: %v, %v", entries, err)
	}
	if err := Remove(on, "a"); err != nil {
		t.Errorf("removing nothing: %v", err)
	}
}

// damages are ways in which a disk changes a file.
func damages(whole []byte) map[string][][]byte {
	random := rand.New(rand.NewPCG(7, 7))
	edit := func(change func(b []byte)) []byte {
		b := bytes.Clone(whole)
		change(b)
		return b
	}
	out := map[string][][]byte{}
	for bit := range 8 * headerSize { // every bit of the header
		out["bit flip"] = append(out["bit flip"], edit(func(b []byte) { b[bit/8] ^= 1 << (bit % 8) }))
	}
	for range 600 {
		bit := random.IntN(8 * len(whole))
		out["bit flip"] = append(out["bit flip"], edit(func(b []byte) { b[bit/8] ^= 1 << (bit % 8) }))
	}
	for range 50 {
		out["truncation"] = append(out["truncation"], whole[:random.IntN(len(whole))])
	}
	out["truncation"] = append(out["truncation"], nil, whole[:len(whole)-1], whole[:overhead], whole[:overhead-1], whole[:headerSize])
	for at := 0; at < len(whole); at += 512 {
		out["zeroed block"] = append(out["zeroed block"], edit(func(b []byte) { clear(b[at:min(at+512, len(b))]) }))
	}
	out["zeroed block"] = append(out["zeroed block"], make([]byte, len(whole)))
	out["appended"] = [][]byte{append(bytes.Clone(whole), 0), append(bytes.Clone(whole), whole...)}
	out["swapped blocks"] = [][]byte{edit(func(b []byte) { copy(b[1000:1500], whole[2000:2500]); copy(b[2000:2500], whole[1000:1500]) })}
	return out
}

// Whatever is done to the newest file, it is noticed and the previous one is used; and so is what is
// done to both.
func TestDamageIsDetected(t *testing.T) {
	on := disktest.NewMemory()
	writeNext(t, on, 1, 2)
	whole, err := on.ReadFile("a")
	if err != nil {
		t.Fatal(err)
	}
	for what, list := range damages(whole) {
		for i, bad := range list {
			put(t, on, "a", bad)
			p, from, damaged := ReadNewest(on, "a", kind, version)
			if !bytes.Equal(p, payload(1)) || from != Previous("a") || len(damaged) != 1 || !errors.Is(damaged[0], ErrDamaged) {
				t.Fatalf("%s %d: %d bytes from %q, %v", what, i, len(p), from, damaged)
			}
		}
		t.Logf("%s: %d of %d detected", what, len(list), len(list))
	}
	put(t, on, Previous("a"), whole[:100])
	if p, _, damaged := ReadNewest(on, "a", kind, version); p != nil || len(damaged) != 2 {
		t.Errorf("both damaged: %d bytes, %v", len(p), damaged)
	}
}

func TestOtherVersionAndKind(t *testing.T) {
	on := disktest.NewMemory()
	if err := Write(on, "a", kind, version+1, payload(1)); err != nil {
		t.Fatal(err)
	}
	var other *VersionError
	if _, err := Read(on, "a", kind, version); !errors.As(err, &other) || other.Got != version+1 || other.Want != version {
		t.Errorf("another version: %v", err)
	}
	if _, err := Read(on, "a", "test stat", version); !errors.Is(err, ErrDamaged) {
		t.Errorf("another kind: %v", err)
	}
	// The next generation takes its place, and does not keep it.
	put(t, on, Previous("a"), Seal(kind, version, payload(5)))
	writeNext(t, on, 6)
	if p, err := Read(on, Previous("a"), kind, version); err != nil || !bytes.Equal(p, payload(5)) {
		t.Errorf("the good previous generation was given up for a useless one: %v", err)
	}
}

// A damaged newest file must not push the good previous one away: if the write of the next is cut
// anywhere, the good one is still there.
func TestDamagedIsNotKept(t *testing.T) {
	for n := 1; ; n++ {
		memory := disktest.NewMemory()
		writeNext(t, memory, 1, 2)
		put(t, memory, "a", []byte("rubbish"))
		on := &disktest.Faulty{Base: memory, Fail: disktest.CrashAt(n)}
		err := WriteNext(on, "a", kind, version, payload(3))
		p, _, _ := ReadNewest(memory, "a", kind, version)
		if !bytes.Equal(p, payload(1)) && !bytes.Equal(p, payload(3)) {
			t.Fatalf("killed before operation %d: nothing good is left", n)
		}
		if err == nil {
			return
		}
	}
}

// The process is killed, or the machine loses power, before every operation of a write: the newest
// generation read afterwards is the old one or the new one, and the new one if the write returned.
func TestCrashAtEveryOperation(t *testing.T) {
	losses := []disktest.Loss{{}, {Names: true}, {Data: true}, {Names: true, Data: true}}
	for generations := range byte(3) {
		for n := 1; ; n++ {
			var err error
			for power := range len(losses) + 1 {
				memory := disktest.NewMemory()
				for g := range generations {
					writeNext(t, memory, g+1)
				}
				on := &disktest.Faulty{Base: memory, Fail: disktest.CrashAt(n)}
				err = WriteNext(on, "a", kind, version, payload(9))
				after := memory
				if power > 0 {
					after = memory.PowerLoss(losses[power-1])
				}
				p, _, damaged := ReadNewest(after, "a", kind, version)
				isOld := generations == 0 && p == nil || generations > 0 && bytes.Equal(p, payload(generations))
				isNew := bytes.Equal(p, payload(9))
				if !(isNew || err != nil && isOld) || damaged != nil {
					t.Fatalf("%d generations, cut before operation %d, power loss %d: %v; then %d bytes, %v", generations, n, power, err, len(p), damaged)
				}
			}
			if err == nil {
				t.Logf("%d generations: %d boundaries, 5 kinds of end each", generations, n)
				break
			}
		}
	}
}

// A disk that is full, fails or writes short, at every operation: an error, and the old generation
// or the new one stays readable; no temporary file remains unless its removal failed too.
func TestFailingDisk(t *testing.T) {
	broken := errors.New("input/output error")
	for _, failure := range []error{errors.New("no space left on device"), broken, disktest.ErrShort} {
		for n := 1; ; n++ {
			memory := disktest.NewMemory()
			writeNext(t, memory, 1, 2)
			on := &disktest.Faulty{Base: memory, Fail: disktest.FailAt(n, failure)}
			err := WriteNext(on, "a", kind, version, payload(3))
			if err != nil && !errors.Is(err, failure) {
				t.Fatalf("operation %d: %v does not tell of %v", n, err, failure)
			}
			p, _, damaged := ReadNewest(memory, "a", kind, version)
			if !bytes.Equal(p, payload(3)) && (err == nil || !bytes.Equal(p, payload(2))) || damaged != nil {
				t.Fatalf("operation %d: %v; then %d bytes, %v", n, err, len(p), damaged)
			}
			if entries, _ := memory.ReadDir("."); len(entries) > 2 {
				t.Errorf("operation %d left %v", n, entries)
			}
			// The next write repairs it all.
			if err := WriteNext(memory, "a", kind, version, payload(4)); err != nil {
				t.Fatal(err)
			}
			if on.Ops() < n { // the fault came after the last operation
				break
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	whole := Seal(kind, version, []byte("payload"))
	f.Add(whole)
	f.Add(Seal(kind, version+1, nil))
	f.Add(Seal("x", version, nil))
	f.Add(whole[:overhead])
	f.Add(whole[:len(whole)-sha256.Size])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		// As it is, and under a checksum that fits, so that the fuzzer reaches what lies behind it.
		sum := sha256.Sum256(data)
		for _, data := range [][]byte{data, append(bytes.Clone(data), sum[:]...)} {
			p, err := Open(data, kind, version)
			var other *VersionError
			switch {
			case err == nil:
				if !bytes.Equal(Seal(kind, version, p), data) {
					t.Errorf("%x was read as %x, which has another sealed form", data, p)
				}
			case !errors.Is(err, ErrDamaged) && !errors.As(err, &other):
				t.Errorf("unexpected kind of error: %v", err)
			}
		}
	})
}
